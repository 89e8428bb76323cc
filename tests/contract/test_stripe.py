"""Stripe, by its hosted page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.contract import GatewayContract
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator
from tests.stripe.merchant import Merchant, merchant_settings

from .stripe_bench import BASE, StripeBench

__all__ = ["stripe_server", "stripe_simulator"]


class TestByPage(GatewayContract):
    opening_calls = ("customers/create", "checkout/sessions/create")

    @pytest.fixture
    def bench(self, stripe_simulator: StripeSimulator, settings: Any) -> Iterator[StripeBench]:
        settings.PAYMENT_SUBSCRIPTIONS = merchant_settings(stripe_simulator, BASE)
        merchant = Merchant(stripe_simulator).open()
        yield StripeBench(stripe_simulator)
        merchant.close()
