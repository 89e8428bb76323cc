"""Live a history: with troubles or without."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from payment_subscriptions.checkout import advance, go_on, open_card_change
from payment_subscriptions.clock import now
from payment_subscriptions.lifecycle import ENDED, CheckoutStatus, RefundStatus, Status
from payment_subscriptions.models import Checkout, Payment, Refund, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.renewals import opens_at
from payment_subscriptions.sweep import sweep
from payment_subscriptions.testing.contract import Bench, Callback, TooLate
from payment_subscriptions.testing.contract.steps import PAYERS_TURN, begin, come_back
from payment_subscriptions.verbs import settle_refund
from payment_subscriptions.verbs.syncing import fetch
from tests.contract.flow_bench import FlowBench

from .histories import History
from .processes import Doom, Processes, Work
from .troubles import Troubles
from .world import provider_of

#: How long each act has, so that both lives are as late after it.
SLOT = timedelta(hours=5)
STEP = timedelta(hours=1)
CALM = timedelta(days=4)
TRIES = 12


class Stuck(Exception):
    """What was wished for did not come about, however often it was asked for."""


class Life:
    """One subscriber at one merchant."""

    def __init__(self, bench: Bench, processes: Processes, troubles: Troubles) -> None:
        self.bench = bench
        self.processes = processes
        self.troubles = troubles
        self.log: list[str] = []
        self._heard = 0
        self._waiting: list[Callback] = []
        self._paid: set[int] = set()  # the attempts whose page was filled in

    def live(self, history: History) -> None:
        for act in history.acts:
            ends = now() + SLOT
            self.troubles.begin_act()
            self.log.append(f"-- {act}, {now():%Y-%m-%d %H:%M}")
            self._read_too_early()
            getattr(self, act)()
            self.hear()
            self._rest(max(ends, now()))
        self.processes.go_on()
        for notice in self.bench.notices():  # those that still wait, and all others once more
            notice.deliver()
        self._calm_down()

    # What goes on all the while

    def work(self, work: Work, name: str, likely: float = 0.8, *, by_people: bool = True) -> bool:
        """Have it done by a process of its own, with the trouble that it meets."""
        trouble = self.troubles.next(likely, by_people=by_people)
        if trouble.fault:
            fault = provider_of(self.bench).faults.add("*", trouble.fault, times=1)
        if trouble.name:
            if trouble in self.troubles.met:
                self.log.append(f"   {name}, {trouble}")
            beside = self._companion(trouble.beside, work)
            answered = self.processes.run(work, trouble.doom, beside, trouble.its_doom)
        else:
            work()
            answered = True
        if trouble.fault:
            provider_of(self.bench).faults.clear(fault.id)
        return answered

    def _companion(self, name: str, work: Work) -> Work | None:
        told = self.bench.notices()
        choice: dict[str, Work | None] = {
            "same": work,
            "sweep": sweep,
            "sync": (lambda: self.row.sync()) if Subscription.objects.count() == 1 else None,
            "notice": told[-1].deliver if told else None,
        }
        return choice.get(name)

    def _read_too_early(self) -> None:
        """Somebody asks the provider, and writes the answer down when it is old."""
        if Subscription.objects.exclude(reference="").count() == 1 and self.troubles.does(0.5):
            self.log.append("   sync, whose answer is written down later")
            self.processes.run(lambda: self.row.sync(), Doom("stopped", "transaction"))

    def wait(self, span: timedelta) -> None:
        self.bench.move(seconds=span.total_seconds())
        if self.troubles.does(0.3):
            self.processes.go_on()

    def hear(self) -> None:
        """What has been told since: at once, later, doubled, forged, in any order."""
        told = self.bench.notices()
        arriving, self._waiting = [*self._waiting, *told[self._heard :]], []
        self._heard = len(told)
        if self.troubles.does(0.5):
            self.troubles.dice().shuffle(arriving)
        for notice in arriving:
            if self.troubles.does(0.3):
                self._waiting.append(notice)
                continue
            if self.troubles.does(0.1):
                for forged in self.bench.forge(notice):
                    forged.deliver()
            if not self.work(notice.deliver, "notice", 0.4, by_people=False):
                self._waiting.append(notice)  # nobody answered: it is told again
            elif self.troubles.does(0.2):
                notice.deliver()

    def sweep(self) -> None:
        self.work(sweep, "sweep", 0.25, by_people=False)

    def _rest(self, until: datetime) -> None:
        while now() < until:
            self.wait(min(STEP, until - now()) + timedelta(seconds=1))
            self.hear()
            self.sweep()

    def _calm_down(self) -> None:
        ends = now() + CALM
        while now() < ends:
            self.bench.move(hours=8)
            sweep()

    def _insist(self, ask: Work, done: Callable[[], bool], name: str, tries: int = TRIES) -> None:
        """What people do: ask, look, wait, and ask again."""
        for _try in range(tries):
            if done():
                return
            self.work(ask, name)
            if done():
                return
            self._pass_some_time()
        raise Stuck(name)

    def _pass_some_time(self) -> None:
        self.wait(timedelta(minutes=11))
        self.hear()
        self.sweep()

    # What payers, banks and operators do

    @property
    def row(self) -> Subscription:
        return Subscription.objects.select_related("customer").get()

    def open(self) -> None:
        def opened() -> bool:
            return Subscription.objects.filter(status=Status.ACTIVE).exists()

        for _try in range(TRIES * 2):
            if opened():
                self.processes.go_on()  # asked once all is over, it would be a new wish
                return
            newest = Checkout.objects.order_by("-pk").first()
            if newest is None or newest.status in (CheckoutStatus.EXPIRED, CheckoutStatus.REFUSED):
                self.work(lambda: begin(self.bench.monthly), "begin")
            elif not self._pay(newest):
                self._wait_at_the_page(newest)
        raise Stuck("open")

    def _pay(self, checkout: Checkout) -> bool:
        """The payer's part, where it is theirs."""
        if checkout.next_step not in PAYERS_TURN or checkout.pk in self._paid:
            return False
        self.bench.pay(checkout)
        self._paid.add(checkout.pk)
        self.hear()
        self.work(partial(come_back, checkout), "return")
        return True

    def _wait_at_the_page(self, checkout: Checkout) -> None:
        """It is looked at again after some minutes; who was away comes back once more."""
        self._pass_some_time()
        self.work(partial(come_back if checkout.pk in self._paid else go_on, checkout), "look")

    def renew(self) -> None:
        self._next_period()

    def _next_period(self) -> None:
        if not self.bench.gateway.renews(self.bench.strategy):
            self._order_it()
        try:
            self.bench.renew(self.row)
        except TooLate:  # what is to be paid has not been ordered yet
            self._pay_owed()

    def _order_it(self) -> None:
        """The sweep comes round more than once where an order of ours is due: who is behind catches up. It
        has days for it, so that the bill is as late as without troubles however many sweeps die."""
        ends = fetch(self.row).period_end
        assert ends is not None
        if (left := opens_at(ends) - now()) > timedelta(0):
            self.bench.move(seconds=left.total_seconds())
        for round_ in range(TRIES):
            self._pass_some_time()
            if round_ >= 3 and Payment.objects.filter(period_start__gte=ends).exists():
                return

    def _pay_owed(self) -> None:
        for _try in range(TRIES):
            with suppress(TooLate):
                self.bench.pay_owed(self.row)
                return
            self._pass_some_time()
        raise Stuck("pay")

    def decline(self) -> None:
        self.bench.decline_next()
        self._next_period()
        self.hear()
        self._insist(sweep, lambda: self.row.status == Status.PAST_DUE, "late")
        self._recover()

    def _recover(self) -> None:
        """Who is still asked for it an hour later tries once more: what is owed is not collected a second
        time by code where nobody can tell whether the first came through."""

        def recovered() -> bool:
            return self.row.status == Status.ACTIVE and not self.row.owed

        for _try in range(3):
            if self.bench.capabilities.update_card:
                self._give_other_card()
            else:
                self._pay_owed()
            with suppress(Stuck):
                return self._insist(sweep, recovered, "recover", tries=5)
        raise Stuck("recover")

    def other_card(self) -> None:
        self._give_other_card()

    def _give_other_card(self) -> None:
        earlier = set(self._paid)
        for _try in range(TRIES):
            attempt = Checkout.objects.filter(purpose="card").exclude(pk__in=earlier).order_by("-pk").first()
            if attempt is not None and attempt.pk in self._paid and attempt.status == CheckoutStatus.DONE:
                return
            if attempt is None or not attempt.is_running:  # none yet, or one that was given up
                self.work(lambda: advance(open_card_change(self.row)), "card")
            elif attempt.url and attempt.pk not in self._paid:
                self._paid.add(attempt.pk)
                self.bench.give_other_card(attempt)
                self.work(partial(come_back, attempt), "return")
            else:
                self._wait_at_the_page(attempt)
        raise Stuck("card")

    def change(self) -> None:
        self.bench.move(days=10)
        wanted = self.bench.dearer
        self._insist(
            lambda: self.row.change_plan(self.row.preview_change(wanted)),
            lambda: self.row.price_key == wanted,
            "change",
        )
        if self.bench.gateway.is_paid_by_hand(self.bench.strategy):
            self._pay_owed()

    def give_back(self) -> None:
        """Half of the first payment: one that is known by then, whatever was lost."""
        seen = Payment.objects.exclude(paid_at=None).order_by("period_start", "pk")[0]
        half = Money(seen.amount / 2, seen.currency)
        for _try in range(TRIES * 3):  # each doubt is an hour's
            if Refund.objects.filter(status__in=(RefundStatus.ACCEPTED, RefundStatus.REFUNDED)).exists():
                return
            running = Refund.objects.running().first()
            if running is None:
                self.work(lambda: seen.refund(half), "refund")  # a second tab shows the same
            elif not self._accept(running) and running.is_in_doubt:
                self._look_it_up(running)
            self._pass_some_time()
        raise Stuck("refund")

    def _accept(self, refund: Refund) -> bool:
        """The payer says yes to the offer, where the provider makes one: we may not know of it."""
        if not isinstance(self.bench, FlowBench):
            return False
        flow = self.bench.flow
        offers = [each for each in flow.refunds.values() if each.commerce_order == refund.order]
        for offer in offers:
            if offer.status == "created":
                flow.decide_refund(offer.token, accepted=True)
        return bool(offers)

    def _look_it_up(self, refund: Refund) -> None:
        """The operator sees none in the provider's panel, by when it would be there, and says so. No
        server's request is as old as that: one that stood still has gone on or was ended by then."""
        if now() - refund.created_at <= timedelta(hours=1):
            return
        self.processes.go_on()
        if not self._accept(refund):
            self.work(
                lambda: settle_refund(refund, happened=False, by="eva", note="Not in the panel"), "settle"
            )

    def pause(self) -> None:
        self._insist(lambda: self.row.pause(), lambda: self.row.status == Status.PAUSED, "pause")

    def unpause(self) -> None:
        self._insist(lambda: self.row.unpause(), lambda: self.row.status == Status.ACTIVE, "unpause")

    def leave(self) -> None:
        self._insist(lambda: self.row.cancel(), lambda: self.row.is_cancelling, "cancel")

    def leave_now(self) -> None:
        self._insist(
            lambda: self.row.cancel(at_period_end=False), lambda: self.row.status in ENDED, "cancel now"
        )

    def stay(self) -> None:
        self._insist(lambda: self.row.resume(), self._stays, "resume")

    def _stays(self) -> bool:
        return self.row.status == Status.ACTIVE and not self.row.is_cancelling

    def end(self) -> None:
        ends = fetch(self.row).period_end
        assert ends is not None
        self.bench.move(seconds=(ends + timedelta(days=1) - now()).total_seconds())
        self._insist(sweep, lambda: self.row.status in ENDED, "end")
