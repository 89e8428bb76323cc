"""Compare the provider's charges with ours, and write those that differ."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..gateways.base import PaymentSnapshot
from ..lifecycle import PAYING, PaymentStatus, event_of_payment, is_expected_payment
from ..models import Discrepancy, Payment, Subscription
from ..models.discrepancy import DiscrepancyKind
from ..outbox import News
from . import discrepancies

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

Judged = list[tuple[PaymentSnapshot, PaymentStatus]]


@dataclass
class Findings:
    """What one recording is about to write."""

    news: list[News] = field(default_factory=list)
    discrepancies: list[Discrepancy] = field(default_factory=list)


def judge(subscription: Subscription, payment: PaymentSnapshot, findings: Findings) -> PaymentStatus:
    """The payment's status for us: paid only when amount and currency are what was agreed."""
    if payment.status not in PAYING or payment.amount == subscription.money:
        return payment.status
    findings.discrepancies.append(
        discrepancies.about(
            DiscrepancyKind.AMOUNT,
            subscription,
            f"{payment.reference}:{payment.amount.amount}{payment.amount.currency.code}",
            amount=payment.amount.amount,
            currency=payment.amount.currency.code,
            detail={"payment": payment.reference, "agreed": f"{subscription.amount} {subscription.currency}"},
        )
    )
    return PaymentStatus.PENDING


def compare(
    subscription: Subscription, judged: Judged, findings: Findings
) -> tuple[list[Payment], list[Payment]]:
    """All payments of the subscription, with the snapshot's columns set, and those of them that are new
    or differ. A charge that the provider no longer lists stands as it is."""
    known = {payment.reference: payment for payment in Payment.objects.filter(subscription=subscription)}
    moved = []
    for snapshot, status in judged:
        payment = known.setdefault(
            snapshot.reference,
            Payment(
                subscription=subscription,
                provider=subscription.provider,
                mode=subscription.mode,
                reference=snapshot.reference,
            ),
        )
        old = PaymentStatus(payment.status) if payment.pk else None
        if _copy(payment, snapshot, status):
            moved.append(payment)
            _note_payment(subscription, payment, old, status, findings)
    return list(known.values()), moved


def write_all(payments: list[Payment]) -> None:
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
    findings: Findings,
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
            discrepancies.about(
                DiscrepancyKind.UNEXPECTED_MOVE,
                subscription,
                f"{payment.reference}:{old}>{new}:{subscription.version}",
                amount=payment.amount,
                currency=payment.currency,
                detail={"payment": payment.reference, "was": old.value, "is": new.value},
            )
        )
