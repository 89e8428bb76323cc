"""The smallest gateway: what to copy for a new one.

It keeps its "provider" in this process: no account, no network, no money. Each verb of base.py
that a gateway with a hosted page needs is here, in the order in which it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from django.core.checks import CheckMessage, Error
from django.http import HttpRequest

from ..exceptions import ConfigurationError, InvalidNotice, NotFound, Refused
from ..lifecycle import FOR_GOOD, OWED, PaymentStatus, Status
from ..plans import Price
from .base import (
    AGAIN,
    NOTHING,
    Attempt,
    Capabilities,
    Gateway,
    ListedCustomer,
    ListedPayment,
    ListedSubscription,
    Located,
    NextStep,
    Outcome,
    PaymentSnapshot,
    Received,
    Snapshot,
    Step,
)

NO_REAL_MONEY = "The gateway {!r} is a dummy: it takes no real money."
PERIODS = {"day": 1, "week": 7, "month": 30, "year": 365}


@dataclass
class DummyProvider:
    """What a real provider would know: one per alias."""

    customers: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, Snapshot] = field(default_factory=dict)

    def open(self, reference: str, customer: str, price: Price, moment: datetime) -> None:
        begins = moment + timedelta(days=price.trial_days)
        end = _end(price, begins)
        paid = PaymentSnapshot(
            f"{reference}-1",
            PaymentStatus.PAID,
            price.amount,
            period_start=moment,
            period_end=end,
            paid_at=moment,
        )
        opened = Snapshot(
            reference,
            Status.ACTIVE,
            price.key,
            customer,
            period_start=moment,
            period_end=end,
            next_charge_at=end,
            payments=(paid,),
        )
        if price.is_once:
            opened = replace(opened, status=Status.PAID, next_charge_at=None)
        if price.trial_days:
            opened = replace(
                opened, status=Status.TRIALING, trial_end=begins, next_charge_at=begins, payments=()
            )
        self.subscriptions[reference] = opened


def _end(price: Price, begins: datetime) -> datetime:
    """Of what its payment is for."""
    if price.is_once:
        return begins + timedelta(days=price.access_days) if price.access_days else FOR_GOOD
    return begins + timedelta(days=PERIODS[price.interval] * price.interval_count)


class DummyGateway(Gateway):
    """Every payer who comes back has paid."""

    name = "Dummy"
    currencies = frozenset({"CLP", "USD"})
    capabilities = Capabilities(cancel_at_period_end=True, cancel_now=True)
    lists = True
    providers: ClassVar[dict[str, DummyProvider]] = {}

    @property
    def strategies(self) -> tuple[str, ...]:
        if self.mode == "real":
            raise ConfigurationError(NO_REAL_MONEY.format(self.alias), hint="Set MODE to 'sandbox'.")
        return ("page",)

    @property
    def provider(self) -> DummyProvider:
        return self.providers.setdefault(self.alias, DummyProvider())

    def advance(self, attempt: Attempt) -> Step:
        if not attempt.customer_reference:
            reference = self.provider.customers.setdefault(
                attempt.customer_id, f"c-{attempt.customer_id[:8]}"
            )
            return Step(AGAIN, customer_reference=reference)
        if not attempt.returned_at:
            return Step(NextStep("go", attempt.return_url), token=attempt.order)
        self.provider.open(attempt.order, attempt.customer_reference, attempt.price, attempt.now)
        return Step(NOTHING, Outcome.DONE, subscription_reference=attempt.order)

    def resolve(self, attempt: Attempt) -> Step:
        """The subscription bears our order: if it is there, the lost call came through."""
        if attempt.order in self.provider.subscriptions:
            return Step(NOTHING, Outcome.DONE, subscription_reference=attempt.order)
        return Step(AGAIN)

    def expire(self, attempt: Attempt) -> None:
        if attempt.order in self.provider.subscriptions:
            raise Refused("It has been paid already.")

    def fetch(self, reference: str) -> Snapshot:
        try:
            return self.provider.subscriptions[reference]
        except KeyError:
            raise NotFound from None

    def receive(self, request: HttpRequest) -> Received:
        reference = request.POST.get("reference", "")
        if not reference:
            raise InvalidNotice("A notice of the dummy provider names its reference.")
        return Received(key=reference, body=reference)

    def locate(self, body: str) -> Located:
        self.fetch(body)
        return Located(subscription_reference=body)

    def token_of(self, request: HttpRequest) -> str:
        return request.GET.get("token", "") or request.POST.get("token", "")

    def cancel(self, reference: str, *, at_period_end: bool) -> None:
        """At once: what is owed is voided too, or the provider would go on asking for it."""
        snapshot = self.fetch(reference)
        if at_period_end:
            ended = replace(snapshot, cancel_at_period_end=True)
        else:
            payments = (
                replace(payment, status=PaymentStatus.CANCELLED) if payment.status in OWED else payment
                for payment in snapshot.payments
            )
            ended = replace(snapshot, status=Status.CANCELLED, next_charge_at=None, payments=tuple(payments))
        self.provider.subscriptions[reference] = ended

    def list_customers(self) -> Iterator[ListedCustomer]:
        for key, reference in self.provider.customers.items():
            yield ListedCustomer(reference, key)

    def list_subscriptions(self) -> Iterator[ListedSubscription]:
        """With their payments."""
        for reference, snapshot in self.provider.subscriptions.items():
            yield ListedSubscription(snapshot, order=reference)

    def list_payments(self, since: datetime) -> Iterator[ListedPayment]:
        yield from ()

    def check(self) -> list[CheckMessage]:
        if self.mode == "real":
            return [
                Error(
                    NO_REAL_MONEY.format(self.alias),
                    hint="Set MODE to 'sandbox'.",
                    id="payments.E020",
                )
            ]
        return []
