"""Compare the provider's charges with ours, and write those that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from ..gateways.base import PaymentSnapshot
from ..lifecycle import (
    GIVEN_BACK,
    PAYING,
    CheckoutStatus,
    PaymentStatus,
    RefundStatus,
    event_of_payment,
    is_expected_payment,
)
from ..models import Discrepancy, Payment, Subscription
from ..models.discrepancy import DiscrepancyKind
from ..money import Money
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
    "receipt_url",
    "rate",
)

SETTLED_COLUMNS = ("settled_amount", "settled_currency", "refunded_amount")

# How it was paid: stays as it was told, where the provider tells no more of it.
KEPT = ("order", "paid_at", "settled_amount", "settled_currency", "rate")


@dataclass
class Findings:
    """What one recording is about to write."""

    news: list[News] = field(default_factory=list)
    discrepancies: list[Discrepancy] = field(default_factory=list)


def judge(
    subscription: Subscription, payment: PaymentSnapshot, known: Payment | None, findings: Findings
) -> PaymentStatus:
    """The payment's status for us: paid only when amount and currency are what was agreed."""
    if payment.status not in PAYING:
        return payment.status
    if payment.oddity:
        kind = DiscrepancyKind.DOUBLE if payment.oddity == "double" else DiscrepancyKind.LATE
        findings.discrepancies.append(_odd(kind, subscription, payment, payment.reference))
    if known and known.status in PAYING | GIVEN_BACK and known.money == payment.amount:
        return payment.status  # judged when it came, by what was agreed then
    if _is_agreed(subscription, payment):
        return payment.status
    paid = f"{payment.amount.amount}{payment.amount.currency.code}"
    findings.discrepancies.append(
        _odd(DiscrepancyKind.AMOUNT, subscription, payment, f"{payment.reference}:{paid}")
    )
    return PaymentStatus.PENDING


def _is_agreed(subscription: Subscription, payment: PaymentSnapshot) -> bool:
    """Its price is one that the payer agreed to; the provider's own discounts may be taken off it."""
    less = payment.list_amount is not None and (
        payment.list_amount.currency == payment.amount.currency and payment.amount < payment.list_amount
    )
    price = payment.list_amount if less else payment.amount
    return price == subscription.money or price in _agreed_besides(subscription)


def _agreed_besides(subscription: Subscription) -> list[Money]:
    """What else than the present price: one that is scheduled, earlier ones, what a change cost, and the
    price at which a period of ours was ordered."""
    amounts = [subscription.next_price.amount] if subscription.next_price else []
    agreed = subscription.checkouts.filter(purpose__in=("change", "renew"))
    for attempt in agreed.exclude(status=CheckoutStatus.REFUSED):
        whole = attempt.price.amount.amount * attempt.data.get("quantity", subscription.quantity)
        written = (attempt.data.get("was", 0), attempt.data.get("charge", 0), whole)
        amounts += [Money(amount, subscription.currency) for amount in map(Decimal, written) if amount]
    return amounts


def after_refunds(status: PaymentStatus, refunded: Decimal, paid: Money) -> PaymentStatus:
    """What a payment is that the provider still calls paid: its own word may not follow a refund."""
    if status != PaymentStatus.PAID or refunded <= 0:
        return status
    return PaymentStatus.REFUNDED if refunded >= paid.amount else PaymentStatus.PARTIALLY_REFUNDED


def standing(
    payment: Payment | None, told: PaymentSnapshot, status: PaymentStatus
) -> tuple[PaymentStatus, Decimal]:
    """``status`` after what has been given back, and how much that is."""
    paid = payment.paid_money if payment and payment.money == told.amount else told.amount
    refunded = _refunded(payment, told)
    return after_refunds(status, refunded, told.settled or paid), refunded


def _odd(
    kind: DiscrepancyKind, subscription: Subscription, payment: PaymentSnapshot, key: str
) -> Discrepancy:
    return discrepancies.about(
        kind,
        subscription,
        key,
        amount=payment.amount.amount,
        currency=payment.amount.currency.code,
        detail={"payment": payment.reference, "agreed": f"{subscription.amount} {subscription.currency}"},
    )


