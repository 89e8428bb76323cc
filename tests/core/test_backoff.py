"""When what failed is tried again, and what an outage costs the rows that wait for its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from payment_subscriptions import backoff, inbox, verbs
from payment_subscriptions.events import on
from payment_subscriptions.exceptions import OutcomeUnknown
from payment_subscriptions.lifecycle import CheckoutStatus, RefundStatus, Status
from payment_subscriptions.models import Event, Notice, Payment, Receipt, Subscription
from payment_subscriptions.models.notice import NoticeState
from tests.core.test_inbox import post, told
from tests.foreign import (
    LOST_AFTER,
    LOST_BEFORE,
    MONTHLY,
    OUTAGE,
    ForeignProvider,
    clock,
    come_back,
    foreign_settings,
    payer,
    subscribe,
    sweep_later,
)

# What the provider asks for, and what may be added by chance.
LEAST, MOST = timedelta(minutes=2), timedelta(minutes=3)


def put_off(moment: datetime | None) -> bool:
    """Since a failure that is two rounds of the sweep, a second each, ago at most."""
    return moment is not None and LEAST - timedelta(seconds=2) <= moment - clock.moment <= MOST


def asks(seconds: float) -> OutcomeUnknown:
    error = OutcomeUnknown()
    error.wait = seconds
    return error


def test_it_doubles_up_to_an_hour(foreign: ForeignProvider) -> None:
    waits = [(backoff.after(tries) - clock.moment).total_seconds() for tries in (0, 1, 2, 3, 9, 10, 99)]
    assert waits == [10, 10, 20, 40, 2560, 3600, 3600]


def test_not_before_the_provider_wants_it_and_not_all_at_once(foreign: ForeignProvider) -> None:
    moments = {backoff.after(1, asks(120)) for _row in range(50)}
    assert all(put_off(moment) for moment in moments)
    assert len(moments) == 50
    assert backoff.after(12, asks(120)) >= clock.moment + timedelta(hours=1)


def test_in_an_outage_half_as_long_again_up_to_ten_minutes(foreign: ForeignProvider) -> None:
    since = [clock.moment - timedelta(seconds=age) for age in (0, 20, 60, 600, 86400)]
    assert [(backoff.in_an_outage(each) - clock.moment).total_seconds() for each in since] == [
        10, 10, 30, 300, 600,
    ]  # fmt: skip


# Notices


def test_an_outage_of_a_day_costs_a_notice_no_try(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=2)
    subscribe()
    foreign.fault("locate", OUTAGE, times=1000)
    post(foreign.renew("S1"))
    began = clock.moment
    for _hour in range(24):
        notice = Notice.objects.get()
        assert (notice.state, notice.tries, notice.unanswered_since) == (NoticeState.RECEIVED, 0, began)
        assert notice.due_at is not None
        assert clock.moment + LEAST <= notice.due_at <= clock.moment + timedelta(minutes=15)
        clock.move(hours=1)
        inbox.process(notice.pk)
    foreign.faults.clear()
    sweep_later(minutes=15)
    notice = Notice.objects.get()
    assert (notice.state, notice.tries, notice.unanswered_since) == (NoticeState.DONE, 0, None)
    assert told("payment.paid") == 2


def test_one_notice_that_its_provider_never_answers_waits_for_a_person_in_the_end(
    foreign: ForeignProvider, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=2)
    subscribe()
    foreign.fault("locate", OUTAGE, times=1000)
    post(foreign.renew("S1"))
    states = []
    for _day in range(5):
        states.append(str(Notice.objects.get().state))
        clock.move(days=1)
        inbox.process(Notice.objects.get().pk)
    assert states == ["received"] * 4 + ["dead"]
    foreign.faults.clear()
    assert inbox.replay(Notice.objects.get()).state == NoticeState.DONE


def test_another_failure_ends_the_outage_and_counts(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=2)
    subscribe()
    foreign.fault("locate", OUTAGE, LOST_BEFORE, OUTAGE, LOST_BEFORE)
    post(foreign.renew("S1"))
    found = []
    for _round in range(3):
        clock.move(hours=1)
        notice = inbox.process(Notice.objects.get().pk)
        notice.refresh_from_db()
        found.append((str(notice.state), notice.tries, notice.unanswered_since is not None))
    assert found == [("received", 1, False), ("received", 1, True), ("dead", 2, False)]


# What else waits


def test_a_call_at_the_open_door_was_not_begun_and_is_made_once_later(foreign: ForeignProvider) -> None:
    foreign.fault("customer", OUTAGE, times=2)
    attempt = payer().subscribe(MONTHLY)
    assert (attempt.status, attempt.call_begun_at) == (CheckoutStatus.OPEN, None)
    assert attempt.is_unreached
    assert put_off(attempt.due_at)
    sweep_later(2, minutes=3)
    attempt.refresh_from_db()
    assert put_off(attempt.due_at)
    assert told("checkout.in_doubt") == 0
    sweep_later(2, minutes=3)
    attempt.refresh_from_db()
    assert attempt.next_step == "go"
    assert len(foreign.customers) == 1


def test_a_doubt_that_nobody_answers_is_asked_about_when_it_may(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("charge", LOST_AFTER)
    foreign.fault("resolve", OUTAGE)
    come_back(checkout)
    sweep_later(1, seconds=15)
    checkout.refresh_from_db()
    assert checkout.is_in_doubt
    assert put_off(checkout.due_at)
    sweep_later(2, minutes=3)
    assert Subscription.objects.get().status == Status.ACTIVE
    assert len(foreign.charges) == 1


def test_a_subscription_is_asked_about_when_it_may(foreign: ForeignProvider) -> None:
    row = subscribe()
    foreign.fault("fetch", OUTAGE)
    with pytest.raises(OutcomeUnknown):
        verbs.sync(row)
    row.refresh_from_db()
    assert put_off(row.next_sync_at)


def test_a_refund_at_the_open_door_is_not_in_doubt_and_is_made_once_later(able: ForeignProvider) -> None:
    payment = subscribe().payments.get()
    able.fault("refund", OUTAGE)
    refund = payment.refund()
    assert (refund.status, refund.call_begun_at) == (RefundStatus.REQUESTED, None)
    assert put_off(refund.due_at)
    sweep_later(2, minutes=3)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.REFUNDED
    assert Payment.objects.get().refunded == payment.money


def test_an_outage_of_a_day_leaves_no_refund_to_a_person(able: ForeignProvider) -> None:
    payment = subscribe().payments.get()
    able.fault("refund", LOST_AFTER)
    able.fault("fetch_refund", OUTAGE, times=1000)
    refund = payment.refund()
    for _look in range(8):
        sweep_later(1, hours=3)
        refund.refresh_from_db()
        assert refund.is_in_doubt
        assert refund.due_at is not None
    able.faults.clear()
    sweep_later(1, hours=2)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.REFUNDED


def test_an_outage_costs_a_handler_that_asks_the_provider_no_try(
    foreign: ForeignProvider, handlers: None, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=2)
    found: list[str] = []

    @on("payment.paid", name="ask", outside=True)
    def ask(event: Event) -> None:
        foreign.fault("fetch", *([OUTAGE] if len(found) < 4 else []))
        found.append("asked")
        verbs.sync(Subscription.objects.get())

    subscribe()
    assert put_off(Receipt.objects.get().due_at)
    while Receipt.objects.get().done_at is None:
        assert Receipt.objects.get().tries == 0
        sweep_later(1, minutes=16)
    assert len(found) == 5
