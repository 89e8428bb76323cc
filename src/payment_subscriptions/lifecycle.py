"""The life of a subscription, a payment and an attempt: statuses, moves, and what a fact means.

Pure: no database, no network. What the provider reports is judged here; recording.py writes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Status(TextChoices):
    """Of a subscription."""

    PENDING = "pending", _("Pending")
    TRIALING = "trialing", _("On trial")
    ACTIVE = "active", _("Active")
    PAST_DUE = "past_due", _("Past due")
    PAUSED = "paused", _("Paused")
    PAID = "paid", _("Paid")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class PaymentStatus(TextChoices):
    """Of one charge."""

    PENDING = "pending", pgettext_lazy("payment", "Pending")
    PAID = "paid", pgettext_lazy("payment", "Paid")
    FAILED = "failed", pgettext_lazy("payment", "Declined")
    CANCELLED = "cancelled", pgettext_lazy("payment", "Voided")
    REFUNDED = "refunded", pgettext_lazy("payment", "Refunded")
    PARTIALLY_REFUNDED = "partially_refunded", pgettext_lazy("payment", "Partially refunded")
    DISPUTED = "disputed", pgettext_lazy("payment", "Disputed")


class RefundStatus(TextChoices):
    """Of money on its way back."""

    REQUESTED = "requested", pgettext_lazy("refund", "Requested")
    IN_DOUBT = "in_doubt", pgettext_lazy("refund", "In doubt")
    OFFERED = "offered", pgettext_lazy("refund", "Waiting for the payer to accept it")
    ACCEPTED = "accepted", pgettext_lazy("refund", "Accepted, to be paid out")
    REFUNDED = "refunded", pgettext_lazy("refund", "Given back")
    REJECTED = "rejected", pgettext_lazy("refund", "The payer rejected it")
    CANCELLED = "cancelled", pgettext_lazy("refund", "Called off")
    REFUSED = "refused", pgettext_lazy("refund", "Refused by the provider")


class CheckoutStatus(TextChoices):
    """Of one attempt."""

    OPEN = "open", _("Ours to go on")
    WAITING = "waiting", _("Waiting for the payer")
    IN_DOUBT = "in_doubt", _("In doubt")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    EXPIRED = "expired", _("Expired")


class CancelReason(TextChoices):
    """Why a payer leaves, as they say it, where they say it."""

    PRICE = "price", _("It costs too much")
    UNUSED = "unused", _("I do not use it enough")
    MISSING = "missing", _("Something I need is missing")
    TROUBLE = "trouble", _("It did not work well")
    ELSEWHERE = "elsewhere", _("I have found something else")
    OTHER = "other", _("Something else")


# Open: anything not ended. One open subscription per payer and slot.
OPEN = frozenset({Status.PENDING, Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED})
ENDED = frozenset(Status) - OPEN
# Begun: the provider knows it, and it can be cancelled there.
BEGUN = OPEN - {Status.PENDING}
# An attempt that can still become a subscription.
RUNNING = frozenset({CheckoutStatus.OPEN, CheckoutStatus.WAITING, CheckoutStatus.IN_DOUBT})
# A charge that has not been settled: money is still asked for.
OWED = frozenset({PaymentStatus.PENDING, PaymentStatus.FAILED})
# A charge that pays for its period, and one that no longer does.
PAYING = frozenset({PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED})
GIVEN_BACK = frozenset({PaymentStatus.REFUNDED, PaymentStatus.DISPUTED})

# A refund that may still give money back: one at a time for each payment.
REFUNDING = frozenset(
    {RefundStatus.REQUESTED, RefundStatus.IN_DOUBT, RefundStatus.OFFERED, RefundStatus.ACCEPTED}
)

# The end of what was bought for good: a moment that every database and calendar can hold.
FOR_GOOD = datetime(9999, 1, 1, tzinfo=UTC)

# What our own verbs may do, by the status they find.
ALLOWED: dict[str, frozenset[Status]] = {
    "cancel": frozenset({Status.PENDING, Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED}),
    "update_card": frozenset({Status.TRIALING, Status.ACTIVE, Status.PAST_DUE}),
    "resume": frozenset({Status.TRIALING, Status.ACTIVE}),
    "change_plan": frozenset({Status.TRIALING, Status.ACTIVE}),
    "pause": frozenset({Status.ACTIVE, Status.PAST_DUE}),
    "unpause": frozenset({Status.PAUSED}),
    "close": frozenset({Status.PENDING}),
}

# The moves that a provider may report without surprising anybody. Any other is applied
# too (the provider is the truth) and raises a Discrepancy.
EXPECTED: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(Status) - {Status.PAUSED},
    Status.TRIALING: frozenset(
        {Status.ACTIVE, Status.PAST_DUE, Status.PAUSED, Status.CANCELLED, Status.FAILED}
    ),
    # Failed: its provider gave up on a bill, and nobody told us while it was late.
    Status.ACTIVE: frozenset({Status.PAST_DUE, Status.PAUSED, Status.CANCELLED, Status.FAILED}),
    Status.PAST_DUE: frozenset({Status.ACTIVE, Status.PAUSED, Status.CANCELLED, Status.FAILED}),
    Status.PAUSED: frozenset({Status.ACTIVE, Status.PAST_DUE, Status.CANCELLED, Status.FAILED}),
    Status.PAID: frozenset({Status.CANCELLED}),  # a one-time plan that was given back
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}

PAYMENT_EXPECTED: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.PENDING: frozenset({PaymentStatus.PAID, PaymentStatus.FAILED, PaymentStatus.CANCELLED}),
    PaymentStatus.FAILED: frozenset({PaymentStatus.PENDING, PaymentStatus.PAID, PaymentStatus.CANCELLED}),
    PaymentStatus.PAID: frozenset(
        {PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.DISPUTED}
    ),
    PaymentStatus.PARTIALLY_REFUNDED: frozenset({PaymentStatus.REFUNDED, PaymentStatus.DISPUTED}),
    PaymentStatus.DISPUTED: frozenset(
        {PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED}
    ),
    PaymentStatus.REFUNDED: frozenset(),
    # A voided charge that is paid all the same is money nobody asked for any more.
    PaymentStatus.CANCELLED: frozenset(),
}


def is_expected(old: Status, new: Status) -> bool:
    """Whether a provider may report this move without a Discrepancy."""
    return old == new or new in EXPECTED[old]


def is_expected_payment(old: PaymentStatus, new: PaymentStatus) -> bool:
    """The same for a payment."""
    return old == new or new in PAYMENT_EXPECTED[old]


@dataclass(frozen=True)
class Entitlement:
    """What access is computed from; the moments are exclusive ends."""

    status: Status
    paid_through: datetime | None
    trial_end: datetime | None = None
    ended_at: datetime | None = None
    cancel_at_period_end: bool = False


def access_until(state: Entitlement, grace_days: int) -> datetime | None:
    """Until when the payer may use what was paid, or None where nothing was.

    Grace is for payers who are late, not for those who leave or stand still: a cancelled subscription
    ends with what is paid, one cancelled at once ends at once, a one-time plan has what was bought.
    """
    if state.status == Status.PENDING:
        return None
    paid = max((moment for moment in (state.paid_through, state.trial_end) if moment), default=None)
    if paid is None:
        return None
    cut_short = state.status in ENDED - {Status.PAID} and not state.cancel_at_period_end
    if cut_short and state.ended_at:
        return min(paid, state.ended_at)
    if state.status in ENDED | {Status.PAUSED} or state.cancel_at_period_end:
        return paid
    return paid + timedelta(days=grace_days)


# From a move of the status to the event's name. A move that is not here says nothing.
_MOVES: dict[tuple[Status, Status], str] = {
    (Status.PAST_DUE, Status.ACTIVE): "subscription.recovered",
    (Status.PENDING, Status.ACTIVE): "subscription.activated",
    (Status.TRIALING, Status.ACTIVE): "subscription.activated",
    (Status.PAUSED, Status.ACTIVE): "subscription.unpaused",
}
_ARRIVALS: dict[Status, str] = {
    Status.ACTIVE: "subscription.activated",
    Status.TRIALING: "subscription.trial_started",
    Status.PAST_DUE: "subscription.past_due",
    Status.PAUSED: "subscription.paused",
    Status.PAID: "subscription.paid",
    Status.FAILED: "subscription.failed",
    Status.CANCELLED: "subscription.cancelled",
}
_PAYMENT_ARRIVALS: dict[PaymentStatus, str] = {
    PaymentStatus.PAID: "payment.paid",
    PaymentStatus.FAILED: "payment.failed",
    PaymentStatus.CANCELLED: "payment.cancelled",
    PaymentStatus.REFUNDED: "payment.refunded",
    PaymentStatus.PARTIALLY_REFUNDED: "payment.refunded",
    PaymentStatus.DISPUTED: "payment.disputed",
}

# From paid, or given back, to one of these.
_PAYMENT_ARRIVALS_AGAIN = {PaymentStatus.PARTIALLY_REFUNDED: "payment.refunded"}


def event_of_move(old: Status, new: Status) -> str | None:
    """The event that a change of status writes, or None where nothing happened."""
    if old == new:
        return None
    return _MOVES.get((old, new)) or _ARRIVALS.get(new)


def event_of_payment(old: PaymentStatus | None, new: PaymentStatus) -> str | None:
    """The event that a payment's change writes; ``old`` is None for one just learned of. What was paid
    is paid once, also where a dispute is won or a refund comes back."""
    if old == new:
        return None
    if old in PAYING | GIVEN_BACK and new in PAYING:
        return "payment.dispute_won" if old == PaymentStatus.DISPUTED else _PAYMENT_ARRIVALS_AGAIN.get(new)
    return _PAYMENT_ARRIVALS.get(new)


def latest(moments: Iterable[datetime | None]) -> datetime | None:
    """The last of the moments that are known."""
    return max((moment for moment in moments if moment), default=None)


# How long after a promised moment we look whether it came true: Flow works through a day's
# invoices, and its callback usually tells us sooner.
SETTLE = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=1)
# In vain, at one that has ended and owes: about three weeks.
MOST_LOOKS = 30


def next_look(
    status: Status, promised: Iterable[datetime | None], now: datetime, tries: int, *, owes: bool = False
) -> datetime | None:
    """When to ask the provider next without anybody calling; None for what has ended, unless it may
    still be charged.

    ``promised`` are the moments at which something should happen (next charge, next attempt,
    end of a trial). One that has passed without effect is asked about again, less and less
    often (``tries``); who is late, or has a bill that stands open (``owes``: its payer may have paid
    it, and the callback been lost), is asked about daily at least.
    """
    moments = [moment + SETTLE for moment in promised if moment]
    if status in ENDED and (not moments or tries >= MOST_LOOKS):
        return None
    again = now + min(SETTLE * 2 ** min(tries, 10), LONGEST_WAIT)
    if not moments or min(moments) <= now:
        return again if moments or status != Status.ACTIVE else now + LONGEST_WAIT
    daily = owes or status == Status.PAST_DUE
    return min(min(moments), now + LONGEST_WAIT) if daily else min(moments)