def compare(
    subscription: Subscription, told: Iterable[PaymentSnapshot], findings: Findings
) -> tuple[list[Payment], list[Payment]]:
    """All payments of the subscription, with the snapshot's columns set, and those of them that are new
    or differ. A charge that the provider no longer lists stands as it is."""
    known = {payment.reference: payment for payment in Payment.objects.filter(subscription=subscription)}
    moved = []
    for snapshot in told:
        before = known.get(snapshot.reference)
        judged = judge(subscription, snapshot, before, findings)
        status, refunded = standing(before, snapshot, judged)
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
        more = refunded - payment.refunded_amount
        if _copy(payment, snapshot, status, refunded, is_erased=bool(subscription.customer.erased_at)):
            moved.append(payment)
            _note_payment(subscription, payment, old, status, more, findings)
    return list(known.values()), moved


def write_all(payments: list[Payment]) -> None:
    new = [payment for payment in payments if payment.pk is None]
    moved = [payment for payment in payments if payment.pk is not None]
    Payment.objects.bulk_create(new)
    for payment in moved:
        payment.save(update_fields=(*PAYMENT_COLUMNS, *SETTLED_COLUMNS, "updated_at"))


def _copy(
    payment: Payment, snapshot: PaymentSnapshot, status: PaymentStatus, refunded: Decimal, *, is_erased: bool
) -> bool:
    """Set the payment's columns; True when any changed."""
    values = {
        name: getattr(snapshot, name) for name in PAYMENT_COLUMNS if name not in ("amount", "currency")
    } | {
        "status": status.value,
        "amount": snapshot.amount.amount,
        "currency": snapshot.amount.currency.code,
        "settled_amount": snapshot.settled.amount if snapshot.settled else None,
        "settled_currency": snapshot.settled.currency.code if snapshot.settled else "",
        "refunded_amount": refunded,
    }
    if is_erased:  # the provider's pages name the payer
        values |= {"pay_url": "", "receipt_url": ""}
    if payment.refunded_amount and not snapshot.order:  # no longer told of a charge that was reversed
        values |= {name: getattr(payment, name) for name in KEPT if getattr(payment, name)}
    changed = payment.pk is None or any(getattr(payment, name) != value for name, value in values.items())
    for name, value in values.items():
        setattr(payment, name, value)
    return changed


def _refunded(payment: Payment | None, told: PaymentSnapshot) -> Decimal:
    """What has been given back in all: what the provider tells, and no less than our own refunds gave. Each
    may be ahead of the other, and both count the same money. Where it does not tell, ours alone say."""
    known = payment.refunded_amount if payment else Decimal(0)
    if told.refunded is None or told.refunded.amount == known:
        return known
    return max(told.refunded.amount, given_back(payment) if payment else Decimal(0))


def given_back(payment: Payment) -> Decimal:
    """By our own refunds that went through."""
    found = payment.refunds.filter(status=RefundStatus.REFUNDED).aggregate(whole=Sum("amount"))["whole"]
    return Decimal(found or 0)


def written(amount: Decimal) -> str:
    return str(int(amount) if amount % 1 == 0 else amount.normalize())


def _note_payment(
    subscription: Subscription,
    payment: Payment,
    old: PaymentStatus | None,
    new: PaymentStatus,
    more_refunded: Decimal,
    findings: Findings,
) -> None:
    payload = {
        "payment": payment.reference,
        "order": payment.order,
        "amount": written(payment.amount),
        "currency": payment.currency,
        "failure_code": payment.failure_code,
    }
    findings.news += _news(payment, old, new, more_refunded, payload)
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


def _news(
    payment: Payment,
    old: PaymentStatus | None,
    new: PaymentStatus,
    more_refunded: Decimal,
    payload: dict[str, Any],
) -> Iterator[News]:
    """Of its status, and of each sum that the provider tells as given back: that sum alone. What is learned
    of late, paid and given back or disputed since, is told as both."""
    settled = PAYING | GIVEN_BACK
    if old not in settled and new in settled - {PaymentStatus.PAID}:
        yield News("payment.paid", payload)
        old = PaymentStatus.PAID
    event = event_of_payment(old, new)
    if event and not (event == "payment.refunded" and more_refunded > 0):
        yield News(event, payload)
    if more_refunded > 0:
        moved = {"amount": written(more_refunded), "currency": payment.paid_money.currency.code}
        yield News("payment.refunded", payload | moved)
