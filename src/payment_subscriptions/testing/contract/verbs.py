"""What is asked for a subscription that exists: leave, come back, change, give back."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from payment_subscriptions.exceptions import BadRequest, NotPossible
from payment_subscriptions.lifecycle import PaymentStatus, RefundStatus, Status
from payment_subscriptions.models import Discrepancy, Payment, Refund, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.sweep import sweep

from .bench import Bench, TooLate
from .living import fall_behind
from .steps import (
    again,
    expect_nothing_more,
    expect_paid,
    needs,
    price_of,
    subscribe,
    sweep_for,
    sweep_until,
    told,
    truth,
)


@pytest.mark.django_db(transaction=True)
class Verbs:
    # Leaving

    def test_leaving_with_the_period(self, bench: Bench) -> None:
        needs(bench.capabilities.cancel_at_period_end, "does not end with a period")
        row = subscribe(bench).cancel()
        assert (row.is_cancelling, row.access.why) == (True, "leaving")
        assert row.period_end is not None
        sweep_until(bench, row.period_end + timedelta(days=1), step=timedelta(days=5))
        row = again(row)
        assert (row.status, row.access.allowed, row.slot_key) == (Status.CANCELLED, False, None)
        assert bench.charges() == [price_of(bench.monthly)]
        assert told("subscription.cancelled") == 1
        assert not Discrepancy.objects.exists()

    def test_leaving_at_once_nothing_is_owed_any_more(self, bench: Bench) -> None:
        needs(bench.capabilities.cancel_now, "does not end at once")
        row = fall_behind(bench).cancel(at_period_end=False)
        assert (row.status, row.access.allowed) == (Status.CANCELLED, False)
        if bench.gateway.renews(bench.strategy):  # an order of ours stands until it lapses
            assert row.owed == []
        with suppress(TooLate):
            bench.pay_owed(row)
        bench.deliver_new()
        sweep_for(bench, days=40, step=timedelta(days=10))
        expect_nothing_more(bench, price_of(bench.monthly))
        row = again(row)
        assert (row.status, row.owed) == (Status.CANCELLED, [])

    def test_leaving_twice_is_leaving(self, bench: Bench) -> None:
        able = bench.capabilities
        needs(able.cancel_at_period_end and able.cancel_now, "ends in one way only")
        row = subscribe(bench).cancel()
        seen = truth()
        row.cancel()
        if bench.gateway.renews(bench.strategy):
            bench.gateway.cancel(row.reference or "", at_period_end=True)
            row.sync()
        assert truth() == seen
        row = again(row).cancel(at_period_end=False)
        assert row.status == Status.CANCELLED
        seen = truth()
        with suppress(NotPossible):
            row.cancel(at_period_end=False)
        if bench.gateway.renews(bench.strategy):
            bench.gateway.cancel(row.reference or "", at_period_end=False)
            row.sync()
        assert truth() == seen

    # Coming back

    def test_resumed_it_goes_on_as_if_nothing_had_been(self, bench: Bench) -> None:
        needs(bench.capabilities.resume != "none", "takes no cancellation back")
        row = subscribe(bench).cancel().resume()
        sweep()
        row = again(row)
        assert (row.status, row.is_cancelling) == (Status.ACTIVE, False)
        assert told("subscription.resumed") == 1
        assert bench.charges() == [price_of(bench.monthly)]
        bench.renew(row)
        bench.deliver_new()
        sweep_for(bench, days=2)
        expect_paid(bench, times=2)

    # Another price

    def test_a_change_now_charges_what_was_previewed(self, bench: Bench) -> None:
        needs(bench.capabilities.change_now and bench.dearer, "changes no plan at once")
        row = _some_days_later(bench)
        before = bench.charges()
        preview = row.preview_change(bench.dearer)
        assert bench.charges() == before
        assert preview.charge.amount > 0
        assert preview.at is None
        row.change_plan(preview)
        if bench.gateway.is_paid_by_hand(bench.strategy):
            bench.pay_owed(row)
        bench.deliver_new()
        sweep()
        row = again(row)
        assert (row.price_key, row.money) == (bench.dearer, price_of(bench.dearer))
        assert bench.charges() == [*before, preview.charge]
        assert told("subscription.plan_changed") == 1
        assert sum(payment.amount for payment in row.payments.paid()) == _sum(bench.charges())
        assert not Discrepancy.objects.exists()

    def test_a_change_with_the_period_waits_for_it(self, bench: Bench) -> None:
        needs(bench.capabilities.change_at_period_end and bench.dearer, "changes no plan with the period")
        row = _some_days_later(bench)
        preview = row.preview_change(bench.dearer, at_period_end=True)
        assert preview.at is not None
        row = row.change_plan(preview)
        assert (row.price_key, row.next_price_key) == (bench.monthly, bench.dearer)
        assert bench.charges() == [price_of(bench.monthly)]
        bench.renew(row)
        bench.deliver_new()
        sweep_for(bench, days=2)
        row = again(row)
        assert (row.price_key, row.next_price_key) == (bench.dearer, "")
        assert bench.charges() == [price_of(bench.monthly), price_of(bench.dearer)]
        assert not Discrepancy.objects.exists()

    def test_a_change_is_undone_before_it_takes_effect(self, bench: Bench) -> None:
        needs(bench.capabilities.change_at_period_end and bench.dearer, "changes no plan with the period")
        row = _some_days_later(bench)
        row = row.change_plan(row.preview_change(bench.dearer, at_period_end=True)).undo_change()
        assert (row.price_key, row.next_price_key) == (bench.monthly, "")
        with pytest.raises(NotPossible):
            row.undo_change()
        bench.renew(row)
        bench.deliver_new()
        sweep_for(bench, days=2)
        expect_paid(bench, times=2)

    # Giving back

    def test_given_back_whole_once(self, bench: Bench) -> None:
        needs(bench.capabilities.refund, "gives nothing back")
        row = subscribe(bench)
        paid = price_of(bench.monthly)
        refund = _give_back(bench, row.payments.get())
        assert refund.status == RefundStatus.REFUNDED
        payment = row.payments.get()
        assert (payment.status, payment.refunded) == (PaymentStatus.REFUNDED, paid)
        with pytest.raises(NotPossible):
            payment.refund()
        for notice in bench.notices():
            notice.deliver()
        sweep_for(bench, days=2)
        again(row).sync()
        assert bench.given_back() == [paid]
        assert told("payment.refunded") == told("refund.paid") == 1
        assert not Discrepancy.objects.exists()

    def test_given_back_in_parts_never_more_than_was_paid(self, bench: Bench) -> None:
        needs(bench.capabilities.partial_refund, "gives back whole charges only")
        row = subscribe(bench)
        paid = price_of(bench.monthly)
        part = Money(paid.amount // 2, paid.currency)
        _give_back(bench, row.payments.get(), part)
        payment = row.payments.get()
        assert (payment.status, payment.refunded) == (PaymentStatus.PARTIALLY_REFUNDED, part)
        with pytest.raises(BadRequest):
            payment.refund(paid)
        _give_back(bench, payment, paid - part)
        payment = row.payments.get()
        assert (payment.status, payment.refunded) == (PaymentStatus.REFUNDED, paid)
        assert bench.given_back() == [part, paid - part]
        assert told("refund.paid") == 2
        assert not Discrepancy.objects.exists()


def _some_days_later(bench: Bench) -> Subscription:
    row = subscribe(bench)
    bench.move(days=10)
    sweep()
    return again(row)


def _give_back(bench: Bench, payment: Payment, amount: Money | None = None) -> Refund:
    refund = payment.refund(amount)
    bench.accept_refund(refund)
    bench.deliver_new()
    sweep_for(bench, days=2)
    return Refund.objects.get(pk=refund.pk)


def _sum(charges: list[Money]) -> object:
    return sum(charge.amount for charge in charges)
