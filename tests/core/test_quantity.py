"""How often a price is charged: agreed to when choosing, compared like the price, changed by a preview."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from payment_subscriptions import verbs
from payment_subscriptions.checkout import open_plan_change
from payment_subscriptions.exceptions import BadRequest, Busy
from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import ChangePreview
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Subscription
from payment_subscriptions.models.discrepancy import DiscrepancyKind
from payment_subscriptions.money import Money
from tests.able import ONCE, subscribe
from tests.foreign import MONTHLY, ForeignProvider, clock, foreign_settings, payer

DESK = "desk_monthly_v1"


def dollars(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def test_three_cost_three_times_the_price(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY, quantity=3)
    assert (row.quantity, row.money) == (3, dollars("37.50"))
    assert row.payments.get().status == PaymentStatus.PAID
    assert not Discrepancy.objects.exists()


def test_the_money_of_one_does_not_pay_for_three(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY, quantity=3)
    able.renew("S1", amount=dollars("12.50"))
    row = row.sync()
    assert row.payments.latest("pk").status == PaymentStatus.PENDING
    assert Discrepancy.objects.get().kind == DiscrepancyKind.AMOUNT


@pytest.mark.parametrize("quantity", [0, -1, 10_000_000])
def test_what_is_no_quantity(able: ForeignProvider, quantity: int) -> None:
    with pytest.raises(BadRequest) as refused:
        payer().subscribe(MONTHLY, quantity=quantity)
    assert refused.value.field == "quantity"
    assert not Subscription.objects.exists()


def test_a_gateway_that_cannot_count_sells_one(foreign: ForeignProvider) -> None:
    with pytest.raises(BadRequest) as refused:
        payer().subscribe(MONTHLY, quantity=2)
    assert refused.value.code == "quantity"
    assert payer().subscribe(MONTHLY, quantity=1).quantity == 1


def test_another_quantity_is_another_choice(able: ForeignProvider) -> None:
    first = payer().subscribe(MONTHLY, quantity=2)
    assert payer().subscribe(MONTHLY, quantity=2) == first
    other = payer().subscribe(MONTHLY, quantity=3)
    assert other.subscription_id != first.subscription_id
    assert able.called("expire") == 1


def test_more_than_was_agreed_is_a_discrepancy(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY, quantity=3)
    able.change("S1", quantity=4)
    row = row.sync()
    assert (row.quantity, row.money) == (3, dollars("37.50"))
    found = Discrepancy.objects.get()
    assert found.kind == DiscrepancyKind.PRICE
    assert (found.detail["agreed"], found.detail["charged"]) == (f"3 × {MONTHLY}", f"4 × {MONTHLY}")


def test_a_change_of_the_quantity_alone(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY, quantity=1)
    clock.move(days=15)
    preview = row.preview_change(MONTHLY, quantity=3)
    assert (preview.quantity, preview.charge, preview.money) == (3, dollars("12.50"), dollars("37.50"))
    row = row.change_plan(preview)
    assert (row.quantity, row.money) == (3, dollars("37.50"))
    told = row.events.get(name="subscription.plan_changed").payload
    assert (told["price"], told["quantity"]) == (MONTHLY, 3)
    assert {payment.status for payment in row.payments.all()} == {PaymentStatus.PAID}
    assert not Discrepancy.objects.exists()


def test_a_change_of_the_price_keeps_the_quantity(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY, quantity=3)
    preview = row.preview_change(DESK)
    assert preview.quantity == 3
    row = row.change_plan(preview)
    assert (row.price_key, row.quantity, row.money) == (DESK, 3, dollars("15"))


def test_the_same_price_and_quantity_is_no_change(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY, quantity=3)
    with pytest.raises(BadRequest):
        row.preview_change(MONTHLY)


def test_a_quantity_that_nobody_saw_is_not_applied(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    preview = row.preview_change(MONTHLY, quantity=2)
    with pytest.raises(verbs.PreviewChanged):
        row.change_plan(replace(preview, charge=preview.charge * 2))
    assert able.called("change") == 0


def test_it_is_reckoned_with_the_moment_that_was_seen(able: ForeignProvider) -> None:
    """Else a provider that prorates to the second never says the same twice."""
    row = subscribe(MONTHLY)
    preview = row.preview_change(MONTHLY, quantity=3)
    clock.move(hours=5)
    row = row.change_plan(preview)
    assert row.quantity == 3
    assert row.payments.latest("pk").money == preview.charge


def test_another_tab_with_another_quantity_is_no_yes_to_this_one(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    two = ChangePreview(row.price, dollars("1"), dollars("0"), quantity=2)
    open_plan_change(row, two)
    with pytest.raises(Busy):
        open_plan_change(Subscription.objects.get(pk=row.pk), replace(two, quantity=3))
    assert Checkout.objects.get(purpose="change").quantity == 2


def test_a_sealed_preview_keeps_it(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    preview = row.preview_change(MONTHLY, quantity=3)
    assert verbs.unseal_preview(row, verbs.seal_preview(row, preview)) == (preview, False)


def test_a_price_that_the_catalogue_has_lost(able: ForeignProvider, settings: Any) -> None:
    row = subscribe(MONTHLY, quantity=3)
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"BACKEND": "tests.able.AbleGateway"}, PLANS=[])
    gateways.forget()
    assert row.agreed_price.amount == dollars("12.50")
    row = row.sync()
    assert row.money == dollars("37.50")
    assert not Discrepancy.objects.exists()


def test_the_pages_count(able: ForeignProvider, client: Client) -> None:
    row = subscribe(MONTHLY, quantity=3)
    address = reverse("payments:result", args=[row.checkouts.get().public_id])
    assert "3 × US$12,50" in client.get(address).content.decode().replace("\N{NO-BREAK SPACE}", "")
    change = reverse("payments:change", args=[row.checkouts.get().public_id])
    page = client.get(change, {"price": MONTHLY, "quantity": "4"}).content.decode()
    assert "4 × US$" in page
    assert client.get(change, {"price": MONTHLY, "quantity": "-4"}).status_code == 400
    assert Event.objects.filter(name="subscription.plan_changed").count() == 0


def test_bought_once_three_times(able: ForeignProvider) -> None:
    row = payer().subscribe(ONCE, quantity=3).subscription
    row = row.sync()
    assert (row.status, row.quantity, row.money) == (Status.PAID, 3, dollars("90"))
    assert row.payments.get().money == dollars("90")
    assert not Discrepancy.objects.exists()
