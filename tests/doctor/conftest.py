from __future__ import annotations

from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator
from tests.flow.conftest import flow, running_flow

__all__ = ["flow", "running_flow", "stripe_server", "stripe_simulator"]
