"""A merchant with two gateways that overlap, each with a temper of its own."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.test import Client

from payment_subscriptions.exceptions import ConfigurationError, OutcomeUnknown
from payment_subscriptions.gateways.base import Attempt, Step
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price
from tests.views.till import EMAIL, TillGateway, fields, till_settings

PLANS = [
    Plan(
        "pro",
        "Pro",
        (
            Price("pro_monthly_v1", Money(10000, "CLP")),
            Price("pro_yearly_v1", Money(100000, "CLP"), Interval.YEAR),
            Price("pro_usd_v1", Money(11, "USD")),
            Price("pro_usd_v2", Money(12, "USD")),
            Price("pro_eur_v1", Money(10, "EUR")),
        ),
        features=("Proyectos sin límite",),
    ),
    Plan("empresa", "Empresa", (Price("empresa_monthly_v1", Money("1.5", "CLF")),)),
    Plan("book", "Libro", (Price("book_once_v1", Money(7000, "CLP"), Interval.ONCE),), slot="book"),
    Plan("zine", "Zine", (Price("zine_once_v1", Money(3, "USD"), Interval.ONCE),), slot="zine"),
]


class HereGateway(TillGateway):
    """Moods beside the till's: "down" (not reached at all), "lost" (no answer, and none when asked), "lost:
    once" (it answers when asked), "mute" (what was opened cannot be given up), "unkeyed"."""

    name = "Caja"
    currencies = frozenset({"CLP", "CLF"})
    mood: ClassVar[str] = ""

    @property
    def strategies(self) -> tuple[str, ...]:
        if self.mood == "unkeyed":
            raise ConfigurationError("no key")
        return super().strategies

    def advance(self, attempt: Attempt) -> Step:
        if self.mood == "down":
            raise _unsent()
        if self.mood.startswith("lost"):
            raise OutcomeUnknown("nothing heard")
        return super().advance(attempt)

    def resolve(self, attempt: Attempt) -> Step:
        if self.mood in ("down", "lost"):
            raise OutcomeUnknown("nothing heard")
        return super().resolve(attempt)

    def expire(self, attempt: Attempt) -> None:
        if self.mood == "mute":
            raise OutcomeUnknown("nothing heard")
        super().expire(attempt)


class AbroadGateway(HereGateway):
    name = "Mundo"
    currencies = frozenset({"CLP", "USD", "EUR"})
    mood: ClassVar[str] = ""


def _unsent() -> OutcomeUnknown:
    error = OutcomeUnknown("no connection")
    error.sent = False
    return error


GATEWAYS: dict[str, type[HereGateway]] = {"here": HereGateway, "abroad": AbroadGateway}


def moods(**found: str) -> None:
    for alias, mood in found.items():
        GATEWAYS[alias].mood = mood


def two_settings(**changes: Any) -> dict[str, Any]:
    backends = {alias: {"BACKEND": f"tests.views.two.{each.__name__}"} for alias, each in GATEWAYS.items()}
    return till_settings(**{"GATEWAYS": backends, "PLANS": "tests.views.two.PLANS", **changes})


def order(
    client: Client, provider: str = "here", price: str = "pro_monthly_v1", email: str = EMAIL, **changes: str
) -> Any:
    """Open the dialog at that gateway and send its form; the answer."""
    html = client.get("/pagos/", {"price": price, "provider": provider}).content.decode()
    return client.post(
        f"/pagos/{provider}/create/", fields(html) | {"price": price, "email": email} | changes
    )


def chosen(html: str) -> list[str]:
    """The ways and currencies that are marked as chosen."""
    return [re.sub(r"<[^>]+>", "", label) for label in re.findall(r'aria-current="true">(.*?)</a>', html)]


def others(html: str) -> list[str]:
    """What else may be done about an order that came to nothing: "gateway: price"."""
    html = html.replace("&amp;", "&")
    buttons = re.findall(r'name="another" value="(\w+)" formaction="/pagos/(\w+)/create/"', html)
    links = re.findall(r'class="button quiet" href="/pagos/\?price=(\w+)&provider=(\w+)&order=', html)
    return [f"{provider}: {price}" for price, provider in buttons + links]


def dialog(html: str) -> tuple[str, str]:
    """Where the open dialog orders, and which price."""
    assert re.search(r"<dialog[^>]* open>", html)
    action = re.search(r'action="/pagos/(\w+)/create/" data-subscribe', html)
    assert action
    return action[1], fields(html)["price"]
