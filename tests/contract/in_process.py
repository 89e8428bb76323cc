"""What payers, banks and time do at a provider that keeps its Snapshots in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlencode

from payment_subscriptions.gateways.base import PaymentSnapshot, Snapshot
from payment_subscriptions.lifecycle import OWED, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import catalogue
from payment_subscriptions.testing.contract import Bench, Callback, TooLate
from tests.foreign import clock, next_period


class Keeper(Protocol):
    """The provider: its subscriptions by reference."""

    subscriptions: dict[str, Snapshot]


class InProcessBench(Bench):
    """The provider tells of what time did, and of nothing that was done while somebody waited."""

    provider: Keeper
    notice_field: str

    def __init__(self) -> None:
        super().__init__()
        self.tellings: list[Callback] = []
        self.charges_instead: Money | None = None
        self.declining = False

    def take(self, reference: str, amount: Money) -> None:
        """Write a charge into the provider's books."""
        raise NotImplementedError

    def tell(self, reference: str) -> None:
        self.tellings.append(self.callback(reference))

    def callback(self, content: str) -> Callback:
        body = urlencode({self.notice_field: content}).encode()
        return Callback(f"/pagos/api/{self.alias}/webhook/", body)

    # Payers

    def pay(self, checkout: Checkout) -> None:
        """The card is charged when its payer is back."""

    def pay_owed(self, subscription: Subscription) -> None:
        self.declining = False
        there = self.provider.subscriptions[subscription.reference or ""]
        owed = [payment for payment in there.payments if payment.status in OWED]
        if not owed:
            raise TooLate
        for payment in owed:
            self.take(there.reference, payment.amount)
        paid = tuple(_paid(payment) if payment in owed else payment for payment in there.payments)
        self.provider.subscriptions[there.reference] = replace(there, status=Status.ACTIVE, payments=paid)
        self.tell(there.reference)

    # Banks and time

    def move(self, **span: float) -> None:
        clock.move(**span)
        for there in list(self.provider.subscriptions.values()):
            self.fall_due(there)

    def fall_due(self, there: Snapshot) -> None:
        is_over = there.period_end is not None and there.period_end <= clock.moment
        if there.cancel_at_period_end and there.status != Status.CANCELLED and is_over:
            self.provider.subscriptions[there.reference] = replace(
                there, status=Status.CANCELLED, ended_at=there.period_end
            )
            self.tell(there.reference)

    def renew(self, subscription: Subscription) -> None:
        there = self.provider.subscriptions[Subscription.objects.get(pk=subscription.pk).reference or ""]
        start = there.next_charge_at
        assert start is not None
        self.move(seconds=(start - clock.moment).total_seconds() + 3600)
        amount = self.charges_instead or catalogue().price(there.price_id).amount
        status = PaymentStatus.FAILED if self.declining else PaymentStatus.PAID
        if not self.declining:
            there = replace(there, status=Status.ACTIVE)
            self.take(there.reference, amount)
        self.provider.subscriptions[there.reference] = next_period(there, start, amount, status)
        self.tell(there.reference)

    def decline_next(self) -> None:
        self.declining = True

    # Callbacks

    def notices(self) -> Sequence[Callback]:
        return self.tellings

    def forge(self, notice: Callback) -> Sequence[Callback]:
        claims = urlencode({"status": "paid", "amount": "0"}).encode()
        return [
            self.callback("nobody-knows-it"),
            replace(notice, body=notice.body + b"&" + claims),
            replace(notice, body=b""),
            replace(notice, content_type="application/json", body=b"{}"),
        ]

    # What goes wrong

    def charge_other_amount(self) -> None:
        self.charges_instead = Money(1, self.price.currency)

    def charge_other_currency(self) -> None:
        self.charges_instead = Money(self.price.amount.amount, "EUR")


def _paid(payment: PaymentSnapshot) -> PaymentSnapshot:
    return replace(payment, status=PaymentStatus.PAID, paid_at=clock.moment, failure_code="")
