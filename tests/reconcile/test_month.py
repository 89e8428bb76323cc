"""A month in which no notice arrives: what the comparison and the sweep make of it, and what is told."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from payment_subscriptions.models import Discrepancy
from payment_subscriptions.reconcile import Kind, Outcome, reconcile
from payment_subscriptions.sweep import sweep
from payment_subscriptions.testing.contract import Bench
from tests.contract.flow_bench import FlowBench
from tests.contract.stripe_bench import StripeBench
from tests.shop import Shop
from tests.stripe.merchant import Merchant

from .lives import FATES, FOLLOWS, Month, by_payer, clear, truth

#: How many subscribe: 500 in a run of its own, RECONCILE_SUBSCRIBERS=500.
SUBSCRIBERS = int(os.environ.get("RECONCILE_SUBSCRIBERS", "24"))
BEGINNING = "2026-01-13 10:00:00"


def sweep_all() -> None:
    for _round in range(3):
        sweep()


def expect_as_with_notices(bench: Bench, begin_anew: Any) -> None:
    """Live it with all notices, then without any."""
    Month(bench, SUBSCRIBERS, told=True).live()
    sweep_all()
    wanted = truth()
    clear()
    begin_anew()
    month = Month(bench, SUBSCRIBERS, told=False).live()
    before = truth()
    began = time.monotonic()
    report = reconcile(dry_run=True)
    print(f"{bench.alias}: {SUBSCRIBERS} compared in {time.monotonic() - began:.1f} s")
    assert truth() == before != wanted
    told = by_payer(report.findings)
    made = {payer: set(FATES[fate]) for payer, fate in month.fates.items() if FATES[fate]}
    made |= {reference: {Kind.ORPHAN_SUBSCRIPTION} for reference in month.made_there}
    assert {payer: kinds - FOLLOWS for payer, kinds in told.items()} == made
    began = time.monotonic()
    repaired = reconcile()
    print(f"{bench.alias}: repaired in {time.monotonic() - began:.1f} s")
    assert {found.reference for found in repaired.findings if found.outcome == Outcome.REMAINS} == set(
        month.made_there
    )
    sweep_all()
    assert truth() == wanted
    assert by_payer(reconcile(dry_run=True).findings).keys() == set(month.made_there)
    assert Discrepancy.objects.filter(kind="foreign_payment").exists()


@pytest.mark.slow
def test_a_month_without_notices_at_flow(at_flow: Any) -> None:
    def begin_anew() -> None:
        at_flow.flow.reset(seed=1, now=BEGINNING)
        at_flow.flow.faults.clear()
        Shop(at_flow.flow).open()
        vars(at_flow).update(vars(FlowBench(at_flow.flow)))

    expect_as_with_notices(at_flow, begin_anew)


@pytest.mark.slow
def test_a_month_without_notices_at_stripe(at_stripe: Any) -> None:
    def begin_anew() -> None:
        at_stripe.stripe.reset(seed=1, now=BEGINNING)
        at_stripe.stripe.faults.clear()
        Merchant(at_stripe.stripe).open()
        vars(at_stripe).update(vars(StripeBench(at_stripe.stripe)))

    begin_anew()
    expect_as_with_notices(at_stripe, begin_anew)
