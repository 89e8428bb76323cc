"""Stripe's hosted page: subscribe, come back or not, be declined, leave."""

from __future__ import annotations

from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout, Customer, Discrepancy, Notice, Payment, Subscription
from payment_subscriptions.money import Money

from .merchant import MONTHLY, Merchant


def test_a_payer_subscribes(merchant: Merchant) -> None:
    row = merchant.subscribe()
    payment = Payment.objects.get()
    assert (row.status, row.provider, row.mode, row.strategy) == ("active", "stripe", "sandbox", "page")
    assert payment.status == PaymentStatus.PAID
    assert payment.money == Money("10.00", "USD")
    assert (payment.period_start, payment.period_end) == (row.period_start, row.period_end)
    assert row.next_charge_at == row.period_end == row.paid_through
    assert Customer.objects.get().card_brand == "Visa"
    assert Customer.objects.get().card_last4 == "4242"
    assert row.has_access
    assert merchant.charged() == 1000
    assert not Discrepancy.objects.exists()


def test_our_ids_are_in_the_metadata(merchant: Merchant) -> None:
    merchant.subscribe()
    checkout = Checkout.objects.get()
    for table in ("sessions", "subscriptions"):
        told = merchant.stripe.table(table)[0]["metadata"]
        assert told == {"order": checkout.order, "checkout": str(checkout.public_id), "price": MONTHLY}


def test_the_notice_alone_is_enough(merchant: Merchant) -> None:
    """The payer never comes back."""
    checkout = merchant.begin()
    merchant.pay(checkout)
    assert Subscription.objects.get().status == Status.ACTIVE
    assert Notice.objects.count() > 0


def test_the_return_alone_is_enough(merchant: Merchant) -> None:
    """No event comes, or comes in time."""
    merchant.stripe.lose_next_callbacks(times=100)
    assert merchant.subscribe().status == Status.ACTIVE
    assert not Notice.objects.exists()
