"""Flow, by each of its ways to charge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.testing.contract import GatewayContract
from tests.flow.conftest import flow, running_flow
from tests.shop import Shop, shop_settings

from .flow_bench import BASE, FlowBench

__all__ = ["flow", "running_flow"]


class FlowContract(GatewayContract):
    strategies: ClassVar[tuple[str, ...]]
    without: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    def bench(self, flow: FlowSimulator, settings: Any) -> Iterator[FlowBench]:
        settings.PAYMENT_SUBSCRIPTIONS = shop_settings(flow, BASE)
        shop = Shop(flow)
        shop.configure(STRATEGIES=self.strategies)
        shop.open()
        bench = FlowBench(flow)
        vars(bench).update(self.without)
        yield bench
        shop.close()


class TestByCard(FlowContract):
    strategies = ("card",)
    opening_calls = ("customer/create", "customer/register", "subscription/create")


@pytest.mark.slow
class TestByLink(FlowContract):
    strategies = ("link",)
    opening_calls = ("customer/create", "subscription/create")
    without = {"once": ""}


@pytest.mark.slow
class TestByOrder(FlowContract):
    strategies = ("order",)
    opening_calls = ("payment/create",)
    without = {"trial": ""}
