from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator

from .merchant import Merchant, merchant_settings

__all__ = ["stripe_server", "stripe_simulator"]


@pytest.fixture
def merchant(
    transactional_db: None, live_server: Any, settings: Any, stripe_simulator: StripeSimulator
) -> Iterator[Merchant]:
    """One whose site answers over HTTP, so that events arrive as they would."""
    settings.PAYMENT_SUBSCRIPTIONS = merchant_settings(stripe_simulator, live_server.url)
    found = Merchant(stripe_simulator).open()
    yield found
    found.close()
