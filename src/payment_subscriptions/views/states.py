"""What the result page says: exactly one of these, decided from what is known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..lifecycle import RUNNING, CheckoutStatus, Status


class State(StrEnum):
    """One template each: result/<state>.html."""

    READY = "ready"
    UNREACHED = "unreached"
    CONFIRMING = "confirming"
    REJECTED = "rejected"
    LEFT = "left"
    PAYING = "paying"
    DOUBT = "doubt"
    OWING = "owing"
    ENDING = "ending"
    ENDED = "ended"
    PAUSED = "paused"
    GIVEN_UP = "given_up"
    DEMO = "demo"


# The page asks again by itself.
REFRESHING = frozenset({State.UNREACHED, State.CONFIRMING, State.DOUBT, State.PAYING})


@dataclass(frozen=True)
class Facts:
    """``ever_paid``: something was paid, or a trial given, so that what is owed is no first charge.
    ``unreached``: nothing was begun, for its gateway could not be reached."""

    purpose: str
    status: CheckoutStatus
    next_step: str
    subscription: Status
    cancelling: bool = False
    ever_paid: bool = True
    demo: bool = False
    unreached: bool = False


# A running attempt, by what it waits for. "go": the payer's page at the gateway is still open, so
# that they left it, whether they came back or not. "pay": nobody comes back from there; our page waits.
OF_STEP: dict[tuple[CheckoutStatus, str], State] = {
    (CheckoutStatus.WAITING, "go"): State.LEFT,
    (CheckoutStatus.WAITING, "pay"): State.PAYING,
    (CheckoutStatus.WAITING, "retry"): State.REJECTED,
}
OF_SUBSCRIPTION: dict[Status, State] = {
    Status.PENDING: State.CONFIRMING,
    Status.TRIALING: State.READY,
    Status.ACTIVE: State.READY,
    Status.PAST_DUE: State.OWING,
    Status.PAUSED: State.PAUSED,
    Status.PAID: State.READY,
    Status.FAILED: State.ENDED,
    Status.CANCELLED: State.ENDED,
}
# An attempt for a subscription that exists speaks for itself while it is one of these.
SPEAKING: dict[str, frozenset[CheckoutStatus]] = {
    "card": RUNNING | {CheckoutStatus.REFUSED},
    "change": RUNNING,
    "resume": RUNNING,
}


def state_of(facts: Facts) -> State:
    """The provider's word on the subscription goes before ours on the attempt; an attempt to change
    the card or the plan, or to take it up again, speaks for itself until it is done."""
    if facts.status in SPEAKING.get(facts.purpose, ()):
        return _of_attempt(facts)
    if facts.subscription == Status.PENDING:
        return _of_attempt(facts)
    if facts.subscription == Status.CANCELLED and not facts.ever_paid:
        return State.GIVEN_UP
    return _of_subscription(facts)


def _of_attempt(facts: Facts) -> State:
    if facts.status == CheckoutStatus.REFUSED:
        return State.REJECTED
    if facts.status == CheckoutStatus.EXPIRED:
        return State.GIVEN_UP
    if facts.status == CheckoutStatus.IN_DOUBT:
        return State.DOUBT
    if facts.demo:
        return State.DEMO
    if facts.unreached:
        return State.UNREACHED
    return OF_STEP.get((facts.status, facts.next_step), State.CONFIRMING)


def _of_subscription(facts: Facts) -> State:
    found = OF_SUBSCRIPTION[facts.subscription]
    if found in (State.READY, State.OWING) and not facts.ever_paid:
        return _of_first_charge(facts, found)
    return State.ENDING if facts.cancelling and found == State.READY else found


def _of_first_charge(facts: Facts, found: State) -> State:
    """Begun there, and no charge has been reported as paid: its bill waits, was declined, or is coming."""
    if OF_STEP.get((facts.status, facts.next_step)) == State.PAYING:
        return State.PAYING
    return State.REJECTED if found == State.OWING else State.CONFIRMING
