"""Trials: access at once, the first charge at their end."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Notice, Payment, Subscription
from payment_subscriptions.plans import catalogue
from tests.shop import Shop, charged

SANTIAGO = ZoneInfo("America/Santiago")
TRIAL = "trial_monthly_v1"
END = datetime(2026, 1, 20, tzinfo=SANTIAGO)  # seven days, the first on the 13th


def row() -> Subscription:
    return Subscription.objects.get()


def days(shop: Shop, number: int) -> None:
    for _day in range(number):
        shop.move(days=1)
        shop.sweep(1)


def events() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("name", flat=True))


def test_with_a_card_nothing_is_charged_until_it_ends(shop: Shop) -> None:
    subscription = shop.subscribe(TRIAL)
    assert (subscription.status, subscription.trial_end) == (Status.TRIALING, END)
    assert (subscription.access.why, subscription.next_charge_at) == ("trial", END)
    days(shop, 6)
    assert row().access.allowed
    assert charged(shop.flow) == 0
    days(shop, 2)
    assert row().status == Status.ACTIVE
    assert row().access.why == "paid"
    assert charged(shop.flow) == 20000
    assert events() == [
        "subscription.opened",
        "subscription.trial_started",
        "payment.paid",
        "subscription.activated",
    ]
    assert not Discrepancy.objects.exists()


def test_its_end_is_seen_without_any_callback(shop: Shop) -> None:
    shop.subscribe(TRIAL)
    shop.flow.faults.add("callback", "lost", times=None)
    days(shop, 8)
    assert row().status == Status.ACTIVE
    assert Notice.objects.count() == 0


def test_a_declined_first_charge_is_late_with_grace(shop: Shop) -> None:
    shop.subscribe(TRIAL)
    shop.flow.decline_next(times=None)
    days(shop, 8)
    assert row().status == Status.PAST_DUE
    assert row().access.why == "grace"
    days(shop, 3)
    assert not row().access.allowed
    shop.flow.faults.clear()
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    assert row().status == Status.ACTIVE
    assert row().access.why == "paid"


def test_cancelled_inside_it_works_to_its_end_and_costs_nothing(shop: Shop) -> None:
    subscription = shop.subscribe(TRIAL).cancel()
    assert subscription.is_cancelling
    assert subscription.access.why == "leaving"
    assert subscription.access.until == END
    days(shop, 10)
    assert row().status == Status.CANCELLED
    assert not row().access.allowed
    assert charged(shop.flow) == 0
    assert not Discrepancy.objects.exists()


def test_cancelled_now_it_ends_now(shop: Shop) -> None:
    subscription = shop.subscribe(TRIAL).cancel(at_period_end=False)
    assert subscription.status == Status.CANCELLED
    assert not subscription.access.allowed
    days(shop, 10)
    assert charged(shop.flow) == 0


def test_by_link_the_bill_comes_at_its_end(shop: Shop) -> None:
    shop.configure(STRATEGIES=["link"])
    shop.begin(TRIAL)
    shop.sweep()
    assert row().status == Status.TRIALING
    assert row().access.why == "trial"
    days(shop, 8)
    assert row().status == Status.ACTIVE  # a bill whose day has not come
    assert row().access.why == "grace"
    days(shop, 4)
    assert row().status == Status.PAST_DUE
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    assert row().status == Status.ACTIVE
    assert charged(shop.flow) == 20000
    assert Payment.objects.get().status == PaymentStatus.PAID
    assert not Discrepancy.objects.exists()


def test_an_order_has_no_trial(shop: Shop) -> None:
    shop.configure(STRATEGIES=["order"])
    assert gateways["flow"].objection(catalogue().price(TRIAL))
    with pytest.raises(ConfigurationError):
        shop.begin(TRIAL)
    assert not Checkout.objects.exists()
