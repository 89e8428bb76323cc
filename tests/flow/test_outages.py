"""Flow in trouble: what payers see, what waits, and what is done once it answers again."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.test import Client

from payment_subscriptions import conf
from payment_subscriptions.exceptions import OutcomeUnknown
from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.circuit import FAILURES
from payment_subscriptions.lifecycle import CheckoutStatus, RefundStatus
from payment_subscriptions.models import Checkout, Customer, Notice, Subscription
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Plan, Price
from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator
from tests.flow.buyers import calls
from tests.shop import Shop, charged
from tests.views.till import fields

__all__ = ["stripe_server", "stripe_simulator"]

PLANS = [Plan("pro", "Pro", (Price("pro_monthly_v1", Money(10000, "CLP")),))]


def down(shop: Shop, service: str = "*") -> None:
    """Flow answers nothing there any more, and the circuit is open."""
    shop.flow.faults.add(service, "http_error", times=None, retry_after="60")
    for _time in range(FAILURES):
        with suppress(OutcomeUnknown):
            gateways["flow"].client.customer.delete("cus_x")  # type: ignore[attr-defined]


def well(shop: Shop) -> None:
    shop.flow.faults.clear()
    shop.move(minutes=16)
    shop.sweep()


def test_a_command_at_the_open_door_is_made_once_when_flow_answers_again(shop: Shop) -> None:
    down(shop)
    checkout = shop.begin()
    assert (checkout.status, checkout.call_begun_at) == (CheckoutStatus.OPEN, None)
    assert calls(shop, "customer/create") == 0
    well(shop)
    checkout.refresh_from_db()
    assert checkout.next_step == "go"
    assert calls(shop, "customer/create") == len(shop.flow.customers) == Customer.objects.count() == 1


def test_a_refund_at_the_open_door_is_made_once_when_flow_answers_again(shop: Shop) -> None:
    payment = shop.subscribe().payments.get()
    down(shop)
    refund = payment.refund()
    assert (refund.status, refund.call_begun_at) == (RefundStatus.REQUESTED, None)
    assert calls(shop, "customer/reverseCharge") == 0
    well(shop)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.REFUNDED
    assert calls(shop, "customer/reverseCharge") == 1
    assert charged(shop.flow) == 0


def test_a_call_in_doubt_stays_in_doubt_at_the_open_door(shop: Shop) -> None:
    checkout = shop.begin()
    shop.enter_card(checkout)
    shop.flow.faults.add("subscription/create", "reset_after_commit")
    shop.come_back(checkout)
    down(shop)
    shop.move(minutes=1)
    shop.sweep(1)
    checkout.refresh_from_db()
    assert checkout.is_in_doubt
    well(shop)
    assert Subscription.objects.get().status == "active"
    assert calls(shop, "subscription/create") == 1
    assert charged(shop.flow) == 10000


@pytest.mark.slow
def test_notices_survive_an_outage_of_a_day(shop: Shop) -> None:
    shop.subscribe()
    before = Notice.objects.count()
    down(shop)
    shop.move(months=1)
    assert Notice.objects.filter(state=NoticeState.RECEIVED).count() == 1 + before
    for _look in range(12):
        shop.move(hours=2)
        shop.sweep(1)
    assert not Notice.objects.dead().exists()
    well(shop)
    notice = Notice.objects.latest("pk")
    assert (notice.state, notice.tries) == (NoticeState.DONE, 0)
    assert Subscription.objects.get().payments.paid().count() == 2


def test_another_account_is_not_touched(shop: Shop, settings: Any) -> None:
    accounts = conf.get("GATEWAYS")
    settings.PAYMENT_SUBSCRIPTIONS = settings.PAYMENT_SUBSCRIPTIONS | {
        "GATEWAYS": accounts | {"flow-pe": accounts["flow"]}
    }
    down(shop)
    shop.flow.faults.clear()
    with pytest.raises(OutcomeUnknown):
        gateways["flow"].push_price(PLANS[0].prices[0], "https://tienda.cl/")
    gateways["flow-pe"].push_price(PLANS[0].prices[0], "https://tienda.cl/")


def test_changed_settings_begin_with_a_closed_circuit(shop: Shop) -> None:
    down(shop)
    shop.flow.faults.clear()
    shop.configure(TIMEOUT=2.0)
    assert shop.begin().next_step == "go"


def test_a_payer_is_offered_the_other_gateway_at_once(
    shop: Shop, stripe_simulator: StripeSimulator, settings: Any
) -> None:
    stripe = {
        "BACKEND": "payment_subscriptions.gateways.stripe.StripeGateway",
        "API_KEY": stripe_simulator.api_key,
        "API_URL": stripe_simulator.api_url,
    }
    settings.PAYMENT_SUBSCRIPTIONS = settings.PAYMENT_SUBSCRIPTIONS | {
        "GATEWAYS": conf.get("GATEWAYS") | {"stripe": stripe},
        "PLANS": PLANS,
    }
    gateways["stripe"].push_price(PLANS[0].prices[0], "")
    down(shop)
    asked = len(shop.flow.calls)
    client = Client(headers={"accept": "text/html"})
    form = fields(client.get("/pagos/", {"price": "pro_monthly_v1", "provider": "flow"}).content.decode())
    page = client.post("/pagos/flow/create/", form | {"email": "ana@correo.cl"})
    assert len(shop.flow.calls) == asked
    assert page.status_code == 503
    text = page.content.decode()
    assert "Flow no puede recibir tu pago en este momento. No se ha cobrado nada." in text
    assert 'name="another"' in text
    assert "Stripe" in text
    assert Checkout.objects.get().is_unreached
