"""Prices in UF: agreed in UF, paid in pesos."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Payment, Subscription
from payment_subscriptions.models.discrepancy import DiscrepancyKind
from payment_subscriptions.money import Money, format_money
from payment_subscriptions.plans import Interval, Plan, Price, catalogue
from tests.shop import Shop, charged

UF = "uf_monthly_v1"
ONCE = Plan("uf_once", "UF una vez", (Price("uf_once_v1", Money("2", "CLF"), Interval.ONCE),))
LESS = Plan("uf_less", "Menos UF", (Price("uf_less_v1", Money("0.5", "CLF")),))
MORE = Plan("uf_plain", "UF", (Price(UF, Money("1.5", "CLF")),))
CATALOGUE = [MORE, LESS, ONCE]


def row() -> Subscription:
    return Subscription.objects.get()


def test_its_plan_is_made_in_uf_and_differs_from_nothing(shop: Shop) -> None:
    plan = shop.flow.plans[UF]
    assert (plan.currency, plan.amount) == ("UF", Decimal("1.5"))
    assert gateways["flow"].diff_price(catalogue().price(UF)) == []


def test_a_payer_pays_pesos_at_the_days_rate(shop: Shop) -> None:
    subscription = shop.subscribe(UF)
    assert subscription.status == Status.ACTIVE
    assert subscription.money == Money("1.5", "CLF")
    payment = subscription.payments.get()
    assert payment.status == PaymentStatus.PAID
    assert payment.money == Money("1.5", "CLF")
    assert payment.paid_money == Money(61512, "CLP")
    assert payment.rate == Decimal("41008.10")
    with translation.override("es"):
        assert format_money(payment.money) == "UF 1,5"
        assert format_money(payment.paid_money) == "$61.512"
    assert not Discrepancy.objects.exists()


def test_renewals_have_the_rate_of_their_day(shop: Shop) -> None:
    shop.subscribe(UF)
    shop.flow.options.uf_rate = Decimal("42000.50")
    shop.move(months=1)
    shop.sweep()
    first, second = Payment.objects.order_by("pk")
    assert (first.rate, second.rate) == (Decimal("41008.10"), Decimal("42000.50"))
    assert second.paid_money == Money(63001, "CLP")
    assert row().access.allowed
    assert not Discrepancy.objects.exists()


def test_cancelled_it_is_charged_no_more(shop: Shop) -> None:
    shop.subscribe(UF).cancel()
    shop.move(months=1)
    shop.move(days=1)
    shop.sweep()
    assert row().status == Status.CANCELLED
    assert Payment.objects.count() == 1


def test_taken_up_again_it_goes_on_in_uf(shop: Shop) -> None:
    shop.subscribe(UF).cancel().resume()
    shop.move(months=1)
    shop.move(days=1)
    shop.sweep()
    assert [payment.money for payment in Payment.objects.all()] == [Money("1.5", "CLF")] * 2
    assert not Discrepancy.objects.exists()


def test_an_invoice_of_another_amount_of_uf_is_a_discrepancy(shop: Shop) -> None:
    shop.flow.plans[UF].amount = Decimal("1.6")
    subscription = shop.subscribe(UF)
    assert subscription.payments.get().status == PaymentStatus.PENDING
    found = Discrepancy.objects.get()
    assert (found.kind, found.amount, found.currency) == (DiscrepancyKind.AMOUNT, Decimal("1.6"), "CLF")
    assert not subscription.access.allowed


def test_an_invoice_of_as_many_pesos_is_a_discrepancy(shop: Shop) -> None:
    shop.flow.plans[UF].currency = "CLP"
    shop.flow.plans[UF].amount = Decimal(61512)
    subscription = shop.subscribe(UF)
    assert subscription.payments.get().status == PaymentStatus.PENDING
    assert Discrepancy.objects.get().currency == "CLP"


def test_a_declined_bill_in_uf_is_owed_in_uf(shop: Shop) -> None:
    shop.flow.decline_next(times=None)
    subscription = shop.subscribe(UF)
    assert subscription.status == Status.PAST_DUE
    assert [payment.money for payment in subscription.owed] == [Money("1.5", "CLF")]
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    payment = Payment.objects.get()
    assert (payment.status, payment.paid_money) == (PaymentStatus.PAID, Money(61512, "CLP"))


@pytest.mark.parametrize(("old", "new"), [(UF, "uf_less_v1"), ("uf_less_v1", UF)])
def test_a_change_between_prices_in_uf(shop: Shop, old: str, new: str) -> None:
    shop.configure_plans(CATALOGUE)
    shop.subscribe(old)
    shop.move(days=10)
    preview = row().preview_change(new)
    assert preview.charge.currency.code == preview.credit.currency.code == "CLF"
    subscription = row().change_plan(preview)
    assert subscription.price_key == new
    for _day in range(32):
        shop.move(days=1)
        shop.sweep(1)
    assert row().status == Status.ACTIVE
    assert {payment.status for payment in Payment.objects.all()} == {PaymentStatus.PAID}
    assert not Discrepancy.objects.exists()
    charges = [payment.money.amount for payment in Payment.objects.order_by("pk")]
    left = max(Decimal("0.5") - preview.credit.amount, Decimal(0))
    assert charges[1] == (preview.charge.amount or left)


@pytest.mark.parametrize(("strategies", "key"), [(["card"], "uf_once_v1"), (["order"], UF)])
def test_an_order_cannot_be_in_uf(shop: Shop, strategies: list[str], key: str) -> None:
    shop.configure_plans(CATALOGUE)
    shop.configure(STRATEGIES=strategies)
    assert "UF" in gateways["flow"].objection(catalogue().price(key))
    with pytest.raises(ConfigurationError, match="UF"):
        shop.begin(key)
    assert not Checkout.objects.exists()
    assert charged(shop.flow) == 0
