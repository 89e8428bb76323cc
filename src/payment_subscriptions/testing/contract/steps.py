"""What the tests of the contract do, and what they look at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from payment_subscriptions.billing import form_payer
from payment_subscriptions.checkout import newest_attempt, returned
from payment_subscriptions.clock import now
from payment_subscriptions.lifecycle import PAYING, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Payment, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import catalogue
from payment_subscriptions.sweep import sweep

from .bench import Bench

# Some providers refuse addresses of example.com.
EMAIL = "ana@correo.cl"
PAYERS_TURN = ("go", "pay")
# A subscription's columns that say what is true, not when we looked or in which order we wrote.
TRUTH = (
    "status", "plan", "price_key", "amount", "currency", "next_price_key", "reference",
    "successor_reference", "slot_key", "period_start", "period_end", "trial_end", "paid_through",
    "access_until", "cancel_at_period_end", "payment_date", "next_charge_at",
)  # fmt: skip
PAYMENT_TRUTH = (
    "reference", "status", "amount", "currency", "refunded_amount", "period_start", "period_end", "paid_at",
)  # fmt: skip


def needs(there: Any, reason: str) -> None:
    """Skip where the gateway does not do that."""
    if not there:
        pytest.skip(reason)


# --- doing ------------------------------------------------------------------------------------


def begin(price: str, payer: str = "somebody") -> Checkout:
    """A payer chooses: the attempt, which waits for them unless something went wrong."""
    return form_payer(payer, EMAIL).subscribe(price)


def come_back(checkout: Checkout) -> Checkout:
    return returned(Checkout.objects.get(pk=checkout.pk))


def subscribe(bench: Bench, price: str = "", payer: str = "somebody") -> Subscription:
    """The whole way: choose, pay (where there is anything to pay yet), come back; what is told on the way
    is delivered."""
    checkout = begin(price or bench.monthly, payer)
    if checkout.next_step in PAYERS_TURN:
        bench.pay(checkout)
    bench.deliver_new()
    come_back(checkout)
    bench.deliver_new()
    return again(checkout.subscription)


def go_through(bench: Bench, checkout: Checkout) -> Subscription:
    """What a patient payer does, whatever goes wrong: pays once, as soon as a page lets them, comes
    back, and waits for an hour."""
    has_paid = False
    for _look in range(20):
        checkout = newest_attempt(checkout)
        if checkout.next_step in PAYERS_TURN and not has_paid:
            bench.pay(checkout)
            come_back(checkout)
            has_paid = True
        bench.move(minutes=3)
        sweep()
    return again(checkout.subscription)


def sweep_for(bench: Bench, *, step: timedelta = timedelta(days=1), **span: float) -> None:
    """Time goes by, and the sweep comes round after each ``step``."""
    sweep_until(bench, now() + timedelta(**span), step)


def sweep_until(bench: Bench, moment: datetime, step: timedelta = timedelta(days=1)) -> None:
    while now() < moment:
        bench.move(seconds=min(step, moment - now()).total_seconds() + 1)
        sweep()
    sweep()


def again(subscription: Subscription) -> Subscription:
    """The row as it is now."""
    return Subscription.objects.select_related("customer").get(pk=subscription.pk)


# --- looking ----------------------------------------------------------------------------------


def told(name: str) -> int:
    return Event.objects.filter(name=name).count()


def truth() -> dict[str, list[Any]]:
    """All that our rows say, and every event but those of attempts: to be compared."""
    return {
        "subscriptions": list(Subscription.objects.order_by("pk").values(*TRUTH)),
        "payments": list(Payment.objects.order_by("reference").values(*PAYMENT_TRUTH)),
        "events": sorted(Event.objects.exclude(name__startswith="checkout.").values_list("name", flat=True)),
        "discrepancies": sorted(Discrepancy.objects.values_list("kind", flat=True)),
    }


def price_of(key: str) -> Money:
    return catalogue().price(key).amount


def expect_paid(bench: Bench, price: str = "", times: int = 1) -> Subscription:
    """Charged so often and no oftener, there and here; told as often; nothing found wrong."""
    amount = price_of(price or bench.monthly)
    row = Subscription.objects.get()
    assert (row.status, row.access.allowed) == (_settled(price or bench.monthly), True)
    assert bench.charges() == [amount] * times
    assert [payment.money for payment in row.payments.filter(status__in=PAYING)] == [amount] * times
    assert row.payments.exclude(status=PaymentStatus.PAID).count() == 0
    assert told("payment.paid") == times
    assert not Discrepancy.objects.exists()
    return row


def _settled(price: str) -> Status:
    return Status.PAID if catalogue().price(price).is_once else Status.ACTIVE


def expect_nothing_more(bench: Bench, *charges: Money) -> None:
    """These charges and no others; but where the provider cannot take back what was asked for, and it was
    paid all the same, a person is told to give it back."""
    taken = bench.charges()
    if bench.gateway.renews(bench.strategy):
        assert taken == list(charges)
    assert Discrepancy.objects.exists() == (len(taken) > len(charges))


def expect_unpaid(bench: Bench) -> None:
    """Nothing taken, nothing granted, nothing told."""
    assert bench.charges() == []
    for row in Subscription.objects.all():
        assert not row.access.allowed
        assert not row.payments.filter(status__in=PAYING).exists()
    assert told("payment.paid") == told("subscription.activated") == 0
