"""How payers, banks and time act at the simulated Flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

from payment_subscriptions.clock import now
from payment_subscriptions.lifecycle import RefundStatus
from payment_subscriptions.models import Checkout, Refund, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.renewals import opens_at
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.flow.payer import NotPossible
from payment_subscriptions.sweep import sweep
from payment_subscriptions.testing.contract import Bench, Callback, TooLate
from payment_subscriptions.verbs.syncing import fetch
from tests.shop import token_in

BASE = "https://shop.example"
UNKNOWN_TOKEN = "0123456789ABCDEF0123456789ABCDEF0123456A"


class FlowBench(Bench):
    """At the simulator, whose callbacks are all lost on the way: its log has them."""

    alias = "flow"
    unknown_reference = "sus_0000000000"
    monthly = "basic_monthly_v1"
    dearer = "pro_monthly_v1"
    once = "book_once_v1"
    trial = "trial_monthly_v1"

    def __init__(self, flow: FlowSimulator) -> None:
        super().__init__()
        self.flow = flow
        self.declining: int | None = None
        flow.faults.add("callback", "lost", times=None)

    # Payers

    def pay(self, checkout: Checkout) -> None:
        token = token_in(Checkout.objects.get(pk=checkout.pk).url)
        if checkout.strategy == "card":
            self.flow.accept_enrolment(token)
        else:
            self._pay(token)

    def _pay(self, token: str) -> None:
        try:
            self.flow.pay(token)
        except NotPossible as error:
            raise TooLate from error

    def turn_down(self, checkout: Checkout) -> None:
        if checkout.strategy == "card":
            self.decline_next()
            self.pay(checkout)
        else:
            self.flow.reject(token_in(checkout.url))

    def leave(self, checkout: Checkout) -> None:
        if checkout.strategy == "card":
            self.flow.refuse_enrolment(token_in(checkout.url), cancelled=True)

    def give_other_card(self, checkout: Checkout) -> None:
        self._accept()
        self.flow.accept_enrolment(token_in(checkout.url))

    def pay_owed(self, subscription: Subscription) -> None:
        self._accept()
        for token in self._bills(Subscription.objects.get(pk=subscription.pk)):
            if self.flow.orders[token].payable:
                return self._pay(token)
        raise TooLate

    def _bills(self, row: Subscription) -> Iterator[str]:
        """What its payer can pay, the newest first: the links of Flow's bills, or the orders that we made."""
        for reference in (row.successor_reference, row.reference):
            there = self.flow.subscriptions.get(reference or "")
            for number in reversed(there.invoices if there else []):
                invoice = self.flow.invoices[number]
                if invoice.open and invoice.link:
                    yield invoice.link
        for order in reversed(self.flow.orders.values()):
            if order.commerce_order.startswith(row.public_id.hex):
                yield order.token

    def accept_refund(self, refund: Refund) -> None:
        if Refund.objects.get(pk=refund.pk).status == RefundStatus.OFFERED:
            self.flow.decide_refund(list(self.flow.refunds)[-1], accepted=True)

    # Banks and time

    def move(self, **span: float) -> None:
        self.flow.clock.advance(**span)
        self.flow.settle()

    def _move_to(self, moment: datetime) -> None:
        if moment > now():
            self.move(seconds=(moment - now()).total_seconds())

    def renew(self, subscription: Subscription) -> None:
        row = Subscription.objects.select_related("customer").get(pk=subscription.pk)
        told = fetch(row)
        ends = told.next_charge_at or told.period_end
        assert ends is not None
        if self.strategy == "order":
            self._move_to(opens_at(ends) + timedelta(hours=1))
            sweep()
        self._move_to(ends + timedelta(hours=1))
        if self.gateway.is_paid_by_hand(self.strategy):
            if self.declining is None:
                self.pay_owed(row)
            else:
                self.move(days=row.agreed_price.days_until_due + 1)

    def decline_next(self) -> None:
        self.declining = self.flow.decline_next(times=None).id

    def _accept(self) -> None:
        if self.declining is not None:
            self.flow.faults.clear(self.declining)
        self.declining = None

    # Books

    def charges(self) -> list[Money]:
        return [Money(entry.amount, "CLP") for entry in self.flow.books.entries if entry.outcome == "taken"]

    def given_back(self) -> list[Money]:
        return [Money(entry.moved, "CLP") for entry in self.flow.books.given_back()]

    def changes(self) -> int:
        return sum(call.method == "POST" for call in self.flow.calls)

    # Callbacks

    def notices(self) -> Sequence[Callback]:
        return [
            Callback(urlsplit(each.url).path, urlencode(each.fields).encode())
            for each in self.flow.deliveries
        ]

    def forge(self, notice: Callback) -> Sequence[Callback]:
        """They are not signed: anybody can send one, and what it claims besides its token is nothing."""
        claims = urlencode({"status": "2", "amount": "1", "paymentData": "{}"}).encode()
        stranger = replace(notice, body=urlencode({"token": UNKNOWN_TOKEN, "status": "2"}).encode())
        return [
            stranger,
            replace(notice, body=notice.body + b"&" + claims),
            replace(notice, body=b""),
            replace(notice, body=b"\x00\xff"),
            replace(notice, content_type="application/json", body=b'{"token": "x"}'),
        ]

    # What goes wrong

    def lose_answer(self, call: str) -> None:
        self.flow.faults.add(call, "reset_after_commit")

    def lose_request(self, call: str) -> None:
        self.flow.faults.add(call, "reset_before_commit")

    def faults_left(self) -> int:
        return sum(fault.times is not None for fault in self.flow.faults.pending())

    def charge_other_amount(self) -> None:
        """Somebody edited the plan in Flow's panel, or Flow tells another amount of an order."""
        if self.strategy == "order":
            self.flow.faults.add("payment", "other_amount", times=None, amount="350")
        else:
            vars(self.flow.plans[self.monthly]).update(amount=Decimal(1000))

    def charge_other_currency(self) -> None:
        if self.strategy == "order":
            self.flow.faults.add("payment", "other_currency", times=None)
        else:
            vars(self.flow.plans[self.monthly]).update(currency="UF")
