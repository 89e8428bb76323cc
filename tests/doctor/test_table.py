"""Twelve faults, twelve findings: each is named by its own, and by no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.utils import timezone

from payment_subscriptions.addresses import notice_url
from payment_subscriptions.doctor import Code, examine
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import CheckoutStatus
from payment_subscriptions.models import Checkout, Heartbeat, Notice
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.stripe import StripeSimulator
from tests.shop import Shop, shop_settings
from tests.stripe.merchant import MONTHLY, Merchant, merchant_settings

from .clinic import codes, healthy_at_flow, healthy_at_stripe, our_kind_of_key, run

WEBHOOK = "/pagos/api/{}/webhook/"
#: The same, as it goes wrong: without its slash Django redirects; the other is no page at all.
NO_SLASH, NO_PAGE = "/pagos/api/{}/webhook", "/pagos/api/{}/hook/"


@dataclass(frozen=True)
class Fault:
    """``path``: at which the notices are received, from the first day on; ``inject`` comes later."""

    code: Code
    inject: Callable[[Any], None] = field(default=lambda merchant: None)
    path: str = ""


# --- at Flow --------------------------------------------------------------------------------------


def configured(**options: Any) -> Callable[[Any], None]:
    return lambda merchant: merchant.configure(**options)


def no_plan(shop: Shop) -> None:
    shop.flow.plans.pop("basic_monthly_v1")


def other_amount(shop: Shop) -> None:
    vars(shop.flow.plans["basic_monthly_v1"]).update(amount=Decimal(1000))


def no_contract(shop: Shop) -> None:
    shop.flow.options.card_contract = False


def orphan_at_flow(shop: Shop) -> None:
    gateway: Any = gateways["flow"]
    gateway.client.customer.create(name="Eva", email="eva@correo.cl", external_id=our_kind_of_key())


def no_sweep(_merchant: Any) -> None:
    Heartbeat.objects.filter(name="sweep").update(at=timezone.now() - timedelta(minutes=11))


def dead_notice(shop: Shop) -> None:
    """Flow says what nobody can make anything of, whenever it is asked about that token."""
    shop.flow.faults.add("payment/getStatus", "error", times=None, code=4711)
    url = notice_url(gateways["flow"])
    assert requests.post(url, data={"token": "0123456789ABCDEF" * 2}, timeout=20).status_code == 200
    shop.flow.faults.clear()
    assert Notice.objects.get(state=NoticeState.DEAD).tries == 1


def in_doubt(shop: Shop) -> None:
    checkout = shop.begin("club_monthly_v1", nonce="another", email="eva@correo.cl")
    shop.enter_card(checkout)
    shop.flow.faults.add("subscription/create", "reset_after_commit")
    assert shop.come_back(checkout).status == CheckoutStatus.IN_DOUBT
    assert Checkout.objects.in_doubt().count() == 1


AT_FLOW = {
    "missing key": Fault(Code.KEYS_MISSING, configured(API_KEY="")),
    "other environment's key": Fault(Code.KEY_ENVIRONMENT, configured(API_KEY="1F0A5E5A-OTHER-ENVIRONMENT")),
    "wrong secret": Fault(Code.SIGNATURE, configured(SECRET_KEY="0" * 40)),
    "missing plan": Fault(Code.PLAN_MISSING, no_plan),
    "plan with another amount": Fault(Code.PLAN_DIFFERS, other_amount),
    "callback that redirects": Fault(Code.CALLBACK_REDIRECTS, path=NO_SLASH),
    "callback that 404s": Fault(Code.CALLBACK_NOT_FOUND, path=NO_PAGE),
    "no card contract": Fault(Code.STRATEGY_REFUSED, no_contract),
    "orphan customer": Fault(Code.CUSTOMER_ORPHAN, orphan_at_flow),
    "sweep not running": Fault(Code.SWEEP_NOT_RUNNING, no_sweep),
    "dead notices": Fault(Code.NOTICES_DEAD, dead_notice),
    "attempt in doubt": Fault(Code.IN_DOUBT, in_doubt),
}
TWELVE = [fault.code for fault in AT_FLOW.values()]


@pytest.fixture
def flow_shop(
    transactional_db: None, flow: FlowSimulator, live_server: Any, settings: Any, request: Any
) -> Iterator[Shop]:
    path: str = getattr(request, "param", "")
    account = {"NOTICE_URL": live_server.url + path.format("flow")} if path else {}
    settings.PAYMENT_SUBSCRIPTIONS = shop_settings(flow, live_server.url, MAX_TRIES=1)
    settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["flow"].update(account)
    shop = Shop(flow)
    yield healthy_at_flow(shop)
    shop.close()


def test_the_table_is_of_twelve_faults_and_twelve_findings() -> None:
    assert len(AT_FLOW) == len(set(TWELVE)) == 12


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("name", "flow_shop"),
    [(name, fault.path) for name, fault in AT_FLOW.items()],
    ids=list(AT_FLOW),
    indirect=["flow_shop"],
)
def test_each_fault_at_flow_is_named_by_its_own_finding_and_by_no_other(flow_shop: Shop, name: str) -> None:
    """A row of the table: of the twelve, and of all the others, that one is there."""
    fault = AT_FLOW[name]
    fault.inject(flow_shop)
    report = examine()
    assert {code: code in codes(report) for code in TWELVE} == {code: code == fault.code for code in TWELVE}
    assert codes(report) == [fault.code]
    is_error = report.findings[0].severity == "error"
    assert_well_told(flow_shop.flow.secret_key, flow_shop.flow.api_key, ends_with=int(is_error))


def test_nothing_is_said_of_a_healthy_shop(flow_shop: Shop) -> None:
    report = examine()
    assert codes(report) == []
    assert report.unseen == 0
    assert run()[0] == 0


def assert_well_told(*secrets: str, ends_with: int) -> None:
    """In 80 columns, but for what is to be copied whole; without a secret."""
    code, said = run()
    assert code == ends_with
    for line in said.splitlines():
        assert len(line) <= 80 or "$ " in line or "://" in line, line
    for secret in secrets:
        assert secret not in said + run("--json")[1]


# --- at Stripe ------------------------------------------------------------------------------------


def price(merchant: Merchant) -> dict[str, Any]:
    (found,) = [each for each in merchant.stripe.table("prices") if each["lookup_key"] == MONTHLY]
    return found


def no_price(merchant: Merchant) -> None:
    merchant.stripe.account.prices.pop(price(merchant)["id"])


def other_unit_amount(merchant: Merchant) -> None:
    price(merchant)["unit_amount"] = 700


def orphan_at_stripe(merchant: Merchant) -> None:
    gateway: Any = gateways["stripe"]
    params = {"email": "eva@mail.example", "metadata": {"external_id": our_kind_of_key()}}
    gateway.client.call(gateway.client.v1.customers.create, params=params)


def endpoint(merchant: Merchant) -> dict[str, Any]:
    (found,) = merchant.stripe.table("endpoints")
    return found


def no_endpoint(merchant: Merchant) -> None:
    merchant.stripe.account.endpoints.pop(endpoint(merchant)["id"])


def fewer_events(merchant: Merchant) -> None:
    endpoint(merchant)["enabled_events"].remove("invoice.paid")


def other_version(merchant: Merchant) -> None:
    endpoint(merchant)["api_version"] = "2020-08-27"


def archived(merchant: Merchant) -> None:
    price(merchant)["active"] = False


AT_STRIPE = {
    "missing key": Fault(Code.KEYS_MISSING, configured(API_KEY="")),
    "another account's key": Fault(Code.KEY_ENVIRONMENT, configured(API_KEY="sk_test_of_another")),
    "live key": Fault(Code.KEY_ENVIRONMENT, configured(API_KEY="sk_live_of_another")),
    "missing price": Fault(Code.PLAN_MISSING, no_price),
    "archived price": Fault(Code.PLAN_INACTIVE, archived),
    "price with another amount": Fault(Code.PLAN_DIFFERS, other_unit_amount),
    "callback that redirects": Fault(Code.CALLBACK_REDIRECTS, path=NO_SLASH),
    "callback that 404s": Fault(Code.CALLBACK_NOT_FOUND, path=NO_PAGE),
    "orphan customer": Fault(Code.CUSTOMER_ORPHAN, orphan_at_stripe),
    "sweep not running": Fault(Code.SWEEP_NOT_RUNNING, no_sweep),
    "no endpoint": Fault(Code.ENDPOINT_MISSING, no_endpoint),
    "an endpoint that hears too little": Fault(Code.ENDPOINT_DIFFERS, fewer_events),
    "an endpoint of another version": Fault(Code.ENDPOINT_VERSION, other_version),
}


@pytest.fixture
def stripe_merchant(
    transactional_db: None, stripe_simulator: StripeSimulator, live_server: Any, settings: Any, request: Any
) -> Iterator[Merchant]:
    path: str = getattr(request, "param", "")
    account = {"NOTICE_URL": live_server.url + path.format("stripe")} if path else {}
    settings.PAYMENT_SUBSCRIPTIONS = merchant_settings(stripe_simulator, live_server.url)
    settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["stripe"].update(account)
    merchant = Merchant(stripe_simulator)
    yield healthy_at_stripe(merchant)
    merchant.close()


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("name", "stripe_merchant"),
    [(name, fault.path) for name, fault in AT_STRIPE.items()],
    ids=list(AT_STRIPE),
    indirect=["stripe_merchant"],
)
def test_each_fault_at_stripe_is_named_by_its_own_finding_and_by_no_other(
    stripe_merchant: Merchant, name: str
) -> None:
    fault = AT_STRIPE[name]
    fault.inject(stripe_merchant)
    report = examine()
    assert codes(report) == [fault.code]
    is_error = report.findings[0].severity == "error"
    assert_well_told(stripe_merchant.stripe.api_key, "whsec_", "sk_test_of", ends_with=int(is_error))


def test_nothing_is_said_of_a_healthy_merchant(stripe_merchant: Merchant) -> None:
    report = examine()
    assert codes(report) == []
    assert report.unseen == 0
    assert run()[0] == 0
