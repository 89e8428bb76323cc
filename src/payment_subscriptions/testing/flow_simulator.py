"""The fixture ``flow_simulator``: a Flow over real HTTP, fresh for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator, Options


@pytest.fixture(scope="session")
def flow_server() -> Iterator[FlowSimulator]:
    """One server for the whole run; take ``flow_simulator``, which cleans it."""
    with FlowSimulator(seed=1) as flow:
        yield flow


@pytest.fixture
def flow_simulator(flow_server: FlowSimulator) -> FlowSimulator:
    """Empty, on real time, ids from seed 1, options as by default (change ``.options`` freely)."""
    vars(flow_server.options).update(vars(Options()))
    flow_server.start()
    flow_server.reset(seed=1)
    return flow_server
