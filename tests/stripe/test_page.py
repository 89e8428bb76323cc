"""Stripe's hosted page: subscribe, come back or not, be declined, leave."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from payment_subscriptions import addresses, conf
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import (
    Checkout,
    Customer,
    Discrepancy,
    Event,
    Notice,
    Payment,
    Subscription,
)
from payment_subscriptions.money import Money

from .merchant import MONTHLY, Merchant

BOOK = "book_once_usd_v1"


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


@pytest.mark.parametrize(("price", "made"), [(MONTHLY, "subscriptions"), (BOOK, "intents")])
def test_our_ids_are_in_the_metadata(merchant: Merchant, price: str, made: str) -> None:
    merchant.subscribe(price)
    checkout = Checkout.objects.get()
    for table in ("sessions", made):
        told = merchant.stripe.table(table)[0]["metadata"]
        assert told == {"order": checkout.order, "checkout": str(checkout.public_id), "price": price}


@pytest.mark.parametrize("price", [MONTHLY, BOOK])
def test_to_come_back_is_not_to_have_paid(merchant: Merchant, price: str) -> None:
    """From the page's own address of return, which anybody can type."""
    checkout = merchant.begin(price)
    session = merchant.stripe.table("sessions")[0]
    assert session["success_url"] == session["cancel_url"] == _address_of_return(checkout)
    answer = Client().get(urlsplit(session["success_url"]).path, {"checkout": str(checkout.public_id)})
    assert answer.status_code == 303
    checkout = Checkout.objects.get()
    assert (checkout.status, checkout.next_step) == ("waiting", "go")
    assert checkout.subscription.status == Status.PENDING
    assert not Payment.objects.exists()
    assert not Event.objects.filter(name="payment.paid").exists()


def test_what_takes_days_to_be_paid_is_not_paid_yet(merchant: Merchant) -> None:
    """The page is complete, and its money on the way."""
    processing = {"payment_status": "unpaid", "payment_intent": {"id": "pi_1", "status": "processing"}}
    checkout = merchant.begin(BOOK)
    fault = merchant.stripe.faults.add("checkout/sessions/retrieve", "set", times=None, fields=processing)
    merchant.pay(checkout)
    row = merchant.come_back(checkout).subscription
    assert (row.status, row.has_access) == ("pending", False)
    assert not Payment.objects.paid().exists()
    merchant.stripe.faults.clear(fault.id)
    row = merchant.go_on(checkout).subscription
    assert (row.status, row.has_access) == ("paid", True)
    assert Payment.objects.get().status == PaymentStatus.PAID


@pytest.mark.parametrize("changed", [{"unit_amount": 100}, {"currency": "eur"}])
def test_a_single_payment_of_something_else_pays_for_nothing(
    merchant: Merchant, changed: dict[str, Any]
) -> None:
    price = next(each for each in merchant.stripe.table("prices") if each["lookup_key"] == BOOK)
    price |= changed
    row = merchant.subscribe(BOOK)
    assert not row.has_access
    assert not Payment.objects.paid().exists()
    assert Discrepancy.objects.get().kind == "amount"


def test_the_portal_is_of_the_subscription_s_own_customer(merchant: Merchant) -> None:
    """Another payer of the same e-mail has their own; and it leads back to us."""
    other = merchant.subscribe("team_monthly_usd_v1", nonce="other")
    row = merchant.subscribe()
    assert other.customer.reference != row.customer.reference
    attempt = str(row.checkouts.get().public_id)
    answer = Client().get(reverse("payments:portal", args=[attempt]))
    portal = merchant.stripe.table("portals")[-1]
    assert (answer.status_code, answer["Location"]) == (303, portal["url"])
    assert portal["customer"] == row.customer.reference
    assert portal["return_url"] == conf.absolute_url(reverse("payments:result", args=[attempt]))


def _address_of_return(checkout: Checkout) -> str:
    return addresses.return_url(gateways["stripe"], checkout)


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
