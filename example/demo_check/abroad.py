"""Euros by the month, and dollars once."""

from __future__ import annotations

from .stripe import AtStripe

ROWS: dict[str, list[str]] = {
    "subscriptions": [
        "semilla_monthly_eur_v1 active 4.5 EUR monthly stripe sandbox page rosa.pruebas@correo.cl",
        "padrino_once_usd_v1 paid 15 USD one-time stripe sandbox once rosa.pruebas@correo.cl",
    ],
    "periods": [
        "2026-02-13 to 2026-03-13, paid until 2026-03-13, ended never, access paid",
        "2026-02-13 to for good, paid until for good, ended never, access paid",
    ],
    "customers": [
        "Visa 4242",
        " ",
    ],
    "checkouts": [
        "open page done",
        "open once done",
    ],
    "payments": [
        "#1 paid 4.5 EUR, 2026-01-13 to 2026-02-13, paid 2026-01-13, 1 attempts",
        "#2 paid 4.5 EUR, 2026-02-13 to 2026-03-13, paid 2026-02-13, 1 attempts",
        "#3 paid 15 USD, 2026-02-13 to for good, paid 2026-02-13, 0 attempts",
    ],
    "notices": [
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-02-13",
        "done, 1×, 2026-02-13",
        "done, 1×, 2026-02-13",
        "done, 1×, 2026-02-13",
    ],
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-02-13 payment.paid #2",
        "2026-02-13 payment.paid #3",
        "2026-02-13 subscription.opened",
        "2026-02-13 subscription.paid",
    ],
}
BOOKS: dict[str, list[str]] = {
    "charges": [
        "2026-01-13 taken 450 eur 4242",
        "2026-02-13 taken 450 eur 4242",
        "2026-02-13 taken 1500 usd 4242",
    ],
    "subscriptions": [
        "semilla_monthly_eur_v1 active",
    ],
}


class AbroadWalk(AtStripe):
    NAME = "abroad"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.pay(self.choose("semilla_monthly_eur_v1"))
        self.must_be("ready", payments=1, text="EUR 4,50")
        self.a_month()
        self.must_be("ready", payments=2)
        self.say("euros", "subscribed and renewed")
        self.pay(self.choose("padrino_once_usd_v1"))
        self.must_be("ready", payments=3, text="US$15,00")
        self.say("once", "dollars, for good")
