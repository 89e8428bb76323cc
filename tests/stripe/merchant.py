"""A merchant on a simulated Stripe: what the tests drive. Nothing of ours is replaced."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from payment_subscriptions import addresses
from payment_subscriptions.billing import form_payer
from payment_subscriptions.checkout import go_on, returned
from payment_subscriptions.gateways import gateways
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price, catalogue
from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.simulators.stripe.cards import OK
from payment_subscriptions.sweep import sweep
from payment_subscriptions.verbs import sync

EMAIL = "bob@mail.example"
_clock: list[StripeSimulator] = []

PRO = Plan(
    "pro",
    "Pro",
    (
        Price("pro_monthly_usd_v1", Money("10.00", "USD")),
        Price("pro_yearly_usd_v1", Money("100.00", "USD"), Interval.YEAR),
        Price("pro_monthly_eur_v1", Money("9.00", "EUR")),
        Price("pro_monthly_clp_v1", Money(5000, "CLP")),
        Price("pro_monthly_bhd_v1", Money("5.000", "BHD")),
    ),
)
TEAM = Plan("team", "Team", (Price("team_monthly_usd_v1", Money("30.00", "USD")),))
TRIAL = Plan("trial", "Trial", (Price("trial_monthly_usd_v1", Money("20.00", "USD"), trial_days=7),))
BOOK = Plan("book", "Book", (Price("book_once_usd_v1", Money("15.00", "USD"), Interval.ONCE),), slot="book")
PASS = Plan(
    "pass",
    "Pass",
    (Price("pass_once_usd_v1", Money("7.00", "USD"), Interval.ONCE, access_days=30),),
    slot="pass",
)
PLANS = [PRO, TEAM, TRIAL, BOOK, PASS]
MONTHLY = "pro_monthly_usd_v1"


def simulated_now() -> Any:
    return _clock[-1].clock.now()


def merchant_settings(stripe: StripeSimulator, base_url: str, **changes: Any) -> dict[str, Any]:
    """PAYMENT_SUBSCRIPTIONS of a merchant at ``base_url`` whose Stripe is ``stripe``."""
    account = {
        "BACKEND": "payment_subscriptions.gateways.stripe.StripeGateway",
        "MODE": "sandbox",
        "API_KEY": stripe.api_key,
        "API_URL": stripe.api_url,
        "TIMEOUT": 3.0,
        "PROMOTION_CODES": True,
    }
    return {
        "GATEWAYS": {"stripe": account | changes.pop("stripe", {})},
        "PLANS": "tests.stripe.merchant.PLANS",
        "BASE_URL": base_url,
        "CLOCK": "tests.stripe.merchant.simulated_now",
        **changes,
    }


class Merchant:
    """``open`` ties the clock, makes prices and the endpoint, and learns its secret, as the commands do."""

    def __init__(self, stripe: StripeSimulator) -> None:
        self.stripe = stripe

    def open(self) -> Merchant:
        _clock.append(self.stripe)
        gateways.forget()
        gateway = gateways["stripe"]
        for price in catalogue().prices():
            gateway.push_price(price, "")
        self.configure(WEBHOOK_SECRETS=[gateway.push_endpoint(addresses.notice_url(gateway))])
        return self

    def close(self) -> None:
        _clock.pop()
        gateways.forget()

    def configure(self, **stripe: Any) -> None:
        """Change options of the gateway, as a redeployed project would."""
        settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["stripe"].update(stripe)
        gateways.forget()

    def begin(
        self, price: str = MONTHLY, nonce: str = "nonce", email: str = EMAIL, **chosen: Any
    ) -> Checkout:
        return form_payer(nonce, email).subscribe(price, **chosen)

    def pay(self, checkout: Checkout, number: str = OK, *, authenticated: bool = False) -> str:
        """On Stripe's page; the payer has not come back yet, the events have."""
        return self.stripe.complete_session(self.session(checkout), number, authenticated=authenticated)

    def session(self, checkout: Checkout) -> str:
        return str(Checkout.objects.get(pk=checkout.pk).data["session"])

    def come_back(self, checkout: Checkout) -> Checkout:
        return returned(Checkout.objects.get(pk=checkout.pk))

    def subscribe(self, price: str = MONTHLY, number: str = OK, **chosen: Any) -> Subscription:
        """The whole way: choose, pay, come back."""
        checkout = self.begin(price, **chosen)
        assert self.pay(checkout, number) == ""
        return self.come_back(checkout).subscription

    def move(self, **span: float) -> None:
        """Let time pass; events are delivered on the way."""
        self.stripe.clock.advance(**span)
        self.stripe.settle()

    def sweep(self, rounds: int = 3) -> None:
        for _round in range(rounds):
            sweep()

    def go_on(self, checkout: Checkout) -> Checkout:
        return go_on(Checkout.objects.get(pk=checkout.pk))

    def read(self, subscription: Subscription) -> Subscription:
        return sync(subscription)

    def charged(self, currency: str = "usd") -> int:
        """What was taken and kept, in Stripe's integers."""
        assert self.stripe.books.twice() == []
        return self.stripe.books.total(currency)
