"""Beginnings: trials, starts in the future, and leaving before anything was charged."""

from __future__ import annotations

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator

from ..merchant import Merchant
from .caller import Caller


@pytest.fixture(autouse=True)
def plan(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> None:
    flow.reset(seed=1, now="2026-07-05 10:00")
    at_flow.plan(trial_period_days=10, urlCallback=merchant.url())


def test_no_trial_is_no_trial_whatever_the_plan_has(flow: FlowSimulator, at_flow: Caller) -> None:
    seen = at_flow.subscribe(at_flow.customer(), trial_period_days=0)
    assert (seen["status"], seen["trial_period_days"], seen["trial_end"]) == (1, 0, None)
    assert len(flow.books.taken()) == 1


def test_a_trial_of_its_own(flow: FlowSimulator, at_flow: Caller) -> None:
    seen = at_flow.subscribe(at_flow.customer(), trial_period_days=3)
    assert (seen["status"], seen["trial_end"]) == (2, "2026-07-07 00:00:00")
    flow.clock.to("2026-07-07 23:59")
    assert flow.invoices == {}
    flow.clock.to("2026-07-08 00:01")
    assert len(flow.books.taken()) == 1


def test_a_start_in_the_future_is_charged_that_day_with_a_callback(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    customer = at_flow.customer()
    seen = at_flow.subscribe(customer, subscription_start="2026-08-01", trial_period_days=0)
    sub = seen["subscriptionId"]
    assert (seen["status"], seen["subscription_start"]) == (0, "2026-08-01 00:00:00")
    flow.clock.to("2026-07-31 23:59")
    assert (flow.invoices, merchant.received) == ({}, [])
    flow.clock.to("2026-08-01 00:01")
    seen = at_flow.subscription(sub)
    assert (seen["status"], seen["period_end"]) == (1, "2026-08-31 00:00:00")
    assert merchant.tokens == [flow.invoices[seen["invoices"][0]["id"]].paid_by]


def test_left_before_the_start_nothing_is_ever_billed(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    sub = at_flow.subscribe(at_flow.customer(), subscription_start="2026-08-01")["subscriptionId"]
    assert at_flow.do("subscription/cancel", subscriptionId=sub, at_period_end=0)["status"] == 4
    flow.clock.advance(months=3)
    assert (flow.invoices, merchant.received, flow.outbox.mails) == ({}, [], [])
    assert at_flow.subscription(sub)["morose"] == 0


@pytest.mark.parametrize("at_period_end", [0, 1])
def test_left_during_the_trial_nothing_is_ever_billed(
    flow: FlowSimulator, at_flow: Caller, at_period_end: int
) -> None:
    sub = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    seen = at_flow.do("subscription/cancel", subscriptionId=sub, at_period_end=at_period_end)
    assert seen["status"] == (2 if at_period_end else 4)
    flow.clock.advance(months=1)
    assert (at_flow.subscription(sub)["status"], flow.invoices) == (4, {})


def test_a_trial_can_be_ended_now_and_before_the_start_be_changed(
    flow: FlowSimulator, at_flow: Caller
) -> None:
    sub = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    at_flow.do("subscription/changeTrial", subscriptionId=sub, trial_period_days=1)
    flow.clock.to("2026-07-06 00:01")
    assert at_flow.subscription(sub)["status"] == 1
    late = {"subscriptionId": sub, "trial_period_days": 5}
    assert at_flow.post("subscription/changeTrial", **late).status_code == 401
    other = at_flow.subscribe(at_flow.customer(), subscription_start="2026-08-01")["subscriptionId"]
    at_flow.do("subscription/changeTrial", subscriptionId=other, trial_period_days=0)
    flow.clock.to("2026-08-01 00:01")
    assert at_flow.subscription(other)["status"] == 1
