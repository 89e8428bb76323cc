"""The other side: one who sells through the real ``stripe`` library."""

from __future__ import annotations

from typing import Any

import stripe

from payment_subscriptions.simulators.stripe import StripeSimulator

AWAY = "http://127.0.0.1:9"


class Seller:
    def __init__(self, simulator: StripeSimulator) -> None:
        self.simulator = simulator
        self.v1: Any = stripe.StripeClient(simulator.api_key, base_addresses={"api": simulator.api_url}).v1

    # --- what most tests begin with

    def price(self, amount: int = 10_000, currency: str = "clp", **params: Any) -> str:
        key = f"price_{amount}_{currency}"
        product = self.v1.products.create({"id": f"pro_{key}", "name": "Plan Pro"})
        recurring = {"recurring": {"interval": "month"}} if params.pop("renews", True) else {}
        made = self.v1.prices.create(
            {"product": product.id, "currency": currency, "unit_amount": amount, **recurring, **params}
        )
        return str(made.id)

    def customer(self, **params: Any) -> str:
        return str(self.v1.customers.create({"email": "ana@correo.cl", "name": "Ana", **params}).id)

    def session(self, price: str, **params: Any) -> Any:
        site = params.pop("site", AWAY)
        return self.v1.checkout.sessions.create(
            {
                "mode": params.pop("mode", "subscription"),
                "customer": params.pop("customer", None) or self.customer(),
                "line_items": [{"price": price, "quantity": params.pop("quantity", 1)}],
                "success_url": f"{site}/back/?session={{CHECKOUT_SESSION_ID}}",
                "cancel_url": f"{site}/left/",
                **params,
            }
        )

    def subscribe(self, price: str = "", **params: Any) -> str:
        """The whole way: a subscription with a card that works."""
        session = self.session(price or self.price(), **params)
        assert self.simulator.complete_session(session.id) == ""
        return str(self.v1.checkout.sessions.retrieve(session.id).subscription)
