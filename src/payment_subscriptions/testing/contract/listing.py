"""What the provider has, listed: all of it, as asking for each thing would tell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payment_subscriptions.clock import now
from payment_subscriptions.gateways.base import ListedPayment, ListedSubscription
from payment_subscriptions.lifecycle import PAYING, Status
from payment_subscriptions.reconcile import Kind, reconcile

from .bench import Bench
from .steps import again, begin, needs, price_of, subscribe, truth

# What a list tells of a subscription as ``fetch`` does.
TOLD = (
    "reference", "status", "price_id", "quantity", "customer_reference", "period_start", "period_end",
    "next_charge_at", "trial_end", "cancel_at_period_end", "next_price_id",
)  # fmt: skip


@pytest.mark.django_db(transaction=True)
class Listing:
    def test_what_it_has_is_listed_as_it_is_fetched(self, bench: Bench) -> None:
        _needs_lists(bench)
        rows = [subscribe(bench, payer=payer) for payer in ("ana", "eva")]
        if bench.gateway.renews(bench.strategy):
            listed = {each.snapshot.reference: each.snapshot for each in bench.gateway.list_subscriptions()}
            assert listed.keys() == {row.reference for row in rows}
            for row in rows:
                there, told = bench.gateway.fetch(str(row.reference)), listed[str(row.reference)]
                assert [getattr(told, name) for name in TOLD] == [getattr(there, name) for name in TOLD]
        paid = _payments(bench)
        assert sorted(paid) == sorted(row.payments.get().reference for row in rows)
        assert {each.payment.amount for each in paid.values()} == {price_of(bench.monthly)}
        assert {each.payment.status for each in paid.values()} <= PAYING

    def test_customers_bear_our_key(self, bench: Bench) -> None:
        _needs_lists(bench)
        needs(bench.gateway.renews(bench.strategy), "keeps no customers of this way to charge")
        customer = subscribe(bench).customer
        listed = {each.reference: each.key for each in bench.gateway.list_customers()}
        assert listed[str(customer.reference)] == customer.external_id

    def test_one_that_has_ended_is_listed_too(self, bench: Bench) -> None:
        _needs_lists(bench)
        needs(bench.gateway.renews(bench.strategy), "keeps no subscriptions of this way to charge")
        needs(bench.capabilities.cancel_now, "does not end at once")
        row = subscribe(bench).cancel(at_period_end=False)
        (listed,) = bench.gateway.list_subscriptions()
        assert (listed.snapshot.reference, listed.snapshot.status) == (row.reference, Status.CANCELLED)

    def test_nothing_differs_where_nothing_went_wrong(self, bench: Bench) -> None:
        _needs_lists(bench)
        subscribe(bench)
        begin(bench.monthly, "somebody who thinks about it")
        report = reconcile(dry_run=True)
        assert (report.findings, report.is_complete) == ([], True)

    def test_what_nobody_told_of_is_found_and_recorded(self, bench: Bench) -> None:
        _needs_lists(bench)
        needs(bench.gateway.renews(bench.strategy), "its periods are ours: the sweep asks for each")
        row = subscribe(bench)
        bench.renew(row)
        before = truth()
        found = reconcile(dry_run=True)
        assert truth() == before
        (paid,) = [each for each in found.findings if each.kind == Kind.PAID_NOT_HERE]
        assert (paid.subscription, paid.money) == (str(row.public_id), price_of(bench.monthly))
        assert reconcile().remaining == []
        assert [payment.money for payment in again(row).payments.filter(status__in=PAYING)] == bench.charges()
        assert reconcile(dry_run=True).findings == []


def _needs_lists(bench: Bench) -> None:
    needs(bench.gateway.lists, "cannot list what it has: nothing can be reconciled")


def _payments(bench: Bench) -> dict[str, ListedPayment]:
    """Whichever way they are listed."""
    subscriptions: list[ListedSubscription] = list(bench.gateway.list_subscriptions())
    found = {
        payment.reference: ListedPayment(payment)
        for each in subscriptions
        for payment in each.snapshot.payments
    }
    return found | {p.payment.reference: p for p in bench.gateway.list_payments(now() - timedelta(days=35))}
