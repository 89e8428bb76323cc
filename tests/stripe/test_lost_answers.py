"""An answer of Stripe's is lost: before anything was done, and after. One subscription, one charge."""

from __future__ import annotations

import pytest

from payment_subscriptions.lifecycle import CheckoutStatus, RefundStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.verbs import go_on_with_refund

from .merchant import Merchant

LOST = ("reset_before_commit", "reset_after_commit", "http_error_after_commit", "html_200")


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("call", ["customers/create", "checkout/sessions/create"])
def test_opening(merchant: Merchant, call: str, kind: str) -> None:
    merchant.stripe.faults.add(call, kind)
    checkout = merchant.begin()
    assert checkout.status == CheckoutStatus.IN_DOUBT
    merchant.move(minutes=2)
    checkout = merchant.go_on(checkout)
    assert (checkout.status, checkout.next_step) == ("waiting", "go")
    assert merchant.pay(checkout) == ""
    merchant.come_back(checkout)
    assert Subscription.objects.get().status == Status.ACTIVE
    assert len(merchant.stripe.table("customers")) == len(merchant.stripe.table("sessions")) == 1
    assert merchant.charged() == 1000


@pytest.mark.parametrize("kind", LOST)
def test_a_change_of_plan(merchant: Merchant, kind: str) -> None:
    row = merchant.subscribe()
    merchant.move(days=10)
    preview = row.preview_change("team_monthly_usd_v1")
    merchant.stripe.faults.add("subscriptions/update", kind)
    row.change_plan(preview)
    attempt = Checkout.objects.get(purpose="change")
    merchant.move(minutes=2)
    merchant.go_on(attempt)
    row.refresh_from_db()
    assert row.price_key == "team_monthly_usd_v1"
    assert merchant.charged() == 1000 + int(preview.charge.amount * 100)


@pytest.mark.parametrize("kind", LOST)
def test_a_refund(merchant: Merchant, kind: str) -> None:
    row = merchant.subscribe()
    merchant.stripe.faults.add("refunds/create", kind)
    payment = row.payments.get()
    refund = go_on_with_refund(payment.refund(Money("4.00", "USD")))
    assert refund.status == RefundStatus.REFUNDED
    payment.refresh_from_db()
    assert payment.refunded == Money("4.00", "USD")
    assert merchant.charged() == 600
