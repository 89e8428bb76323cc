from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator
from tests.stripe_api.watching import watching

from .merchant import Merchant, merchant_settings

__all__ = ["stripe_server", "stripe_simulator"]


@pytest.fixture
def merchant(
    transactional_db: None, live_server: Any, settings: Any, stripe_simulator: StripeSimulator
) -> Iterator[Merchant]:
    """One whose site answers over HTTP, so that events arrive as they would.

    What the gateway sends is held to Stripe's description in every test.
    """
    settings.PAYMENT_SUBSCRIPTIONS = merchant_settings(stripe_simulator, live_server.url)
    with watching(stripe_simulator, answers=False):
        found = Merchant(stripe_simulator).open()
        yield found
        found.close()
