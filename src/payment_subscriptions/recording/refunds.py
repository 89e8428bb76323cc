"""What became of money on its way back, onto the refund, its payment and the access that it paid for."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from ..clock import now
from ..gateways.base import RefundSnapshot
from ..lifecycle import REFUNDING, PaymentStatus, RefundStatus
from ..models import Payment, Refund, Subscription
from ..models.discrepancy import DiscrepancyKind
from ..outbox import News, write
from . import discrepancies
from .payments import after_refunds, given_back, written
from .subscription import Stale, bump, pay_out

# What each status tells the world. One in doubt is told once, when it comes into doubt.
EVENTS: dict[RefundStatus, str] = {
    RefundStatus.IN_DOUBT: "refund.in_doubt",
    RefundStatus.OFFERED: "refund.offered",
    RefundStatus.ACCEPTED: "refund.accepted",
    RefundStatus.REFUNDED: "refund.paid",
    RefundStatus.REJECTED: "refund.rejected",
    RefundStatus.CANCELLED: "refund.cancelled",
    RefundStatus.REFUSED: "refund.refused",
}
# How often a row may move under us before the caller tries again.
MOST_TRIES = 5


def note_refund(refund: Refund) -> None:
    """That it was asked for. Inside the caller's transaction."""
    write(refund.payment.subscription, [News("refund.requested", _payload(refund))])


def record_refund(
    refund: Refund,
    told: RefundSnapshot,
    *,
    due_at: datetime | None,
    settled: dict[str, Any] | None = None,
) -> Refund:
    """Write what the provider says of a refund; what is given back no longer pays for its period.

    Safe to repeat. One that has ended stays as it ended, unless money went back after all.
    ``settled``: a person's word, with name and note. Returns the row as it is now.
    """
    for _try in range(MOST_TRIES):
        subscription = Subscription.objects.select_related("customer").get(pk=refund.payment.subscription_id)
        try:
            with transaction.atomic(durable=True):
                bump(subscription)  # the row lock of every writer of payments
                _write(Refund.objects.get(pk=refund.pk), subscription, told, due_at, settled)
            break
        except Stale:
            continue
    else:
        raise Stale
    return Refund.objects.select_related("payment__subscription__customer").get(pk=refund.pk)


def _write(
    row: Refund,
    subscription: Subscription,
    told: RefundSnapshot,
    due_at: datetime | None,
    settled: dict[str, Any] | None,
) -> None:
    before, status = RefundStatus(row.status), told.status
    row.payment = Payment.objects.get(pk=row.payment_id)
    found = [_odd(row, subscription, told)] if _is_odd(row, told) else []
    allowed = _FOLLOWING[before]
    if _is_another(row, told):  # a person looks
        told, due_at = RefundSnapshot(RefundStatus.IN_DOUBT), None
        status, allowed = told.status, _DOUBTFUL if before in REFUNDING else frozenset()
    if status == before or status not in allowed or _is_taken(row, status):
        status, news = before, []
    else:
        news = [News(EVENTS[status], _payload(row) | (settled or {}))]
    _set(row, status, told, due_at)
    row.save()
    if status == RefundStatus.REFUNDED and before != status:
        news += _give_back(row, subscription)
        found += [_odd(row, subscription, told)] if row.payment.refunded > row.payment.paid_money else []
    write(subscription, news + discrepancies.keep(found))


# What may follow what. A doubt is over once the provider has named the refund, and an answer that was
# overtaken by its callback takes nothing back. What has ended stays as it ended, unless the provider
# has it after all: one that was refused, or that a person took for lost, may be on offer; money that
# went back has gone.
_ENDED = frozenset(RefundStatus) - REFUNDING
_DOUBTFUL = frozenset({RefundStatus.IN_DOUBT})
_NAMED = frozenset({RefundStatus.OFFERED, RefundStatus.ACCEPTED}) | _ENDED
_FOLLOWING: dict[RefundStatus, frozenset[RefundStatus]] = {
    RefundStatus.REQUESTED: _NAMED | {RefundStatus.IN_DOUBT},
    RefundStatus.IN_DOUBT: _NAMED,
    RefundStatus.OFFERED: _NAMED,
    RefundStatus.ACCEPTED: _ENDED,
    RefundStatus.REFUSED: _NAMED,
    RefundStatus.REJECTED: frozenset({RefundStatus.REFUNDED}),
    RefundStatus.CANCELLED: frozenset({RefundStatus.REFUNDED}),
    RefundStatus.REFUNDED: frozenset(),
}


def _set(row: Refund, status: RefundStatus, told: RefundSnapshot, due_at: datetime | None) -> None:
    row.reference = row.reference or told.reference
    row.token = row.token or told.token
    row.due_at = due_at if status in REFUNDING else None
    if status == RefundStatus.IN_DOUBT:
        row.in_doubt_since = row.in_doubt_since or now()
        row.tries += 1
    elif status != RefundStatus.REQUESTED:
        row.call_begun_at = row.in_doubt_since = None
        row.tries = 0
    row.status = status
    row.settled_at = None if status in REFUNDING else row.settled_at or now()


def _is_taken(row: Refund, status: RefundStatus) -> bool:
    """One that is on offer after all cannot run beside another."""
    if row.status in REFUNDING or status not in REFUNDING:
        return False
    return Refund.objects.running().filter(payment=row.payment_id).exists()


def _is_odd(row: Refund, told: RefundSnapshot) -> bool:
    """What a person should know of, whatever is written."""
    if _is_another(row, told):
        return True
    before, status = RefundStatus(row.status), told.status
    if before == RefundStatus.REFUNDED:
        return status in _ENDED and status != before
    return before not in REFUNDING and status in (
        RefundStatus.OFFERED,
        RefundStatus.ACCEPTED,
        RefundStatus.REFUNDED,
    )


def _is_another(row: Refund, told: RefundSnapshot) -> bool:
    """Another amount than was asked for, or a name that this or another refund has already."""
    if told.amount is not None and told.amount != row.money:
        return True
    if not told.reference or told.reference == row.reference:
        return False
    same = Refund.objects.filter(provider=row.provider, mode=row.mode, reference=told.reference)
    return bool(row.reference) or same.exclude(pk=row.pk).exists()


def _give_back(row: Refund, subscription: Subscription) -> list[News]:
    """What our refunds gave in all is what went back, unless the provider has told of it before."""
    payment = row.payment
    more = given_back(payment) - payment.refunded_amount
    payment.refunded_amount += max(more, Decimal(0))
    payment.status = after_refunds(PaymentStatus.PAID, payment.refunded_amount, payment.paid_money)
    payment.save(update_fields=["refunded_amount", "status", "updated_at"])
    pay_out(subscription)
    if more <= 0:
        return []
    told = {"payment": payment.reference, "order": payment.order}
    return [News("payment.refunded", told | _payload(row) | {"amount": written(more)})]


def _odd(row: Refund, subscription: Subscription, told: RefundSnapshot) -> Any:
    amount = told.amount or row.money
    return discrepancies.about(
        DiscrepancyKind.REFUND,
        subscription,
        f"{row.order}:{told.status}:{told.reference}:{amount.amount}",
        amount=amount.amount,
        currency=amount.currency.code,
        detail={
            "refund": row.order,
            "asked": f"{row.amount} {row.currency}",
            "here": row.status,
            "told": told.status.value,
        },
    )


def _payload(row: Refund) -> dict[str, Any]:
    return {
        "refund": str(row.public_id),
        "amount": written(row.amount),
        "currency": row.currency,
        "by": row.requested_by,
    }
