"""``record``: the one function that turns a Snapshot into rows and events.

It is the only writer of status and payments, besides opening and closing a subscription that
no provider has heard of. Safe to repeat in any order: what it writes depends on the snapshot
and the row alone, and a row that moved since it was read makes it Stale, so that the caller
asks the provider again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from .backoff import after
from .clock import now
from .exceptions import BadRequest, PaymentsError
from .gateways import gateways
from .gateways.base import PaymentSnapshot, Snapshot
from .lifecycle import (
    ENDED,
    GIVEN_BACK,
    OWED,
    PAYING,
    PaymentStatus,
    Status,
    event_of_move,
    event_of_payment,
    is_expected,
    is_expected_payment,
    latest,
    next_look,
)
from .models import Customer, Discrepancy, Payment, Subscription
from .models.discrepancy import DiscrepancyKind
from .outbox import News, write

# Days of grace where the catalogue has lost the plan: Flow's own default of days until due.
DEFAULT_GRACE = 3

PAYMENT_COLUMNS = (
    "order",
    "status",
    "amount",
    "currency",
    "period_start",
    "period_end",
    "due_at",
    "paid_at",
    "next_attempt_at",
    "attempts",
    "failure_code",
    "pay_url",
)


class Stale(PaymentsError):
    """The row moved while the provider was asked: ask again."""


_Judged = list[tuple[PaymentSnapshot, PaymentStatus]]


@dataclass
class _Findings:
    """What one recording is about to write."""

    news: list[News] = field(default_factory=list)
    discrepancies: list[Discrepancy] = field(default_factory=list)


def record(subscription: Subscription, snapshot: Snapshot) -> Subscription:
    """Write what the provider says. ``subscription`` as read before the provider was asked.

    Returns the row as it is now. Raises Stale when the row has moved since: fetch again.
    """
    findings = _Findings()
    before, was_cancelling = Status(subscription.status), subscription.is_cancelling
    judged = [(payment, _judge(subscription, payment, findings)) for payment in snapshot.payments]
    payments = _compare_payments(subscription, judged, findings)
    _check_price(subscription, snapshot, findings)
    _take_over(subscription, snapshot, judged)
    _note_move(subscription, before, was_cancelling, findings)
    _seat(subscription, before, findings)
    _plan_next_look(subscription, snapshot, changed=bool(payments) or before != subscription.status)
    try:
        with transaction.atomic(durable=True):
            bump(subscription, **{name: getattr(subscription, name) for name in _TAKEN_OVER})
            _write_payments(payments)
            _write_card(subscription, snapshot)
            write(subscription, findings.news + _keep(findings.discrepancies))
    except IntegrityError as error:
        raise Stale from error
    return subscription


def bump(subscription: Subscription, **columns: Any) -> None:
    """Write columns if the row is still the version that was read; the row lock of every writer.

    The first statement of its transaction, so that it serialises on SQLite too. Raises Stale.
    """
    written = Subscription.objects.filter(pk=subscription.pk, version=subscription.version).update(
        version=F("version") + 1, updated_at=now(), **columns
    )
    if not written:
        raise Stale
    subscription.version += 1
    for name, value in columns.items():
        setattr(subscription, name, value)


def close(subscription: Subscription) -> None:
    """End a pending subscription that no provider will ever charge; its seat is free again.

    Inside the caller's transaction. Raises Stale when it has moved.
    """
    bump(subscription, status=Status.CANCELLED, slot_key=None, ended_at=now(), next_sync_at=None)
    write(subscription, [News("subscription.abandoned")])


def _judge(subscription: Subscription, payment: PaymentSnapshot, findings: _Findings) -> PaymentStatus:
    """The payment's status for us: paid only when amount and currency are what was agreed."""
    if payment.status != PaymentStatus.PAID or payment.amount == subscription.money:
        return payment.status
    findings.discrepancies.append(
        _discrepancy(
            DiscrepancyKind.AMOUNT,
            subscription,
            f"{payment.reference}:{payment.amount.amount}{payment.amount.currency.code}",
            amount=payment.amount.amount,
            currency=payment.amount.currency.code,
            detail={"payment": payment.reference, "agreed": f"{subscription.amount} {subscription.currency}"},
        )
    )
    return PaymentStatus.PENDING


