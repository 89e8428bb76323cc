from __future__ import annotations

from collections.abc import Iterator

import pytest

from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator
from tests.simulators.merchant import Merchant

from .seller import Seller

__all__ = ["stripe_server", "stripe_simulator"]


@pytest.fixture
def seller(stripe_simulator: StripeSimulator) -> Seller:
    return Seller(stripe_simulator)


@pytest.fixture
def site() -> Iterator[Merchant]:
    """Where payers come back to, and events go."""
    with Merchant() as merchant:
        yield merchant
