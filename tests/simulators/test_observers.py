"""Who watches a simulator sees every exchange whole, without the headers."""

from __future__ import annotations

import time

import pytest
import requests

from payment_subscriptions.simulators.calls import Exchange
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.testing.flow_simulator import flow_server, flow_simulator

__all__ = ["flow_server", "flow_simulator"]


def test_an_exchange_is_shown_as_it_was(flow_simulator: FlowSimulator) -> None:
    seen: list[Exchange] = []
    flow_simulator.observers.append(seen.append)
    try:
        form = {"apiKey": flow_simulator.api_key, "planId": "ñ", "s": "0"}
        answer = requests.post(f"{flow_simulator.api_url}/plans/create?a=b", data=form, timeout=5)
        flow_simulator.faults.add("plans/get", "reset_before_commit")
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{flow_simulator.api_url}/plans/get", params={"planId": "x"}, timeout=5)
        end = time.monotonic() + 5  # the connection is gone before it has been told
        while len(seen) < 2 and time.monotonic() < end:
            time.sleep(0.01)
    finally:
        flow_simulator.observers.remove(seen.append)
    first, second = seen
    assert (first.method, first.path, first.query) == ("POST", "/api/plans/create", "a=b")
    assert (first.status, first.answer) == (answer.status_code, answer.text)
    assert "planId=%C3%B1" in first.body
    assert (second.path, second.query, second.status) == ("/api/plans/get", "planId=x", None)
