"""The sweep: the normal path of everything that nobody calls for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Event, Subscription
from payment_subscriptions.sweep import sweep
from tests.foreign import (
    BUG,
    LOST_BEFORE,
    MONTHLY,
    ForeignProvider,
    at_once,
    clock,
    only,
    payer,
    reopened,
    subscribe,
    sweep_later,
)


def told(name: str) -> int:
    return Event.objects.filter(name=name).count()


def test_where_nothing_is_due_nothing_is_done(foreign: ForeignProvider) -> None:
    subscribe()
    assert sweep().total == 0


def test_a_renewal_whose_notice_never_came_is_found(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    for _month in range(3):
        clock.move(days=30)
        foreign.renew("S1")
        sweep_later(2, minutes=11)
    row = reopened(subscription)
    assert row.payments.paid().count() == told("payment.paid") == 4
    assert row.access.allowed


def test_one_that_the_provider_renews_late_is_asked_less_and_less_often(foreign: ForeignProvider) -> None:
    subscribe()
    clock.move(days=30)
    asked = foreign.called("fetch")
    for _minute in range(24 * 60):
        clock.move(minutes=1)
        if Subscription.objects.due_for_sync().exists():
            sweep()
    assert 5 <= foreign.called("fetch") - asked <= 10


def test_who_owes_is_asked_about_daily(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.renew("S1", PaymentStatus.FAILED)
    row = subscription.sync()
    assert row.status == Status.PAST_DUE
    for _day in range(5):
        assert row.next_sync_at is not None
        assert row.next_sync_at <= clock.moment + timedelta(days=1)
        clock.moment = row.next_sync_at
        row = row.sync()


def test_one_bad_row_does_not_stop_the_others(foreign: ForeignProvider) -> None:
    rows = [subscribe(str(number)) for number in range(3)]
    clock.move(days=30)
    for row in rows:
        foreign.renew(row.reference or "")
    foreign.fault("fetch", BUG)
    sweep_later(1, minutes=11)
    assert told("payment.paid") == 5
    sweep_later()
    assert told("payment.paid") == 6


def test_a_provider_that_is_down_is_no_status(foreign: ForeignProvider) -> None:
    rows = [subscribe(str(number)) for number in range(2)]
    foreign.fault("fetch", LOST_BEFORE, times=10)
    clock.move(days=30)
    for _round in range(5):
        sweep_later(1, minutes=30)
    assert {reopened(row).status for row in rows} == {Status.ACTIVE}


def test_oldest_first_and_no_more_than_the_limit(foreign: ForeignProvider) -> None:
    first = subscribe("0")
    clock.move(hours=1)
    second = subscribe("1")
    clock.move(days=31)
    assert sweep(limit=1).subscriptions == 1
    assert reopened(first).synced_at == clock.moment
    assert reopened(second).synced_at < clock.moment


@pytest.mark.parametrize("turn", range(2))
def test_sweeps_at_once_do_no_harm(foreign: ForeignProvider, threads: None, turn: int) -> None:
    rows = [subscribe(str(number)) for number in range(4)]
    clock.move(days=30)
    for row in rows:
        foreign.renew(row.reference or "")
    payer("waits").subscribe(MONTHLY)
    clock.move(minutes=11)
    asked = foreign.called("fetch")
    only(at_once([sweep] * 4))
    sweep_later()
    assert told("payment.paid") == 8
    assert foreign.called("fetch") - asked == 4
