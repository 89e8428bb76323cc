"""What a fact means: pure decisions, tried by the thousand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from payment_subscriptions.lifecycle import (
    ALLOWED,
    BEGUN,
    ENDED,
    EXPECTED,
    GIVEN_BACK,
    MOST_LOOKS,
    OPEN,
    OWED,
    PAYING,
    PAYMENT_EXPECTED,
    SETTLE,
    CheckoutStatus,
    Entitlement,
    PaymentStatus,
    Status,
    access_until,
    event_of_move,
    event_of_payment,
    is_expected,
    is_expected_payment,
    latest,
    next_look,
)

NOW = datetime(2026, 1, 13, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MANY = settings(max_examples=100, derandomize=True, deadline=None)

moments = st.timedeltas(-400 * DAY, 400 * DAY).map(lambda span: NOW + span)
maybe = st.none() | moments
entitlements = st.builds(Entitlement, st.sampled_from(Status), maybe, maybe, maybe, st.booleans())


def test_the_recipes_words() -> None:
    assert {"pending", "active", "paid", "failed", "cancelled"} <= set(Status.values)
    assert {"pending", "paid", "failed", "cancelled", "refunded"} <= set(PaymentStatus.values)


def test_the_sets_part_the_statuses() -> None:
    assert set(Status) == OPEN | ENDED
    assert not OPEN & ENDED
    assert BEGUN < OPEN
    assert len(OWED | PAYING | GIVEN_BACK) == len(OWED) + len(PAYING) + len(GIVEN_BACK)
    assert set(PaymentStatus) - OWED - PAYING - GIVEN_BACK == {PaymentStatus.CANCELLED}


def test_every_status_has_its_row_in_the_tables() -> None:
    assert set(EXPECTED) == set(Status)
    assert set(PAYMENT_EXPECTED) == set(PaymentStatus)
    assert all(ALLOWED[verb] <= OPEN for verb in ALLOWED)
    assert len(set(CheckoutStatus.values)) == 6


@pytest.mark.parametrize("status", Status)
def test_staying_is_expected_and_silent(status: Status) -> None:
    assert is_expected(status, status)
    assert event_of_move(status, status) is None
    # What has ended stays so, but for a one-time plan that was given back.
    came_back = {(Status.PAID, Status.CANCELLED)}
    surprising = {(ended, status) for ended in ENDED if ended != status} - came_back
    assert not any(is_expected(*move) for move in surprising)


@pytest.mark.parametrize("old", Status)
@pytest.mark.parametrize("new", [status for status in Status if status != Status.PENDING])
def test_every_move_is_told(old: Status, new: Status) -> None:
    assert (event_of_move(old, new) is None) == (old == new)


@pytest.mark.parametrize("old", [None, *PaymentStatus])
@pytest.mark.parametrize("new", PaymentStatus)
def test_every_change_of_a_payment_but_to_pending_is_told(
    old: PaymentStatus | None, new: PaymentStatus
) -> None:
    came_back = (
        old in (PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED) and new == PaymentStatus.PAID
    )
    untold = old == new or new == PaymentStatus.PENDING or came_back  # paid once is told once
    assert (event_of_payment(old, new) is None) == untold
    assert is_expected_payment(new, new)


# Access


@MANY
@given(entitlements, st.integers(0, 60))
def test_nothing_paid_and_no_trial_is_no_access(state: Entitlement, grace: int) -> None:
    until = access_until(state, grace)
    if state.status == Status.PENDING or not (state.paid_through or state.trial_end):
        assert until is None
    else:
        assert until is not None


@MANY
@given(entitlements, st.integers(0, 60))
def test_access_never_outlives_what_was_paid_and_its_grace(state: Entitlement, grace: int) -> None:
    until = access_until(state, grace)
    paid = latest([state.paid_through, state.trial_end])
    if until is not None and paid is not None:
        assert until <= paid + grace * DAY
        if state.status in ENDED or state.cancel_at_period_end:
            assert until <= paid
        if state.status in OPEN:
            assert until >= paid, "who is still a subscriber has all that was paid"


@MANY
@given(entitlements, st.timedeltas(timedelta(0), 100 * DAY), st.integers(0, 30), st.integers(0, 30))
def test_paying_for_more_never_takes_access_away(
    state: Entitlement, more: timedelta, grace: int, more_grace: int
) -> None:
    assume(state.paid_through)
    longer = Entitlement(
        state.status,
        state.paid_through + more if state.paid_through else None,
        state.trial_end,
        state.ended_at,
        state.cancel_at_period_end,
    )
    before, after = access_until(state, grace), access_until(longer, grace + more_grace)
    assert (before is None) == (after is None)
    if before and after:
        assert after >= before


def test_ended_at_once_ends_at_once_but_a_one_time_plan_is_kept() -> None:
    paid = NOW + 30 * DAY
    assert access_until(Entitlement(Status.CANCELLED, paid, ended_at=NOW), 3) == NOW
    assert access_until(Entitlement(Status.CANCELLED, paid, None, NOW, True), 3) == paid
    assert access_until(Entitlement(Status.PAID, paid, ended_at=NOW), 3) == paid


# When to ask next


@MANY
@given(st.sampled_from(sorted(OPEN)), st.lists(maybe, max_size=4), st.integers(0, 40))
def test_an_open_one_is_always_asked_about_again_in_the_future(
    status: Status, promised: list[datetime | None], tries: int
) -> None:
    look = next_look(status, promised, NOW, tries)
    assert look is not None
    assert look > NOW
    ahead = [moment + SETTLE for moment in promised if moment and moment + SETTLE > NOW]
    if not ahead or status == Status.PAST_DUE:
        assert look <= NOW + DAY
    else:
        assert look <= max(min(ahead), NOW + DAY)


@MANY
@given(st.sampled_from(sorted(ENDED)), st.lists(maybe, max_size=4), st.integers(0, 40))
def test_an_ended_one_only_while_a_charge_may_still_come(
    status: Status, promised: list[datetime | None], tries: int
) -> None:
    asked = next_look(status, promised, NOW, tries) is not None
    assert asked == (any(promised) and tries < MOST_LOOKS)


@MANY
@given(st.sampled_from(sorted(OPEN)), st.lists(maybe, max_size=4), st.integers(0, 40))
def test_looks_in_vain_come_less_and_less_often(
    status: Status, promised: list[datetime | None], tries: int
) -> None:
    sooner, later = next_look(status, promised, NOW, tries), next_look(status, promised, NOW, tries + 1)
    assert sooner is not None
    assert later is not None
    assert sooner <= later


@MANY
@given(st.lists(maybe, max_size=5))
def test_latest(found: list[datetime | None]) -> None:
    known = [moment for moment in found if moment]
    assert latest(found) == (max(known) if known else None)
