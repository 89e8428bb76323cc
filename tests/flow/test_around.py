"""Flow and another gateway sell one plan: when one is down the other takes the payment, and it alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payment_subscriptions.billing import form_payer
from payment_subscriptions.exceptions import Busy, ConfigurationError
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import CheckoutStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Plan, Price
from tests.foreign import LOST_BEFORE, NOT_SENT, ForeignProvider, providers
from tests.shop import EMAIL, Shop, charged

from .buyers import calls, kinds, pass_time, state

PESOS, DOLLARS = "pro_monthly_v1", "pro_usd_v1"
PRO = Plan("pro", "Pro", (Price(PESOS, Money(10000, "CLP")), Price(DOLLARS, Money(12, "USD"))))
NOWHERE = "http://127.0.0.1:9/api"


@pytest.fixture
def abroad(shop: Shop, settings: Any) -> Iterator[ForeignProvider]:
    """The same shop with a second gateway."""
    settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["abroad"] = {"BACKEND": "tests.foreign.ForeignGateway"}
    settings.PAYMENT_SUBSCRIPTIONS["PLANS"] = [PRO]
    gateways.forget()
    providers["abroad"] = ForeignProvider()
    yield providers["abroad"]
    gateways.forget()


def choose(price: str) -> Checkout:
    return form_payer("nonce", EMAIL).subscribe(price)


def pay_abroad(shop: Shop) -> Subscription:
    return shop.come_back(choose(DOLLARS)).subscription


def assert_paid_abroad_alone(shop: Shop, abroad: ForeignProvider) -> None:
    pass_time(shop, 60, step=5)
    assert Subscription.objects.open().get().provider == "abroad"
    assert Subscription.objects.open().get().status == Status.ACTIVE
    assert len(abroad.charges) == 1
    assert charged(shop.flow) == 0
    assert [each for each in shop.flow.subscriptions.values() if each.status == 1] == []
    assert kinds() == []


@pytest.mark.parametrize("strategy", ["card", "link", "order"])
def test_flow_cannot_be_reached(shop: Shop, abroad: ForeignProvider, strategy: str) -> None:
    shop.configure(STRATEGIES=(strategy,), API_URL=NOWHERE)
    stuck = choose(PESOS)
    assert stuck.is_unreached
    assert state(stuck) == "unreached"
    pay_abroad(shop)  # while Flow is still away: nothing has to be asked of it
    shop.configure(API_URL=shop.flow.api_url)
    assert_paid_abroad_alone(shop, abroad)
    assert Checkout.objects.get(pk=stuck.pk).status == CheckoutStatus.EXPIRED
    assert [call.service for call in shop.flow.calls if call.service.startswith("customer/c")] == []


@pytest.mark.parametrize("strategy", ["card", "link", "order"])
def test_flow_s_key_is_wrong(shop: Shop, abroad: ForeignProvider, strategy: str) -> None:
    shop.configure(STRATEGIES=(strategy,), API_KEY="wrong")
    with pytest.raises(ConfigurationError):
        choose(PESOS)
    stuck = Checkout.objects.get()
    assert stuck.has_taken_nothing
    assert state(stuck) == "unreached"
    pay_abroad(shop)
    shop.configure(API_KEY=shop.flow.api_key)
    assert_paid_abroad_alone(shop, abroad)


@pytest.mark.parametrize(
    ("strategy", "service"),
    [("card", "customer/create"), ("card", "customer/register"), ("order", "payment/create")],
)
@pytest.mark.parametrize("kind", ["reset_before_commit", "reset_after_commit"])
def test_nobody_knows_what_flow_did_before_any_payment(
    shop: Shop, abroad: ForeignProvider, strategy: str, service: str, kind: str
) -> None:
    shop.configure(STRATEGIES=(strategy,))
    shop.flow.faults.add(service, kind)
    doubt = choose(PESOS)
    assert doubt.is_in_doubt
    assert doubt.has_taken_nothing
    pay_abroad(shop)
    assert calls(shop, service) == 1  # asked about, and not begun again
    assert_paid_abroad_alone(shop, abroad)
    assert Checkout.objects.get(pk=doubt.pk).status == CheckoutStatus.EXPIRED


def test_a_bill_by_link_in_doubt_may_have_been_paid_by_mail(shop: Shop, abroad: ForeignProvider) -> None:
    """Flow mails it by itself: until Flow knows, nobody is given a second one."""
    shop.configure(STRATEGIES=("link",))
    shop.flow.faults.add("subscription/create", "reset_after_commit")
    doubt = choose(PESOS)
    assert doubt.is_in_doubt
    assert not doubt.has_taken_nothing
    with pytest.raises(Busy):
        choose(DOLLARS)
    pass_time(shop, 5)
    assert Checkout.objects.get(pk=doubt.pk).next_step == "pay"
    pay_abroad(shop)
    assert Checkout.objects.get(pk=doubt.pk).status == CheckoutStatus.EXPIRED
    assert_paid_abroad_alone(shop, abroad)


def test_a_bill_by_link_that_stands_is_not_said_to_have_taken_nothing(
    shop: Shop, abroad: ForeignProvider
) -> None:
    shop.configure(STRATEGIES=("link",))
    shop.flow.faults.add("subscription/get", "reset_before_commit", times=None)
    shop.flow.faults.add("invoice/get", "reset_before_commit", times=None)
    checkout = choose(PESOS)
    assert checkout.subscription.reference or Subscription.objects.get().reference
    assert not checkout.url
    checkout = Checkout.objects.get(pk=checkout.pk)
    assert not checkout.has_taken_nothing
    assert not checkout.is_unreached


def test_in_doubt_about_a_charge_flow_keeps_it(shop: Shop, abroad: ForeignProvider) -> None:
    checkout = choose(PESOS)
    shop.enter_card(checkout)
    shop.flow.faults.add("subscription/create", "reset_after_commit")
    assert shop.come_back(checkout).is_in_doubt
    with pytest.raises(Busy):
        choose(DOLLARS)
    pass_time(shop, 15)
    assert Subscription.objects.get().status == Status.ACTIVE
    assert charged(shop.flow) == 10000
    assert abroad.charges == []


@pytest.mark.parametrize("fault", [NOT_SENT, LOST_BEFORE])
def test_the_other_is_down_and_flow_takes_it(shop: Shop, abroad: ForeignProvider, fault: str) -> None:
    abroad.fault("customer", fault)
    stuck = choose(DOLLARS)
    checkout = choose(PESOS)
    shop.enter_card(checkout)
    shop.come_back(checkout)
    pass_time(shop, 30, step=5)
    assert Subscription.objects.open().get().provider == "flow"
    assert charged(shop.flow) == 10000
    assert abroad.charges == []
    assert Checkout.objects.get(pk=stuck.pk).status == CheckoutStatus.EXPIRED
