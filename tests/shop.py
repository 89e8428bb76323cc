"""A merchant on a simulated Flow: what the tests drive. Nothing of ours is replaced."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from payment_subscriptions import addresses
from payment_subscriptions.billing import form_payer
from payment_subscriptions.checkout import go_on, returned
from payment_subscriptions.gateways import gateways
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.plans import Plan, catalogue
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.sweep import sweep

EMAIL = "ana@correo.cl"
# The simulator whose clock is the shop's: one at a time.
_clock: list[FlowSimulator] = []


def simulated_now() -> Any:
    return _clock[-1].clock.now()


def shop_settings(flow: FlowSimulator, base_url: str, **changes: Any) -> dict[str, Any]:
    """PAYMENT_SUBSCRIPTIONS of a merchant at ``base_url`` whose Flow is ``flow``."""
    account = {
        "BACKEND": "payment_subscriptions.gateways.flow.FlowGateway",
        "MODE": "sandbox",
        "API_KEY": flow.api_key,
        "SECRET_KEY": flow.secret_key,
        "API_URL": flow.api_url,
        "TIMEOUT": 3.0,
    }
    return {
        "GATEWAYS": {"flow": account | changes.pop("flow", {})},
        "PLANS": "tests.catalogue.PLANS",
        "BASE_URL": base_url,
        "CLOCK": "tests.shop.simulated_now",
        **changes,
    }


class Shop:
    """``with shop:`` ties the clock; plans are made at the simulator by ``open``."""

    def __init__(self, flow: FlowSimulator) -> None:
        self.flow = flow

    def open(self) -> Shop:
        _clock.append(self.flow)
        gateways.forget()
        gateway = gateways["flow"]
        for price in catalogue().prices():
            gateway.push_price(price, addresses.notice_url(gateway))
        return self

    def close(self) -> None:
        _clock.pop()
        gateways.forget()

    def configure(self, **flow: Any) -> None:
        """Change options of the gateway, as a redeployed project would."""
        settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["flow"].update(flow)
        gateways.forget()

    def configure_plans(self, plans: list[Plan]) -> None:
        """Sell these, and have them made at Flow."""
        settings.PAYMENT_SUBSCRIPTIONS["PLANS"] = plans
        for price in catalogue().prices():
            gateways["flow"].push_price(price, addresses.notice_url(gateways["flow"]))

    def begin(self, price: str = "pro_monthly_v1", nonce: str = "nonce", email: str = EMAIL) -> Checkout:
        """A payer chooses: the attempt, waiting for a card."""
        return form_payer(nonce, email).subscribe(price)

    def enter_card(self, checkout: Checkout) -> None:
        """The payer registers Flow's test card, and has not come back yet."""
        self.flow.accept_enrolment(token_in(checkout.url))

    def come_back(self, checkout: Checkout) -> Checkout:
        return returned(Checkout.objects.get(pk=checkout.pk))

    def subscribe(
        self, price: str = "pro_monthly_v1", nonce: str = "nonce", email: str = EMAIL
    ) -> Subscription:
        """The whole way: choose, enter a card, come back."""
        checkout = self.begin(price, nonce, email)
        self.enter_card(checkout)
        return self.come_back(checkout).subscription

    def move(self, **span: float) -> None:
        """Let time pass; callbacks are delivered on the way."""
        self.flow.clock.advance(**span)
        self.flow.settle()

    def sweep(self, rounds: int = 3) -> None:
        for _round in range(rounds):
            sweep()

    def go_on(self, checkout: Checkout) -> Checkout:
        return go_on(Checkout.objects.get(pk=checkout.pk))


def token_in(url: str) -> str:
    return parse_qs(urlsplit(url).query)["token"][0]


def charged(flow: FlowSimulator) -> int:
    """Whole pesos that were taken and kept."""
    return int(flow.books.total())
