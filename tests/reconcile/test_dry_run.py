"""A dry run writes nothing, whatever there is to find, and needs no row of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from payment_subscriptions.models import Discrepancy, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.reconcile import Kind, Outcome, WroteSomething, reading_only, reconcile
from tests.contract.flow_bench import FlowBench

from .lives import kinds, made_at_flow, subscribe

pytestmark = pytest.mark.core  # its promise is held by each database in its own way


@contextmanager
def statements() -> Iterator[list[str]]:
    """The first word of each statement that is sent meanwhile."""
    found: list[str] = []

    def look(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        found.append(str(sql).lstrip("( \n").split()[0].upper())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield found


def test_a_dry_run_sends_no_statement_that_writes(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.flow.cancel_subscription(str(row.reference))
    made_at_flow(at_flow, 1)
    before = Subscription.objects.values().get()
    with statements() as sent:
        report = reconcile(dry_run=True)
    assert set(sent) == {"SELECT"}
    assert {Kind.STATUS, Kind.ORPHAN_SUBSCRIPTION} <= set(kinds(report))
    assert {found.outcome for found in report.findings} == {Outcome.FOUND}
    assert Subscription.objects.values().get() == before
    assert not Discrepancy.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_write_in_a_dry_run_is_stopped_before_it_is_sent() -> None:
    with pytest.raises(WroteSomething), reading_only():
        Discrepancy.objects.create(kind="lost", key="x", provider="flow", mode="sandbox")
    assert not Discrepancy.objects.exists()


def test_it_audits_an_account_that_these_books_never_heard_of(at_flow: FlowBench) -> None:
    subscribe(at_flow)
    names = [made_at_flow(at_flow, number) for number in (1, 2)]
    call_command("flush", verbosity=0, interactive=False)
    with statements() as sent:
        report = reconcile(dry_run=True)
    assert set(sent) == {"SELECT"}
    orphans = {found.reference for found in report.findings if found.kind == Kind.ORPHAN_SUBSCRIPTION}
    assert len(orphans) == 3
    assert set(names) < orphans
    (line,) = [line for line in report.summary() if line.kind == Kind.PAID_WITHOUT_ACCESS]
    assert (line.payers, line.money) == (3, (Money(15000, "CLP"),))
    assert kinds(report).count(Kind.ORPHAN_CUSTOMER) == 1  # that bears a key of ours
