from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator
from tests.shop import Shop, shop_settings


@pytest.fixture(scope="session")
def running_flow() -> Iterator[FlowSimulator]:
    with FlowSimulator(seed=1) as flow:
        yield flow


@pytest.fixture
def flow(running_flow: FlowSimulator) -> Iterator[FlowSimulator]:
    """A Flow that knows nothing yet; its clock begins on a Tuesday morning in Santiago."""
    options = running_flow.options
    before = dict(vars(options))
    running_flow.reset(seed=1, now="2026-01-13 10:00:00")
    running_flow.faults.clear()
    yield running_flow
    vars(options).update(before)


@pytest.fixture
def shop(flow: FlowSimulator, live_server: Any, settings: Any) -> Iterator[Shop]:
    """A merchant whose site is reached by Flow's callbacks."""
    settings.PAYMENT_SUBSCRIPTIONS = shop_settings(flow, live_server.url)
    settings.ALLOWED_HOSTS = ["*"]
    shop = Shop(flow).open()
    yield shop
    shop.close()
