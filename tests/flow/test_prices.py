"""Prices that Flow cannot charge are refused before anything is opened, and told by a check."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from payment_subscriptions.billing import form_payer
from payment_subscriptions.checks import check_settings
from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.models import Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price
from tests.shop import Shop

UNCHARGEABLE = [
    pytest.param(Price("p", Money(349, "CLP")), "no less than 350 CLP", "E013", id="below 350 CLP"),
    pytest.param(
        Price("p", Money("1.5", "CLF"), Interval.ONCE), "none of its strategies", "E013", id="one-time UF"
    ),
    pytest.param(Price("p", Money(Decimal("5000.5"), "CLP")), "p", "E005", id="CLP with decimals"),
]


@pytest.mark.parametrize(("price", "words", "number"), UNCHARGEABLE)
def test_what_flow_cannot_charge(shop: Shop, settings: Any, price: Price, words: str, number: str) -> None:
    plans = (Plan("p", "P", (price,)),)
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, "PLANS": plans}
    assert [str(message.id) for message in check_settings()] == [f"payments.{number}"]
    with pytest.raises(ConfigurationError, match=words):
        form_payer("nonce", "ana@correo.cl").subscribe("p")
    assert Subscription.objects.count() == 0


def test_350_is_enough(shop: Shop, settings: Any) -> None:
    plans = (Plan("p", "P", (Price("p", Money(350, "CLP")),)),)
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, "PLANS": plans}
    assert check_settings() == []
