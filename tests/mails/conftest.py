from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator
from tests.core.conftest import foreign
from tests.flow.conftest import flow, running_flow
from tests.flow.conftest import shop as silent_shop
from tests.shop import Shop
from tests.stripe.merchant import Merchant, merchant_settings

__all__ = ["flow", "foreign", "running_flow", "silent_shop", "stripe_server", "stripe_simulator"]

MAILS = {"MAILS": True, "MAILS_FROM": "Bosque <hola@bosque.cl>", "SUPPORT_CONTACT": "ayuda@bosque.cl"}


@pytest.fixture
def shop(silent_shop: Shop, settings: Any) -> Shop:
    """A merchant on Flow whose payers get every mail."""
    settings.PAYMENT_SUBSCRIPTIONS.update(MAILS)
    return silent_shop


@pytest.fixture
def merchant(
    transactional_db: None, live_server: Any, settings: Any, stripe_simulator: StripeSimulator
) -> Iterator[Merchant]:
    """The same on Stripe."""
    settings.PAYMENT_SUBSCRIPTIONS = merchant_settings(stripe_simulator, live_server.url, **MAILS)
    found = Merchant(stripe_simulator).open()
    yield found
    found.close()
