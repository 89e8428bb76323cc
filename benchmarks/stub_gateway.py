"""A provider in this process that answers at once, or after ``BENCH_DELAY`` seconds.

Each of its subscriptions, ``S1`` and so on, has been renewed: a second month is paid. So the first notice
about one writes a payment, an event and what its handlers owe; a repeat finds nothing new.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest

from payment_subscriptions.exceptions import InvalidNotice
from payment_subscriptions.gateways.base import (
    AGAIN,
    Attempt,
    Capabilities,
    Gateway,
    ListedCustomer,
    ListedPayment,
    ListedSubscription,
    Located,
    NextStep,
    PaymentSnapshot,
    Received,
    Snapshot,
    Step,
)
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Plan, Price

PRICE = Price("pro_monthly_v1", Money(9990, "CLP"))
PLANS = [
    Plan("pro", "Pro", (PRICE,)),
    Plan("rare", "Rare", (Price("rare_monthly_v1", Money(4990, "CLP")),)),
]
MONTH = timedelta(days=30)
# When the renewals of the benchmark's subscriptions were paid: the same in every process of a run.
RENEWED_AT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


class StubGateway(Gateway):
    name = "Stub"
    currencies = frozenset({"CLP"})
    capabilities = Capabilities(cancel_at_period_end=True, cancel_now=True)
    strategies = ("page",)
    lists = True

    def receive(self, request: HttpRequest) -> Received:
        token = request.POST.get("token", "")
        if not token:
            raise InvalidNotice("Token required")
        return Received(key=token, body=token)

    def locate(self, body: str) -> Located:
        _take_time()
        return Located(subscription_reference=body.partition(":")[0])

    def fetch(self, reference: str) -> Snapshot:
        _take_time()
        return Snapshot(
            reference,
            Status.ACTIVE,
            PRICE.key,
            f"C{reference[1:]}",
            period_start=RENEWED_AT,
            period_end=RENEWED_AT + MONTH,
            next_charge_at=RENEWED_AT + MONTH,
            payments=(_paid(reference, 1), _paid(reference, 2)),
        )

    def list_customers(self) -> Iterator[ListedCustomer]:
        for number in _numbers():
            yield ListedCustomer(f"C{number}", f"payer{number}")

    def list_subscriptions(self) -> Iterator[ListedSubscription]:
        """With their payments."""
        for number in _numbers():
            yield ListedSubscription(self.fetch(f"S{number}"))

    def list_payments(self, since: datetime) -> Iterator[ListedPayment]:
        yield from ()

    def advance(self, attempt: Attempt) -> Step:
        _take_time()
        if not attempt.customer_reference:
            return Step(AGAIN, customer_reference=f"C-{attempt.customer_id}")
        return Step(NextStep("go", f"https://pay.example/{attempt.order}"), token=attempt.order)


def _numbers() -> range:
    """Of the subscriptions that it lists."""
    return range(1, int(os.environ.get("BENCH_SUBSCRIPTIONS") or 0) + 1)


def _paid(reference: str, number: int) -> PaymentSnapshot:
    start = RENEWED_AT + (number - 2) * MONTH
    return PaymentSnapshot(
        f"{reference}-{number}",
        PaymentStatus.PAID,
        PRICE.amount,
        period_start=start,
        period_end=start + MONTH,
        due_at=start,
        paid_at=start,
    )


def _take_time() -> None:
    if delay := float(os.environ.get("BENCH_DELAY") or 0):
        time.sleep(delay)
