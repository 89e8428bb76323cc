"""Money that is not what was agreed, and money of another world."""

from __future__ import annotations

import pytest

from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.lifecycle import PaymentStatus
from payment_subscriptions.models import Discrepancy, Payment, Subscription
from payment_subscriptions.sweep import sweep

from .bench import Bench
from .steps import begin, come_back, subscribe, sweep_for, told, truth


@pytest.mark.django_db(transaction=True)
class Mismatches:
    def test_another_amount_pays_for_nothing(self, bench: Bench) -> None:
        bench.charge_other_amount()
        _pay(bench)
        _expect_set_aside()

    def test_another_currency_pays_for_nothing(self, bench: Bench) -> None:
        bench.charge_other_currency()
        _pay(bench)
        _expect_set_aside()

    def test_a_renewal_of_another_amount_pays_for_nothing(self, bench: Bench) -> None:
        row = subscribe(bench)
        bench.charge_other_amount()
        bench.renew(row)
        bench.deliver_new()
        sweep_for(bench, days=1)
        row = Subscription.objects.get()
        assert row.payments.paid().count() == told("payment.paid") == 1
        assert Discrepancy.objects.filter(kind="amount", subscription=row).count() == 1

    def test_live_and_sandbox_never_meet(self, bench: Bench) -> None:
        """What was opened at one account is not asked for at the other, whatever comes in."""
        row = subscribe(bench)
        seen = truth()
        bench.other_mode()
        with pytest.raises(ConfigurationError):
            row.sync()
        with pytest.raises(ConfigurationError):
            row.cancel(at_period_end=False)
        for notice in bench.notices():
            assert notice.deliver().status_code < 500
        sweep()
        assert truth() == seen


def _pay(bench: Bench) -> None:
    checkout = begin(bench.monthly)
    bench.pay(checkout)
    bench.deliver_new()
    come_back(checkout)
    bench.deliver_new()
    sweep_for(bench, days=1)


def _expect_set_aside() -> None:
    """Kept for a person; nothing granted, nothing told, nobody asked to pay again."""
    row = Subscription.objects.get()
    assert not row.access.allowed
    assert row.owed == []
    assert set(Discrepancy.objects.values_list("kind", flat=True)) == {"amount"}
    assert not Payment.objects.filter(status=PaymentStatus.PAID).exists()
    assert told("payment.paid") == 0