def _check_price(subscription: Subscription, snapshot: Snapshot, findings: _Findings) -> None:
    try:
        agreed = gateways[subscription.provider].price_id(subscription.price)
    except BadRequest:
        return
    if snapshot.price_id and snapshot.price_id != agreed:
        findings.discrepancies.append(
            _discrepancy(
                DiscrepancyKind.PRICE,
                subscription,
                snapshot.price_id,
                detail={"agreed": agreed, "charged": snapshot.price_id},
            )
        )


def _take_over(subscription: Subscription, snapshot: Snapshot, judged: _Judged) -> None:
    """Set the row's columns from the snapshot, in memory."""
    paying = [payment for payment, status in judged if status in PAYING]
    given_back = any(status in GIVEN_BACK for _, status in judged)
    subscription.status = snapshot.status
    subscription.reference = snapshot.reference
    subscription.period_start = snapshot.period_start
    subscription.period_end = snapshot.period_end
    subscription.trial_end = snapshot.trial_end
    subscription.next_charge_at = snapshot.next_charge_at
    subscription.cancel_at_period_end = snapshot.cancel_at_period_end
    subscription.ended_at = snapshot.ended_at
    if paying or given_back:  # else the provider lists no settled charge: what was paid stays paid
        subscription.paid_through = latest(payment.period_end for payment in paying)
    subscription.payment_date = latest(payment.paid_at for payment in paying) or subscription.payment_date
    subscription.grant(_grace(subscription))


def _grace(subscription: Subscription) -> int:
    try:
        return subscription.plan_in_catalogue.grace(subscription.price)
    except BadRequest:
        return DEFAULT_GRACE


def _note_move(
    subscription: Subscription, before: Status, cancelling_before: bool, findings: _Findings
) -> None:
    found = Status(subscription.status)
    if event := event_of_move(before, found):
        findings.news.append(News(event, {"was": before.value}))
    if subscription.is_cancelling and not cancelling_before:
        findings.news.append(News("subscription.cancel_scheduled"))
    if not is_expected(before, found):
        findings.discrepancies.append(
            _discrepancy(
                DiscrepancyKind.UNEXPECTED_MOVE,
                subscription,
                f"{before}>{found}:{subscription.version}",
                detail={"was": before.value, "is": found.value},
            )
        )


def _seat(subscription: Subscription, before: Status, findings: _Findings) -> None:
    """Free the seat of one that ended; give it to one that came back, if nobody else has taken it."""
    if subscription.status in ENDED:
        subscription.slot_key = None
    elif before in ENDED:
        key = slot_key(subscription.payer_key, subscription.slot)
        if Subscription.objects.filter(slot_key=key).exists():
            findings.discrepancies.append(
                _discrepancy(
                    DiscrepancyKind.DUPLICATE,
                    subscription,
                    "",
                    amount=subscription.amount,
                    currency=subscription.currency,
                )
            )
        else:
            subscription.slot_key = key


def slot_key(payer_key: str, slot: str) -> str:
    """The seat of a payer's open subscription."""
    return f"{payer_key}|{slot}"


def _plan_next_look(subscription: Subscription, snapshot: Snapshot, *, changed: bool) -> None:
    moment = now()
    subscription.synced_at = moment
    subscription.sync_tries = 0 if changed else min(subscription.sync_tries + 1, 30)
    if _is_done(subscription, snapshot):
        subscription.cancel_requested = ""
    promised = [snapshot.next_charge_at, snapshot.trial_end]
    promised += [payment.next_attempt_at for payment in snapshot.payments if payment.status in OWED]
    subscription.next_sync_at = (
        after(subscription.sync_tries + 1)
        if subscription.cancel_requested
        else next_look(Status(subscription.status), promised, moment, subscription.sync_tries)
    )


_TAKEN_OVER = (
    "status",
    "reference",
    "slot_key",
    "period_start",
    "period_end",
    "trial_end",
    "next_charge_at",
    "cancel_at_period_end",
    "cancel_requested",
    "ended_at",
    "paid_through",
    "payment_date",
    "access_until",
    "sync_tries",
    "synced_at",
    "next_sync_at",
)


def _is_done(subscription: Subscription, snapshot: Snapshot) -> bool:
    """Whether the cancellation that was asked for has taken effect, open charges included."""
    if subscription.cancel_requested == "period_end":
        return snapshot.cancel_at_period_end or snapshot.status in ENDED
    return snapshot.status in ENDED and not any(payment.status in OWED for payment in snapshot.payments)


