from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator
from tests.contract.flow_bench import BASE, FlowBench
from tests.contract.stripe_bench import StripeBench
from tests.flow.conftest import flow, running_flow
from tests.shop import Shop, shop_settings
from tests.stripe.merchant import Merchant, merchant_settings

__all__ = ["flow", "running_flow", "stripe_server", "stripe_simulator"]


@pytest.fixture
def at_flow(transactional_db: None, flow: FlowSimulator, settings: Any) -> Iterator[FlowBench]:
    settings.PAYMENT_SUBSCRIPTIONS = shop_settings(flow, BASE)
    shop = Shop(flow)
    shop.configure(STRATEGIES=("card",))
    shop.open()
    yield FlowBench(flow)
    shop.close()


@pytest.fixture
def at_stripe(
    transactional_db: None, stripe_simulator: StripeSimulator, settings: Any
) -> Iterator[StripeBench]:
    settings.PAYMENT_SUBSCRIPTIONS = merchant_settings(stripe_simulator, BASE)
    merchant = Merchant(stripe_simulator).open()
    yield StripeBench(stripe_simulator)
    merchant.close()
