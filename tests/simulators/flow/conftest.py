from __future__ import annotations

from collections.abc import Iterator

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.testing.flow_simulator import flow_server, flow_simulator

from ..merchant import Merchant
from .caller import Caller

__all__ = ["flow_server", "flow_simulator"]


@pytest.fixture
def flow(flow_simulator: FlowSimulator) -> FlowSimulator:
    return flow_simulator


@pytest.fixture
def at_flow(flow: FlowSimulator) -> Caller:
    return Caller(flow)


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    with Merchant() as merchant:
        yield merchant
