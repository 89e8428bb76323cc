"""Period after period: charged, told or not, declined, made good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payment_subscriptions.checkout import advance, open_card_change
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Subscription
from payment_subscriptions.sweep import sweep

from .bench import Bench
from .steps import again, come_back, expect_paid, needs, subscribe, sweep_for, told


@pytest.mark.django_db(transaction=True)
class Living:
    def test_a_renewal_that_is_told(self, bench: Bench) -> None:
        row = subscribe(bench)
        bench.renew(row)
        answers = bench.deliver_new()
        needs(answers, "tells nothing of a renewal")
        assert {answer.status_code for answer in answers} == {200}
        renewed = expect_paid(bench, times=2)
        assert renewed.paid_through is not None
        assert row.paid_through is not None
        assert renewed.paid_through - row.paid_through >= timedelta(days=28)

    def test_a_renewal_that_nobody_tells_of(self, bench: Bench) -> None:
        bench.renew(subscribe(bench))
        sweep_for(bench, days=2)
        expect_paid(bench, times=2)
        bench.deliver_new()
        expect_paid(bench, times=2)

    def test_declined_it_is_late_and_made_good(self, bench: Bench) -> None:
        row = fall_behind(bench)
        assert told("payment.paid") == 1
        assert told("subscription.past_due") == 1
        recover(bench, row)
        expect_paid(bench, times=2)
        assert told("subscription.past_due") == 1


def fall_behind(bench: Bench, *, after: int = 0) -> Subscription:
    """A subscriber whose charge did not come through, ``after`` so many renewals that did."""
    row = subscribe(bench)
    for _renewal in range(after):
        bench.renew(row)
        bench.deliver_new()
    bench.decline_next()
    bench.renew(row)
    bench.deliver_new()
    sweep()
    row = again(row)
    assert row.status == Status.PAST_DUE
    assert row.owed
    return row


def recover(bench: Bench, row: Subscription) -> Subscription:
    """By another card where there is one to change, else by paying the bill."""
    if bench.capabilities.update_card:
        attempt = advance(open_card_change(row))
        bench.give_other_card(attempt)
        come_back(attempt)
    else:
        bench.pay_owed(row)
    bench.deliver_new()
    sweep_for(bench, days=2)
    return again(row)
