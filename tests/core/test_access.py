"""May the payer use it, until when, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Subscription
from payment_subscriptions.models.subscription import WHY
from tests.foreign import MONTH, MONTHLY, ForeignProvider, clock, come_back, payer, reopened, subscribe


def why(row: Any) -> str:
    """The reason, and that the query gives the same answer."""
    row = reopened(row)
    access = row.access
    assert Subscription.objects.with_access().filter(pk=row.pk).exists() is access.allowed
    assert Subscription.objects.with_access("team").filter(pk=row.pk).exists() is (
        access.allowed and row.plan == "team"
    )
    assert (access.until is None) is not access.allowed
    assert access.text == WHY[access.why]
    return str(access.why)


def test_while_it_is_paid_then_grace_then_not(foreign: ForeignProvider) -> None:
    row = subscribe()
    assert why(row) == "paid"
    assert row.access.until == clock.moment + MONTH + timedelta(days=3)
    clock.move(days=30, seconds=-1)
    assert why(row) == "paid"
    clock.move(seconds=1)
    assert why(row) == "grace"
    clock.move(days=3, seconds=-1)
    assert why(row) == "grace"
    clock.move(seconds=1)
    assert why(row) == "run_out"


def test_a_plan_may_give_no_grace(foreign: ForeignProvider) -> None:
    row = subscribe(price="desk_monthly_v1")
    clock.move(days=30, seconds=-1)
    assert why(row) == "paid"
    clock.move(seconds=1)
    assert why(row) == "run_out"


def test_active_there_but_unpaid_here_is_no_access(foreign: ForeignProvider) -> None:
    row = subscribe()
    foreign.change_payment("S1", status=PaymentStatus.REFUNDED)
    assert row.sync().status == Status.ACTIVE
    assert why(row) == "unpaid"


def test_pending_and_declined_are_no_access(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    assert why(checkout.subscription) == "unpaid"
    foreign.declines = True
    row = come_back(checkout).subscription
    assert row.status == Status.PAST_DUE
    assert why(row) == "unpaid"


def test_a_trial(foreign: ForeignProvider) -> None:
    row = subscribe(price="trial_monthly_v1")
    assert (row.status, why(row)) == (Status.TRIALING, "trial")
    clock.move(days=7)
    assert why(row) == "grace"
    clock.move(days=3)
    assert why(row) == "run_out"


def test_who_leaves_has_what_is_paid_and_no_grace(foreign: ForeignProvider) -> None:
    row = subscribe().cancel()
    assert why(row) == "leaving"
    clock.move(days=30)
    assert why(row) == "run_out"


def test_ended_at_once_ends_at_once(foreign: ForeignProvider) -> None:
    row = subscribe().cancel(at_period_end=False)
    assert why(row) == "run_out"


def test_ended_with_its_period_keeps_the_period(foreign: ForeignProvider) -> None:
    row = subscribe().cancel()
    clock.move(days=10)
    foreign.change("S1", status=Status.CANCELLED, ended_at=clock.moment)
    row = row.sync()
    assert why(row) == "leaving"


def test_a_one_time_plan_that_is_settled_is_paid(foreign: ForeignProvider) -> None:
    """Settled is an end, but nobody left."""
    row = subscribe()
    foreign.change("S1", status=Status.PAID)
    row = row.sync()
    assert (row.is_ended, row.slot_key) == (True, None)
    assert why(row) == "paid"


def test_nothing_at_all(foreign: ForeignProvider) -> None:
    access = payer().access("team")
    assert (bool(access), access.until, access.why) == (False, None, "none")


def test_of_several_the_one_that_lasts_longest(foreign: ForeignProvider) -> None:
    subscribe().cancel(at_period_end=False)
    clock.move(days=1)
    row = subscribe()
    assert payer().access("team").until == row.access_until


@pytest.mark.parametrize("mode", ["demo"])
def test_demo_grants_nothing_whatever_its_columns_say(foreign: ForeignProvider, mode: str) -> None:
    row = subscribe()
    Subscription.objects.filter(pk=row.pk).update(mode=mode)
    assert why(row) == "unpaid"


def test_each_predicate_has_its_query_twin(foreign: ForeignProvider) -> None:
    twins = {
        "is_open": Subscription.objects.open,
        "is_ended": Subscription.objects.ended,
        "is_begun": Subscription.objects.begun,
        "is_pending": Subscription.objects.pending,
        "is_active": Subscription.objects.active,
        "is_on_trial": Subscription.objects.on_trial,
        "is_past_due": Subscription.objects.past_due,
        "is_cancelling": Subscription.objects.cancelling,
        "has_access": Subscription.objects.with_access,
    }
    row = subscribe()
    for status in Status:
        for leaving in (True, False):
            Subscription.objects.filter(pk=row.pk).update(status=status, cancel_at_period_end=leaving)
            for predicate, twin in twins.items():
                assert twin().exists() is getattr(reopened(row), predicate), (status, leaving, predicate)
