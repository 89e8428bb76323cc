"""What is paid once: for good, and for thirty days."""

from __future__ import annotations

from .walk import Walk, rows

ROWS: dict[str, list[str]] = {
    "subscriptions": [
        "padrino_once_v1 paid 15000 CLP one-time flow sandbox order rosa.pruebas@correo.cl",
        "visita_once_v1 paid 7000 CLP one-time flow sandbox order rosa.pruebas@correo.cl",
    ],
    "periods": [
        "2026-01-13 to for good, paid until for good, ended never, access paid",
        "2026-01-13 to 2026-02-12, paid until 2026-02-12, ended never, access run_out",
    ],
    "customers": [" ", " "],
    "checkouts": ["open order done", "open order done"],
    "payments": [
        "#1 paid 15000 CLP, 2026-01-13 to for good, paid 2026-01-13, 0 attempts",
        "#2 paid 7000 CLP, 2026-01-13 to 2026-02-12, paid 2026-01-13, 0 attempts",
    ],
    "notices": ["done, 1×, 2026-01-13", "done, 1×, 2026-01-13"],
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 payment.paid #2",
        "2026-01-13 subscription.opened",
        "2026-01-13 subscription.opened",
        "2026-01-13 subscription.paid",
        "2026-01-13 subscription.paid",
    ],
}

BOOKS: dict[str, list[str]] = {
    "charges": ["2026-01-13 taken 15000 CLP Webpay", "2026-01-13 taken 7000 CLP Webpay"],
    "orders": ["2026-01-13 paid", "2026-01-13 paid"],
    "callbacks": ["2026-01-13 payment 200", "2026-01-13 payment 200"],
}


class OnceWalk(Walk):
    NAME = "once"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.buy("padrino_once_v1")
        self.must_be("ready", payments=1, text="$15.000")
        self.say("paid", "once, for good")
        self.buy("visita_once_v1")
        self.must_be("ready", payments=2, text="$7.000")
        self.say("paid", "once, for thirty days")
        self.days(31)
        known = {row.price_key: row.access.allowed for row in rows("Subscription").all()}
        must = {"padrino_once_v1": True, "visita_once_v1": False}
        self.must(known == must, f"after thirty days access is {known}")
        self.say("access", "the one goes on, the other has run out")

    def buy(self, price: str) -> None:
        page = self.choose(price)
        self.at_flow(self.browser.follow(page), "/app/web/pay.php", "accion=pagar")
