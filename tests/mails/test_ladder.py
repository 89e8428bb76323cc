"""The ladder: each rung once a debt, by its day, while somebody owes, and never over the gateway's own."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from payment_subscriptions import events, reminders
from payment_subscriptions.events import on
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Event, Receipt, Subscription
from payment_subscriptions.sweep import sweep
from tests.core.conftest import handlers, threads
from tests.flow.buyers import again, pass_days
from tests.foreign import ForeignProvider, Killed, at_once, clock, only, reopened, subscribe
from tests.kills import killed_at_statement
from tests.shop import Shop, token_in

from .conftest import MAILS
from .postbox import box, kinds, subjects, taken, told

__all__ = ["handlers", "threads"]


@pytest.fixture
def debtor(foreign: ForeignProvider, settings: Any) -> Subscription:
    """Who has owed since this moment."""
    settings.PAYMENT_SUBSCRIPTIONS.update(MAILS, BASE_URL="https://tienda.cl")
    row = subscribe()
    foreign.renew("S1", PaymentStatus.FAILED)
    row = row.sync()
    assert row.status == Status.PAST_DUE
    assert row.past_due_since == clock.moment
    mail.outbox.clear()
    return row


def to_day(number: float, row: Subscription) -> None:
    """A sweep each six hours until that day of the debt."""
    row.refresh_from_db()
    since = row.past_due_since
    assert since is not None
    while clock.moment < since + timedelta(days=number):
        clock.move(hours=6)
        sweep()


def rungs() -> list[int]:
    found = Event.objects.filter(name="subscription.dunning").order_by("pk")
    return [event.payload["rung"] for event in found]


# --- each once, by its day --------------------------------------------------------------------------


@pytest.mark.slow
def test_three_rungs_on_their_days_and_no_more(debtor: Subscription) -> None:
    seen = {}
    for day in (2.5, 3, 6.5, 7, 13.5, 14, 60):
        to_day(day, debtor)
        seen[day] = len(kinds())
    assert seen == {2.5: 0, 3: 1, 6.5: 1, 7: 2, 13.5: 2, 14: 3, 60: 3}
    assert rungs() == [1, 2, 3]
    assert [subject.partition(":")[0] for subject in subjects()][2].endswith("Último recordatorio")
    assert "No volveremos a escribirte" in box()[2].body
    assert "No volveremos a escribirte" not in box()[1].body


def test_what_it_says(debtor: Subscription) -> None:
    to_day(3, debtor)
    (reminder,) = box()
    assert reminder.subject == "[prueba] US$12,50 pendientes desde el 13 de enero de 2026: Team"
    event = Event.objects.get(name="subscription.dunning")
    assert event.payload["days"] == 3
    assert (event.payload["amount"], event.payload["currency"]) == ("12.5", "USD")
    assert event.payload["mail"] == "reminder"


def test_two_sweeps_at_once_send_one(debtor: Subscription, threads: None) -> None:
    clock.move(days=3)
    only(at_once([sweep] * 4))
    assert kinds() == ["dunning"]


def test_one_that_was_read_before_another_told_it_tells_nothing(debtor: Subscription) -> None:
    clock.move(days=3)
    first, second = (Subscription.objects.get(pk=debtor.pk) for _ in range(2))
    told_now = [reminders._tell(partial(reminders._climb, row)) for row in (first, second)]
    assert told_now == [1, 0]
    assert rungs() == [1]


def test_a_recording_that_read_the_row_before_does_not_put_the_rung_back(
    foreign: ForeignProvider, debtor: Subscription
) -> None:
    clock.move(days=3)

    def meanwhile(verb: str) -> None:
        foreign.watch = lambda verb: None
        reminders.remind()

    foreign.watch = meanwhile
    debtor.sync()
    assert reopened(debtor).dunned == 1
    sweep()
    assert rungs() == [1]


def test_killed_at_any_statement_it_is_told_once(debtor: Subscription) -> None:
    clock.move(days=3)
    for number in range(100):
        try:
            with killed_at_statement(number) as sent:
                reminders.remind()
        except Killed:
            connection.close()
            continue
        assert len(sent) <= number
        break
    clock.move(minutes=5)
    sweep()
    assert rungs() == [1]
    assert kinds() == ["dunning"]


# --- it stops -----------------------------------------------------------------------------------------


def test_who_has_paid_is_left_alone(foreign: ForeignProvider, debtor: Subscription) -> None:
    to_day(3, debtor)
    foreign.change_payment("S1", 1, status=PaymentStatus.PAID, paid_at=clock.moment)
    foreign.change("S1", status=Status.ACTIVE)
    debtor.refresh_from_db()
    debtor.sync()
    taken()
    row = reopened(debtor)
    assert (row.past_due_since, row.dunned) == (None, 0)
    clock.move(days=5)
    sweep()
    assert "dunning" not in kinds()


def test_who_has_paid_and_whose_notice_was_lost_is_asked_about_before_they_are_reminded(
    foreign: ForeignProvider, debtor: Subscription
) -> None:
    clock.move(days=2, hours=23)
    Subscription.objects.get().sync()
    Subscription.objects.update(next_sync_at=None)  # the sweep of subscriptions has not come to it
    foreign.change_payment("S1", 1, status=PaymentStatus.PAID, paid_at=clock.moment)
    foreign.change("S1", status=Status.ACTIVE)
    clock.move(hours=2)
    sweep()
    assert rungs() == [1]
    assert "dunning" not in kinds()
    assert reopened(debtor).status == Status.ACTIVE


def test_while_the_gateway_is_silent_nobody_is_reminded(
    foreign: ForeignProvider, debtor: Subscription
) -> None:
    clock.move(days=3)
    Subscription.objects.update(next_sync_at=None)
    foreign.fault("fetch", "outage", times=2)
    sweep()
    assert kinds() == []
    assert Receipt.objects.get(handler="mails.dunning").tries == 0, "an outage costs no try"
    clock.move(minutes=30)
    sweep()
    clock.move(minutes=30)
    sweep()
    assert kinds() == ["dunning"]


@pytest.mark.parametrize("how", [{"status": Status.CANCELLED}, {"cancel_at_period_end": True}])
def test_who_leaves_is_left_alone(
    foreign: ForeignProvider, debtor: Subscription, how: dict[str, Any]
) -> None:
    foreign.change("S1", **how)
    debtor.sync()
    taken()
    for _day in range(20):
        clock.move(days=1)
        sweep()
    assert [kind for kind in kinds() if kind == "dunning"] == []
    assert rungs() == []


@pytest.mark.slow
def test_a_second_debt_climbs_from_below(foreign: ForeignProvider, debtor: Subscription) -> None:
    to_day(7, debtor)
    foreign.change_payment("S1", 1, status=PaymentStatus.PAID, paid_at=clock.moment)
    foreign.change("S1", status=Status.ACTIVE)
    debtor.refresh_from_db()
    row = debtor.sync()
    clock.move(days=30)
    foreign.renew("S1", PaymentStatus.FAILED)
    row = row.sync()
    to_day(7, row)
    assert rungs() == [1, 2, 1, 2]
    assert len({message.extra_headers["Message-ID"] for message in box()}) == len(box())


# --- days in the settings, and days that were missed ---------------------------------------------------


@pytest.mark.slow
def test_days_and_templates_are_the_projects(debtor: Subscription, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["DUNNING"] = [(5, "last_reminder"), (1, "reminder")]
    to_day(30, debtor)
    assert rungs() == [1, 2]
    found = Event.objects.filter(name="subscription.dunning").order_by("pk")
    assert [(event.payload["days"], event.payload["mail"]) for event in found] == [
        (1, "reminder"),
        (5, "last_reminder"),
    ]


@pytest.mark.slow
def test_no_rungs_no_reminders(debtor: Subscription, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["DUNNING"] = ()
    to_day(30, debtor)
    assert rungs() == []


def test_rungs_that_were_missed_are_not_sent_in_one_go(debtor: Subscription) -> None:
    clock.move(days=8)
    sweep()
    assert rungs() == [2]
    assert len(kinds()) == 1
    to_day(14, debtor)
    assert rungs() == [2, 3]


def test_a_debt_of_long_ago_is_not_dug_up(debtor: Subscription) -> None:
    clock.move(days=14 + 8)
    sweep()
    assert rungs() == []
    assert reopened(debtor).dunned == 3


def test_nobody_hears_nothing_is_looked_for(debtor: Subscription, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["MAILS"] = False
    to_day(20, debtor)
    assert rungs() == []
    assert reopened(debtor).dunned == 0


@pytest.mark.slow
def test_a_handler_of_the_projects_own_is_enough(debtor: Subscription, settings: Any, handlers: None) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["MAILS"] = False
    heard: list[int] = []
    on("subscription.dunning", name="own")(lambda event: heard.append(event.payload["rung"]))
    to_day(20, debtor)
    assert heard == [1, 2, 3]
    assert subjects() == []
    assert events.handlers_of("payment.paid") == []


# --- the gateway's own ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_bill_by_order_is_reminded_by_flow_before_and_by_us_after_its_day(shop: Shop) -> None:
    shop.configure(STRATEGIES=("order",))
    checkout = shop.begin()
    shop.flow.pay(token_in(checkout.url))
    row = shop.come_back(checkout).subscription
    taken()
    pass_days(shop, 34)
    since = again(row).past_due_since
    assert since is not None
    assert rungs() == []
    pass_days(shop, 14)
    assert rungs() == [1, 2, 3]
    assert kinds() == ["dunning"] * 3
    assert "con el enlace que te envió Flow" in box()[0].body
    assert "Pagar ahora" in box()[0].body
    assert "tarjeta" not in box()[0].body.partition("--")[0]
    pass_days(shop, 6)
    assert again(row).status == Status.FAILED
    assert kinds()[-1] == "cancelled"


@pytest.mark.slow
def test_as_long_as_flow_reminds_of_an_order_we_do_not(shop: Shop) -> None:
    shop.configure(STRATEGIES=("order",), REMIND_AFTER_DAYS=5, REMIND_TIMES=3)
    checkout = shop.begin()
    shop.flow.pay(token_in(checkout.url))
    shop.come_back(checkout)
    assert gateways["flow"].reminds_for("order") == timedelta(days=15)
    pass_days(shop, 34 + 14)
    assert rungs() == [2, 3], "on the third day Flow's own reminder was still to come"


@pytest.mark.slow
def test_a_card_at_flow_climbs_while_flow_tries_again(shop: Shop) -> None:
    row = shop.subscribe()
    shop.flow.decline_next(times=None)
    pass_days(shop, 31)
    assert again(row).status == Status.PAST_DUE
    taken()
    pass_days(shop, 4)
    assert kinds() == ["dunning"]
    pass_days(shop, 30)
    assert kinds().count("dunning") == 3
    shop.flow.faults.clear()
    bodies = "".join(str(message.body) for message in box())
    assert told("payment.failed") == 2, "the next month's bill is another charge"
    assert "No se volverá a intentar solo" in bodies


def test_nothing_due_is_a_few_questions_and_no_more(
    debtor: Subscription, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(5):  # three rungs, trials, cards
        assert reminders.remind() == 0
    assert told("subscription.dunning") == 0
