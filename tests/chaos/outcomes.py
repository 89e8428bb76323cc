"""What is compared of two lives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group

from payment_subscriptions.lifecycle import RefundStatus
from payment_subscriptions.models import (
    Checkout,
    Discrepancy,
    Event,
    Notice,
    Payment,
    Receipt,
    Refund,
    Subscription,
)
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.money import Money
from payment_subscriptions.plans import catalogue
from payment_subscriptions.testing.contract import Bench
from payment_subscriptions.testing.contract.steps import PAYMENT_TRUTH, TRUTH

from .world import HEARD, provider_of

DAY = timedelta(days=1)
MONEY = ("payment.paid", "payment.refunded", "payment.disputed", "refund.paid")
# Names that the provider gave, which differ from life to life.
NAMES = ("reference", "successor_reference", "slot_key")


@dataclass(frozen=True)
class Outcome:
    """Bills by their turn, moments by the day after the beginning; what was prorated is "prorated": it
    depends on the second. Refunds without those that a person had to look up and ask for anew."""

    subscriptions: Any
    payments: Any
    money: Any
    discrepancies: Any
    refunds: Any
    books: Any
    given_back: Any
    wrong: tuple[str, ...]

    def differences(self, other: Outcome) -> list[str]:
        """Where this one is not like the other, in words."""
        return [
            f"{field.name}: {getattr(self, field.name)}\n        not {getattr(other, field.name)}"
            for field in fields(self)
            if getattr(self, field.name) != getattr(other, field.name)
        ]


def of(bench: Bench, outside: list[int], complaints: list[str]) -> Outcome:
    payments = list(Payment.objects.order_by("period_start", "paid_at", "pk"))
    start = min((payment.period_start for payment in payments if payment.period_start), default=None)
    turn = {payment.reference: number for number, payment in enumerate(payments)}
    turn |= {payment.order: number for number, payment in enumerate(payments) if payment.order}
    prices = {price.amount.amount for price in catalogue().prices()}

    def plain(value: Any) -> Any:
        if isinstance(value, datetime):
            return round((value - start) / DAY) if start else "some time"
        return whole(value) if isinstance(value, Decimal) else value

    def whole(amount: Decimal) -> str:
        return f"{amount.normalize():f}" if amount in prices or not amount else "prorated"

    def counted(found: list[Money]) -> Counter[str]:
        return Counter(whole(money.amount) for money in found)

    def columns(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: plain(getattr(row, name)) for name in names if name not in NAMES}

    told = Event.objects.filter(name__in=MONEY).values_list("name", "payload")
    return Outcome(
        subscriptions=[columns(row, TRUTH) for row in Subscription.objects.order_by("pk")],
        payments=[columns(row, PAYMENT_TRUTH) for row in payments],
        money=Counter(
            (name, turn.get(payload.get("payment", "")), whole(Decimal(payload["amount"])))
            for name, payload in told
        ),
        discrepancies=sorted(Discrepancy.objects.values_list("kind", flat=True)),
        refunds=Counter(Refund.objects.filter(settled_at=None).values_list("status", flat=True)),
        books=counted(bench.charges()),
        given_back=counted(bench.given_back()) if bench.capabilities.partial_refund else None,
        wrong=(*complaints, *_wrong(bench, payments, outside)),
    )


def _wrong(bench: Bench, payments: list[Payment], outside: list[int]) -> list[str]:
    """What must never be, whatever the other life was like."""
    found = [f"taken twice: {each}" for each in provider_of(bench).books.twice()]
    here = sum(payment.paid_money.amount for payment in payments if payment.paid_at)
    there = sum(money.amount for money in bench.charges())
    if here != there:
        found.append(f"here {here} were paid, at the provider {there}")
    heard = list(Event.objects.filter(name__in=HEARD).values_list("pk", "name"))
    inside = sorted(Group.objects.values_list("name", flat=True))
    if inside != sorted(f"{name} {pk}" for pk, name in heard):
        found.append(f"handlers inside: {inside} of {heard}")
    if set(outside) != {pk for pk, _name in heard}:
        found.append(f"handlers outside: {sorted(outside)} of {heard}")
    if left := Receipt.objects.filter(done_at=None).count():
        found.append(f"{left} receipts not done")
    if left := Notice.objects.filter(state__in=(NoticeState.RECEIVED, NoticeState.DEAD)).count():
        found.append(f"{left} notices not done: {set(Notice.objects.values_list('state', 'error'))}")
    if left := Checkout.objects.running().count():
        found.append(f"{left} attempts run on")
    if left := Refund.objects.exclude(status__in=(RefundStatus.REFUNDED, RefundStatus.REFUSED)).count():
        found.append(f"{left} refunds run on")
    return found
