"""Cancelled with the period, and taken up again before it ends: one row, nothing charged between."""

from __future__ import annotations

from payment_subscriptions.testing.browser import links_to

from .walk import Walk, count

PRICE = "brote_monthly_v1"


ROWS: dict[str, list[str]] = {
    "subscriptions": ["brote_monthly_v1 active 10000 CLP monthly flow sandbox card rosa.pruebas@correo.cl"],
    "periods": ["2026-02-13 to 2026-03-13, paid until 2026-03-13, ended never, access paid"],
    "customers": ["Visa 6623"],
    "checkouts": ["open card done", "resume card done"],
    "payments": [
        "#1 paid 10000 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-13, 1 attempts",
        "#2 paid 10000 CLP, 2026-02-13 to 2026-03-13, paid 2026-02-13, 1 attempts",
    ],
    "notices": ["done, 1×, 2026-02-13"],
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-01-18 subscription.cancel_scheduled",
        "2026-01-23 subscription.resumed",
        "2026-02-13 payment.paid #2",
    ],
}

BOOKS: dict[str, list[str]] = {
    "charges": ["2026-01-13 taken 10000 CLP 6623", "2026-02-13 taken 10000 CLP 6623"],
    "subscriptions": ["brote_monthly_v1 status 4", "brote_monthly_v1 status 1"],
    "callbacks": ["2026-02-13 plan 200"],
}


class ResumeWalk(Walk):
    NAME = "resume"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.enter_card(self.choose(PRICE))
        self.must_be("ready", payments=1)
        self.days(5)
        link = next(links_to(self.result(), "/cancelar/"), "")
        self.must(bool(link), "the page has no way to cancel")
        self.browser.send(self.browser.open(link).form("/cancelar/"))
        self.must_be("ending", payments=1)
        self.say("cancelled", "works until the end of what is paid")
        self.days(5)
        self.browser.send(self.result().form("/seguir/"))
        self.must_be("ready", payments=1)
        self.say("resumed", "nothing is charged before the paid period is over")
        self.a_month()
        self.press("/demo/barrer/")
        self.must_be("ready", payments=2)
        self.must(count("Subscription") == 1, "there is more than one subscription here")
        self.say("renewed", "by the successor that began where the old one ended, on the same row")
