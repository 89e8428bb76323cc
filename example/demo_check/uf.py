"""A plan in UF: agreed and compared in UF, paid in pesos."""

from __future__ import annotations

from .walk import Walk

ROWS: dict[str, list[str]] = {
    "subscriptions": ["empresa_monthly_v1 active 1.5 CLF monthly flow sandbox card rosa.pruebas@correo.cl"],
    "periods": ["2026-02-13 to 2026-03-13, paid until 2026-03-13, ended never, access paid"],
    "customers": ["Visa 6623"],
    "checkouts": ["open card done"],
    "payments": [
        "#1 paid 1.5 CLF as 61512 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-13, 1 attempts",
        "#2 paid 1.5 CLF as 61512 CLP, 2026-02-13 to 2026-03-13, paid 2026-02-13, 1 attempts",
    ],
    "notices": ["done, 1×, 2026-02-13"],
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-02-13 payment.paid #2",
    ],
}

BOOKS: dict[str, list[str]] = {
    "charges": ["2026-01-13 taken 1.5 UF 6623", "2026-02-13 taken 1.5 UF 6623"],
    "subscriptions": ["empresa_monthly_v1 status 1"],
    "callbacks": ["2026-02-13 plan 200"],
}


class UfWalk(Walk):
    NAME = "uf"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.enter_card(self.choose("empresa_monthly_v1"))
        self.must_be("ready", payments=1, text="UF 1,5")
        self.say("subscribed", "UF 1,5, paid in pesos at the day's rate")
        self.a_month()
        self.must_be("ready", payments=2)
        self.say("renewed", "the same UF, the pesos of that day")
