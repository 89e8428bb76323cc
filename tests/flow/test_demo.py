"""Strategy demo: pages to look at, and never money, never access."""

from __future__ import annotations

from typing import Any

import pytest

from payment_subscriptions.billing import form_payer
from payment_subscriptions.checks import check_settings
from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import CheckoutStatus, Status
from payment_subscriptions.models import Checkout, Event, Payment
from tests.shop import EMAIL, Shop


def test_demo_marks_nothing_paid_and_grants_nothing(shop: Shop) -> None:
    """The recipe's third strategy answered success and made the subscription active."""
    shop.configure(STRATEGIES=["demo"])
    asked = len(shop.flow.calls)
    checkout = shop.come_back(shop.begin())
    for _hour in range(3):
        shop.flow.clock.advance(hours=1)
        shop.sweep(1)
    checkout.refresh_from_db()
    assert (checkout.mode, checkout.status) == ("demo", CheckoutStatus.WAITING)
    assert checkout.subscription.status == Status.PENDING
    assert not checkout.subscription.access.allowed
    assert not Payment.objects.exists()
    assert set(Event.objects.values_list("name", flat=True)) == {"subscription.opened"}
    assert len(shop.flow.calls) == asked


def test_demo_with_real_keys_is_refused_before_and_at_use(shop: Shop, settings: Any) -> None:
    settings.DEBUG = False
    shop.configure(MODE="real", API_URL="", STRATEGIES=["demo"])
    assert "payments.E103" in {message.id for message in check_settings()}
    with pytest.raises(ConfigurationError, match="'demo' with real keys"):
        form_payer("nonce", EMAIL).subscribe("pro_monthly_v1")
    with pytest.raises(ConfigurationError, match="'demo' with real keys"):
        gateways["flow"].client  # type: ignore[attr-defined]  # noqa: B018
    assert not Checkout.objects.exists()
