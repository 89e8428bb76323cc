"""A payer and a developer at the demo bar: what every chapter's walk is made of."""

from __future__ import annotations

import os
import time
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from payment_subscriptions.demo import simulator
from payment_subscriptions.testing.browser import Browser, Page

from . import must_be
from .must_be import Wrong

EMAIL = "rosa.pruebas@correo.cl"
PATIENCE = 20.0
CLOCK_IS_READ_EVERY = 0.3  # seconds, by the site: see payment_subscriptions/demo/clock.py


class Walk:
    """One chapter. ``ROWS`` and ``BOOKS`` are what must be at its end; ``AT``: whose books."""

    NAME: ClassVar[str]
    AT: ClassVar[str] = "Flow"
    ROWS: ClassVar[dict[str, list[str]]]
    BOOKS: ClassVar[dict[str, list[str]]]

    def __init__(self, site: str) -> None:
        self.site = site
        self.browser = Browser()
        self.seen: set[str] = set()

    def walk(self) -> None:
        raise NotImplementedError

    def books(self) -> dict[str, Any]:
        return must_be.books() if self.AT == "Flow" else must_be.books_at_stripe()

    def say(self, step: str, what: str) -> None:
        print(f"{self.NAME:<8} {step:<11} {what}", flush=True)

    # What a payer does

    def choose(self, price: str) -> Page:
        """From the front page by the plans to the hand-over page."""
        self.browser.open(f"{self.site}/")
        provider = self.AT.lower()
        currency = price.split("_")[2].upper() if provider == "stripe" else "CLP"
        plans = self.browser.open(f"{self.site}/pagos/?provider={provider}&currency={currency}")
        choice = next((link for link in plans.links if f"?price={price}" in link), None)
        self.must(choice is not None, f"the plans page offers no {price}")
        dialog = self.browser.open(str(choice))
        return self.browser.send(dialog.form(f"/pagos/{provider}/create/"), email=EMAIL)

    def enter_card(self, page: Page, **fields: str) -> None:
        """From the hand-over page by Flow's page to the result page."""
        self.at_flow(self.browser.follow(page), "/app/customer/disclaimer.php", "accion=aceptar", **fields)

    def at_flow(self, flow: Page, address: str, button: str, **fields: str) -> None:
        """Press a button on Flow's page and come back, without a cookie of ours."""
        self.note(flow.url)
        back = self.browser.send(flow.form(address), button, **fields)
        self.browser.send(back.form("/pagos/success/"))
        self.must(self.browser.came_back is not None, "the way back was not cross-site")
        self.must(not (self.browser.came_back or ("", True))[1], "the way back carried a cookie of ours")

    def in_another_tab(self, link: str, button: str) -> None:
        """Press a button on Flow's page, from which nobody comes back."""
        self.note(link)
        tab = Browser()
        tab.send(tab.open(link).form("/app/web/pay.php"), button)

    def note(self, url: str) -> None:
        self.seen |= {value for values in parse_qs(urlsplit(url).query).values() for value in values}

    # The demo bar

    def press(self, address: str, button: str = "") -> None:
        """A button of the demo bar, on the result page."""
        self.browser.send(self.result().form(address), button)

    def a_month(self) -> None:
        self.press("/demo/mover/", "span=month")

    def days(self, number: int) -> None:
        """So many days go by; a sweep on the last one, as a timer would make it."""
        if number > 1:
            simulator.move(days=number - 1)
            time.sleep(CLOCK_IS_READ_EVERY)
        self.press("/demo/mover/", "span=day")
        self.press("/demo/barrer/")

    # What the pages show

    def result(self) -> Page:
        """The result page as it is now."""
        page = self.browser.page
        if page is None or "/pagos/resultado/" not in page.url:
            raise Wrong(f"this is not the result page: {page.url if page else 'nothing'}")
        return self.browser.open(page.url)

    def must_be(self, state: str, *, payments: int | None = None, text: str = "") -> Page:
        """The result page in that state; one that says it will look again is given the time for it."""
        page, end = self.result(), time.monotonic() + PATIENCE
        while (page.state != state or text not in page.text) and "Refresh" in page.headers:
            if time.monotonic() > end:
                break
            time.sleep(0.5)
            page = self.result()
        self.must(page.state == state, f"{page.url} shows {page.state or page.text[:200]!r}, not {state!r}")
        self.must(text in page.text, f"the page does not say {text!r}: {page.text[:600]}")
        found = count("Payment")
        self.must(payments in (None, found), f"{found} payments, not {payments}")
        return page

    def must(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise Wrong(otherwise)

    # What no log may hold

    def secrets(self) -> dict[str, str]:
        """What it is, by the secret."""
        from payment_subscriptions.models import Checkout, Refund

        from .. import settings

        found = {
            settings.FLOW["API_KEY"]: "the API key",
            settings.FLOW["SECRET_KEY"]: "the secret key",
            settings.STRIPE["API_KEY"]: "Stripe's key",
            os.environ["STRIPE_WEBHOOK_SECRET"]: "the secret of Stripe's notices",
            EMAIL: "an e-mail",
            EMAIL.replace("@", "%40"): "an e-mail",
            "5293138086430769": "a card number",
            "4051885600446623": "a card number",
        }
        found |= {order["token"]: "an order's token" for order in simulator.flow.get("orders")}
        found |= {each["fields"]["token"]: "a callback's token" for each in simulator.flow.get("deliveries")}
        found |= dict.fromkeys(self.browser.cookies(), "a cookie")
        found |= dict.fromkeys(self.seen, "what the address of Flow's page holds")
        found |= dict.fromkeys(Refund.objects.values_list("token", flat=True), "a refund's token")
        ids = Checkout.objects.values_list("public_id", flat=True)
        return found | {str(public_id): "the key to a result page" for public_id in ids}


def rows(model: str) -> Any:
    from django.apps import apps

    return apps.get_model("payment_subscriptions", model)._default_manager


def count(model: str) -> int:
    return int(rows(model).count())
