"""A merchant without the contract for automatic charges: the card is refused, the bill's link is paid."""

from __future__ import annotations

from typing import Any

from payment_subscriptions.demo import simulator

from .walk import Walk

PRICE = "brote_monthly_v1"


ROWS: dict[str, list[str]] = {
    "subscriptions": ["brote_monthly_v1 active 10000 CLP monthly flow sandbox link rosa.pruebas@correo.cl"],
    "periods": ["2026-02-13 to 2026-03-13, paid until 2026-03-13, ended never, access paid"],
    "customers": [" "],
    "checkouts": ["open card refused 7001", "open link done"],
    "payments": [
        "#1 paid 10000 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-13, 0 attempts",
        "#2 paid 10000 CLP, 2026-02-13 to 2026-03-13, paid 2026-02-13, 0 attempts",
    ],
    "notices": ["done, 1×, 2026-01-13", "done, 1×, 2026-02-13"],
    "events": [
        "2026-01-13 checkout.refused",
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-02-13 payment.paid #2",
    ],
}

BOOKS: dict[str, list[str]] = {
    "charges": [
        "2026-01-13 declined 10000 CLP Webpay",
        "2026-01-13 taken 10000 CLP Webpay",
        "2026-02-13 taken 10000 CLP Webpay",
    ],
    "subscriptions": ["brote_monthly_v1 status 1"],
    "letters": ["2026-01-13 collection", "2026-02-13 collection"],
    "callbacks": ["2026-01-13 plan 200", "2026-02-13 plan 200"],
}


class LinkWalk(Walk):
    NAME = "link"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.choose(PRICE)
        page = self.must_be("paying", text="otra pestaña")
        self.must("Refresh" in page.headers, "the page that waits does not look again by itself")
        self.say("offered", "no contract for cards (7001): a link to the bill instead")
        self.in_another_tab(self.bill()["link"], "accion=rechazar")
        self.must_be("paying", text="Tu banco rechazó el pago")
        self.say("refused", "at the bank; the same link can be paid again")
        self.in_another_tab(self.bill()["link"], "accion=pagar")
        self.must_be("ready", payments=1)
        self.say("paid", "in another tab; the page that waited says so")
        self.a_month()
        self.press("/demo/barrer/")
        self.must_be("ready", payments=2)
        self.in_another_tab(self.bill()["link"], "accion=pagar")
        self.must_be("ready", payments=2)
        self.say("renewed", "by the link that Flow e-mailed")

    def bill(self) -> dict[str, Any]:
        """The newest letter with a bill."""
        letters = [letter for letter in simulator.flow.get("outbox") if letter["kind"] == "collection"]
        self.must(bool(letters), "Flow has e-mailed no bill")
        return dict(letters[-1])
