"""Our plans and prices at Stripe: a product for each plan, a price for each of ours, found by lookup key.

A price at Stripe cannot change its amount; a changed price of ours has another key. Sources:
https://docs.stripe.com/api/prices/create and https://docs.stripe.com/products-prices/manage-prices#lookup-keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...exceptions import AlreadyExists, ConfigurationError, NotFound
from ...plans import Price, catalogue
from ..base import PriceDifference
from .amounts import from_stripe, to_stripe
from .shapes import Thing

if TYPE_CHECKING:
    from .client import Client


def find(client: Client, price: Price, adopted: Mapping[str, str]) -> Thing | None:
    """Stripe's price for ours: the one that was adopted, else by its lookup key."""
    if price.key in adopted:
        try:
            return client.call(client.v1.prices.retrieve, adopted[price.key], params={"expand": ["product"]})
        except NotFound:
            return None
    params = {"lookup_keys": [price.key], "limit": 1, "expand": ["data.product"]}
    found: list[Thing] = client.call(client.v1.prices.list, params=params)["data"]
    return found[0] if found else None


def price_id(client: Client, price: Price, adopted: Mapping[str, str]) -> str:
    """Stripe's id. Raises ConfigurationError where there is none."""
    found = find(client, price, adopted)
    if found is None:
        raise ConfigurationError(
            f"Stripe has no price {price.key!r}", hint="Make the prices with: manage.py payments_plans push"
        )
    return str(found["id"])


def differences(price: Price, found: Thing | None) -> list[PriceDifference]:
    """Where Stripe's is not ours."""
    if found is None:
        return [PriceDifference(price.key, "missing")]
    return [
        PriceDifference(price.key, name, str(here), str(there))
        for name, here, there in _compared(price, found)
        if here != there
    ]


def _compared(price: Price, found: Thing) -> Iterator[tuple[str, Any, Any]]:
    """A trial is given by each subscription, not by the price."""
    recurring = found.get("recurring") or {}
    product = found.get("product")
    whole, there = found.get("unit_amount"), None
    if whole is not None:
        there = from_stripe(int(whole), str(found["currency"]))
    yield "amount", price.amount, there
    yield "interval", "once" if price.is_once else str(price.interval), recurring.get("interval") or "once"
    yield "interval_count", price.interval_count, recurring.get("interval_count") or 1
    yield "active", True, bool(found.get("active"))
    if isinstance(product, Mapping):
        yield "product active", True, bool(product.get("active"))


def push(client: Client, price: Price) -> None:
    """Make it, and its product where that is not there yet. Both are safe to repeat."""
    product = _product(client, price)
    params: dict[str, Any] = {
        "product": product,
        "currency": price.currency.lower(),
        "unit_amount": to_stripe(price.amount),
        "lookup_key": price.key,
        "nickname": price.key,
        "metadata": {"price": price.key},
    }
    if not price.is_once:
        params["recurring"] = {"interval": str(price.interval), "interval_count": price.interval_count}
    client.call(client.v1.prices.create, params=params)


def _product(client: Client, price: Price) -> str:
    """The plan's, which Stripe shows to payers by its name."""
    plan = catalogue().plan_of(price)
    params = {"id": plan.key, "name": str(plan.name), "metadata": {"plan": plan.key}}
    with suppress(AlreadyExists):
        client.call(client.v1.products.create, params=params)
    return plan.key
