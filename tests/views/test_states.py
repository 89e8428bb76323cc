"""One state for every combination of facts."""

from __future__ import annotations

from itertools import product

import pytest
from django.template.loader import get_template

from payment_subscriptions.lifecycle import RUNNING, CheckoutStatus, Status
from payment_subscriptions.views.states import REFRESHING, Facts, State, state_of

STEPS = ("again", "go", "pay", "wait", "retry", "none")
PURPOSES = ("open", "card", "change", "resume")
BOTH = (False, True)
ALL = [
    Facts(*facts)
    for facts in product(PURPOSES, CheckoutStatus, STEPS, Status, BOTH, BOTH, BOTH, BOTH)
    if facts[0] == "open" or not facts[-1]  # only an order is told that it was not begun
]


def test_every_combination_has_one_state_with_a_template() -> None:
    assert {state_of(facts) for facts in ALL} == set(State)
    for state in State:
        get_template(f"payment_subscriptions/result/{state}.html")


def test_ready_is_said_only_where_the_provider_reports_it_and_something_was_paid() -> None:
    for facts in ALL:
        if state_of(facts) == State.READY:
            assert facts.subscription in {Status.ACTIVE, Status.TRIALING, Status.PAID}
            assert facts.ever_paid
            assert not facts.cancelling


def test_nobody_is_asked_to_pay_again_while_a_call_is_in_doubt() -> None:
    for facts in ALL:
        if facts.status == CheckoutStatus.IN_DOUBT and facts.subscription == Status.PENDING:
            assert state_of(facts) == State.DOUBT


def test_a_page_that_refreshes_comes_to_an_end() -> None:
    """What has ended is never asked about again."""
    for facts in ALL:
        if facts.subscription in {Status.CANCELLED, Status.FAILED} and facts.purpose == "open":
            assert state_of(facts) not in REFRESHING


def test_what_is_paid_or_has_ended_is_not_to_be_paid() -> None:
    for facts in ALL:
        if facts.purpose == "open" and state_of(facts) == State.PAYING:
            assert (facts.status, facts.next_step) == (CheckoutStatus.WAITING, "pay")
            assert (
                facts.subscription in {Status.PENDING, Status.PAST_DUE, Status.ACTIVE} or not facts.ever_paid
            )
            assert facts.subscription not in {Status.CANCELLED, Status.FAILED}


def test_a_refused_change_leaves_what_was() -> None:
    for facts in ALL:
        refused = facts.purpose in {"change", "resume"} and facts.status == CheckoutStatus.REFUSED
        if refused and facts.subscription != Status.PENDING and facts.ever_paid:
            assert state_of(facts) not in {State.REJECTED, State.DOUBT}


def test_a_running_attempt_for_what_stands_speaks_for_itself() -> None:
    for facts in ALL:
        if facts.purpose != "open" and facts.status in RUNNING:
            assert state_of(facts) in {
                State.LEFT,
                State.PAYING,
                State.REJECTED,
                State.CONFIRMING,
                State.DOUBT,
                State.DEMO,
            }


@pytest.mark.parametrize(
    ("state", "facts"),
    [
        (State.CONFIRMING, Facts("open", CheckoutStatus.OPEN, "again", Status.PENDING)),
        (State.CONFIRMING, Facts("open", CheckoutStatus.WAITING, "wait", Status.PENDING)),
        (State.LEFT, Facts("open", CheckoutStatus.WAITING, "go", Status.PENDING)),
        (State.REJECTED, Facts("open", CheckoutStatus.WAITING, "retry", Status.PENDING)),
        (State.PAYING, Facts("open", CheckoutStatus.WAITING, "pay", Status.PENDING)),
        (State.PAYING, Facts("open", CheckoutStatus.WAITING, "pay", Status.PAST_DUE, ever_paid=False)),
        (State.OWING, Facts("open", CheckoutStatus.WAITING, "pay", Status.PAST_DUE)),
        (State.READY, Facts("open", CheckoutStatus.WAITING, "pay", Status.ACTIVE)),
        (State.GIVEN_UP, Facts("open", CheckoutStatus.DONE, "none", Status.CANCELLED, ever_paid=False)),
        (State.DOUBT, Facts("change", CheckoutStatus.IN_DOUBT, "wait", Status.ACTIVE)),
        (State.CONFIRMING, Facts("change", CheckoutStatus.OPEN, "again", Status.ACTIVE)),
        (State.READY, Facts("change", CheckoutStatus.REFUSED, "none", Status.ACTIVE)),
        (State.DOUBT, Facts("resume", CheckoutStatus.IN_DOUBT, "wait", Status.ACTIVE, cancelling=True)),
        (State.ENDING, Facts("resume", CheckoutStatus.REFUSED, "none", Status.ACTIVE, cancelling=True)),
        (State.REJECTED, Facts("open", CheckoutStatus.REFUSED, "none", Status.PENDING)),
        (State.DOUBT, Facts("open", CheckoutStatus.IN_DOUBT, "wait", Status.PENDING)),
        (State.UNREACHED, Facts("open", CheckoutStatus.OPEN, "again", Status.PENDING, unreached=True)),
        (State.READY, Facts("open", CheckoutStatus.OPEN, "again", Status.ACTIVE, unreached=True)),
        (State.DEMO, Facts("open", CheckoutStatus.WAITING, "wait", Status.PENDING, demo=True)),
        (State.CONFIRMING, Facts("open", CheckoutStatus.DONE, "none", Status.PENDING)),
        (State.READY, Facts("open", CheckoutStatus.DONE, "none", Status.ACTIVE)),
        (State.READY, Facts("open", CheckoutStatus.IN_DOUBT, "wait", Status.ACTIVE)),
        (State.CONFIRMING, Facts("open", CheckoutStatus.DONE, "none", Status.ACTIVE, ever_paid=False)),
        (State.READY, Facts("open", CheckoutStatus.DONE, "none", Status.TRIALING)),
        (State.READY, Facts("open", CheckoutStatus.DONE, "none", Status.PAID)),
        (State.ENDING, Facts("open", CheckoutStatus.DONE, "none", Status.ACTIVE, cancelling=True)),
        (State.OWING, Facts("open", CheckoutStatus.DONE, "none", Status.PAST_DUE)),
        (State.OWING, Facts("open", CheckoutStatus.DONE, "none", Status.PAST_DUE, cancelling=True)),
        (State.REJECTED, Facts("open", CheckoutStatus.DONE, "none", Status.PAST_DUE, ever_paid=False)),
        (State.PAUSED, Facts("open", CheckoutStatus.DONE, "none", Status.PAUSED)),
        (State.ENDED, Facts("open", CheckoutStatus.DONE, "none", Status.CANCELLED)),
        (State.ENDED, Facts("open", CheckoutStatus.DONE, "none", Status.FAILED)),
        (State.GIVEN_UP, Facts("open", CheckoutStatus.EXPIRED, "none", Status.CANCELLED, ever_paid=False)),
        (State.LEFT, Facts("card", CheckoutStatus.WAITING, "go", Status.PAST_DUE)),
        (State.REJECTED, Facts("card", CheckoutStatus.REFUSED, "none", Status.ACTIVE)),
        (State.READY, Facts("card", CheckoutStatus.DONE, "none", Status.ACTIVE)),
        (State.OWING, Facts("card", CheckoutStatus.EXPIRED, "none", Status.PAST_DUE)),
    ],
)
def test_the_table(state: State, facts: Facts) -> None:
    assert state_of(facts) == state