def _compare_payments(subscription: Subscription, judged: _Judged, findings: _Findings) -> list[Payment]:
    """The payments that are new or differ, with the snapshot's columns set."""
    known = {payment.reference: payment for payment in Payment.objects.filter(subscription=subscription)}
    found = []
    for snapshot, status in judged:
        payment = known.get(snapshot.reference) or Payment(
            subscription=subscription,
            provider=subscription.provider,
            mode=subscription.mode,
            reference=snapshot.reference,
        )
        old = PaymentStatus(payment.status) if payment.pk else None
        if _copy(payment, snapshot, status):
            found.append(payment)
            _note_payment(subscription, payment, old, status, findings)
    return found


def _write_payments(payments: list[Payment]) -> None:
    new = [payment for payment in payments if payment.pk is None]
    moved = [payment for payment in payments if payment.pk is not None]
    Payment.objects.bulk_create(new)
    for payment in moved:
        payment.save(update_fields=(*PAYMENT_COLUMNS, "updated_at"))


def _copy(payment: Payment, snapshot: PaymentSnapshot, status: PaymentStatus) -> bool:
    """Set the payment's columns; True when any changed."""
    values = {
        name: getattr(snapshot, name) for name in PAYMENT_COLUMNS if name not in ("amount", "currency")
    } | {
        "status": status.value,
        "amount": snapshot.amount.amount,
        "currency": snapshot.amount.currency.code,
    }
    changed = payment.pk is None or any(getattr(payment, name) != value for name, value in values.items())
    for name, value in values.items():
        setattr(payment, name, value)
    return changed


def _note_payment(
    subscription: Subscription,
    payment: Payment,
    old: PaymentStatus | None,
    new: PaymentStatus,
    findings: _Findings,
) -> None:
    payload = {
        "payment": payment.reference,
        "order": payment.order,
        "amount": str(payment.amount.normalize() if payment.amount % 1 else int(payment.amount)),
        "currency": payment.currency,
        "failure_code": payment.failure_code,
    }
    if event := event_of_payment(old, new):
        findings.news.append(News(event, payload))
    if old and not is_expected_payment(old, new):
        findings.discrepancies.append(
            _discrepancy(
                DiscrepancyKind.UNEXPECTED_MOVE,
                subscription,
                f"{payment.reference}:{old}>{new}:{subscription.version}",
                amount=payment.amount,
                currency=payment.currency,
                detail={"payment": payment.reference, "was": old.value, "is": new.value},
            )
        )


def _write_card(subscription: Subscription, snapshot: Snapshot) -> None:
    card = snapshot.card
    customer = subscription.customer
    if card is None or (customer.card_brand, customer.card_last4) == (card.brand, card.last4):
        return
    Customer.objects.filter(pk=customer.pk).update(card_brand=card.brand, card_last4=card.last4)
    customer.card_brand, customer.card_last4 = card.brand, card.last4


def _discrepancy(kind: DiscrepancyKind, subscription: Subscription, key: str, **columns: Any) -> Discrepancy:
    return Discrepancy(
        kind=kind,
        key=f"{kind}:{subscription.pk}:{key}"[:300],
        provider=subscription.provider,
        mode=subscription.mode,
        subscription=subscription,
        created_at=now(),
        **columns,
    )


def _keep(discrepancies: Iterable[Discrepancy]) -> list[News]:
    """Write those that are not known yet; one event for each."""
    found = {item.key: item for item in discrepancies}
    if not found:
        return []
    known = set(Discrepancy.objects.filter(key__in=found).values_list("key", flat=True))
    new = [item for key, item in found.items() if key not in known]
    Discrepancy.objects.bulk_create(new, ignore_conflicts=True)
    return [
        News(
            "discrepancy.found",
            {"kind": str(item.kind), "amount": str(item.amount or ""), "currency": item.currency},
        )
        for item in new
    ]


def keep_foreign_payment(provider: str, mode: str, key: str, order: str, amount: Any, currency: str) -> None:
    """Keep money that arrived for an order that is not ours; nothing of ours is touched."""
    item = Discrepancy(
        kind=DiscrepancyKind.FOREIGN_PAYMENT,
        key=f"{DiscrepancyKind.FOREIGN_PAYMENT}:{provider}:{mode}:{key}"[:300],
        provider=provider,
        mode=mode,
        amount=amount,
        currency=currency,
        detail={"order": order},
        created_at=now(),
    )
    with transaction.atomic(durable=True):
        write(None, _keep([item]))


def keep_lost(subscription: Subscription) -> None:
    """Keep that the provider no longer knows a subscription of ours; its status is left as it was."""
    with transaction.atomic(durable=True):
        write(subscription, _keep([_discrepancy(DiscrepancyKind.LOST, subscription, "")]))
