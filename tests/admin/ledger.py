"""Rows for the pages of the admin: one payer at the dummy provider, with everything that can hang on it.

Every secret here has ``SECRET`` in it, so that a page can be searched for it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from payment_subscriptions.billing import form_payer
from payment_subscriptions.checkout import returned
from payment_subscriptions.clock import now
from payment_subscriptions.models import (
    Checkout,
    Customer,
    Discrepancy,
    Event,
    Notice,
    Payment,
    Receipt,
    Refund,
    Subscription,
)

SECRET = "Zq9secretZq9"
EMAIL = "ana.perez@correo.cl"
DUMMY = "payment_subscriptions.gateways.dummy.DummyGateway"


def settings(**changes: Any) -> dict[str, Any]:
    return {
        "GATEWAYS": {"dummy": {"BACKEND": DUMMY, "MODE": "sandbox"}},
        "PLANS": "tests.catalogue.PLANS",
        "BASE_URL": "https://example.cl",
        **changes,
    }


def begin(nonce: str = f"n-{SECRET}", email: str = EMAIL, price: str = "pro_monthly_v1") -> Checkout:
    """A payer who chose and has not paid."""
    return form_payer(nonce, email, "Ana Pérez").subscribe(price)


def subscribe(nonce: str = f"n-{SECRET}", email: str = EMAIL, price: str = "pro_monthly_v1") -> Subscription:
    """A payer who paid."""
    return Subscription.objects.get(pk=returned(begin(nonce, email, price)).subscription_id)


def burden(subscription: Subscription) -> None:
    """Hang one of everything on it, with secrets wherever a column or a payload can hold one."""
    link = f"https://flow.example/pay?token={SECRET}"
    Checkout.objects.filter(subscription=subscription).update(
        url=link, data={"token": SECRET}, token_hash=f"hash{SECRET}", reason="-8"
    )
    Customer.objects.filter(pk=subscription.customer_id).update(
        payer_key=f"email:{subscription.email}:{subscription.pk}", card_brand="Visa", card_last4="6623"
    )
    Payment.objects.create(
        subscription=subscription,
        provider="dummy",
        mode="sandbox",
        reference=f"owed-{subscription.pk}",
        order=f"order-{subscription.pk}",
        status="failed",
        amount=10000,
        currency="CLP",
        attempts=2,
        failure_code="-8",
        due_at=now(),
        next_attempt_at=now() + timedelta(days=1),
        pay_url=link,
    )
    Refund.objects.create(
        payment=subscription.payments.paid().get(),
        provider="dummy",
        mode="sandbox",
        order=f"r-{subscription.pk}",
        token=SECRET,
        method="offer",
        status="in_doubt",
        amount=4000,
        currency="CLP",
        requested_by=subscription.email,
        reason=f"{subscription.email} asked, see {link}",
        in_doubt_since=now(),
    )
    Notice.objects.create(
        provider="dummy",
        key=f"key-{subscription.pk}",
        body=f"token={SECRET}",
        arrival="a",
        arrivals=3,
        state="dead",
        subscription=subscription,
        tries=12,
        error=f"OutcomeUnknown: {link} {subscription.email}",
    )
    Discrepancy.objects.create(
        kind="amount",
        key=f"amount-{subscription.pk}",
        provider="dummy",
        mode="sandbox",
        subscription=subscription,
        amount=9000,
        currency="CLP",
        detail={"payment": "p-1", "link": link, "email": subscription.email},
    )
    event = Event.objects.create(
        name="payment.paid",
        subscription=subscription,
        payload={
            "payer_key": f"email:{subscription.email}",
            "checkout": f"id-{SECRET}",
            "note": link,
            "nested": [{"pay_url": link, "who": f"Ana <{subscription.email}>", "nonce": f"form:{SECRET}"}],
        },
    )
    Receipt.objects.create(event=event, handler="shop.open_door", tries=12, error="ValueError")
    Subscription.objects.filter(pk=subscription.pk).update(
        metadata={"api_key": SECRET, "contact": subscription.email, "campaign": "spring"}
    )


def rows(subscription: Subscription) -> list[Any]:
    """One row of each noun that has a page."""
    return [
        subscription,
        subscription.customer,
        subscription.payments.latest("pk"),
        Refund.objects.filter(payment__subscription=subscription).earliest("pk"),
        subscription.notices.latest("pk"),
        subscription.discrepancies.latest("pk"),
        Event.objects.get(receipts__isnull=False, subscription=subscription),
    ]
