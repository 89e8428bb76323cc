"""Another plan: up at once, down with the period, undone and done again, each as it was previewed."""

from __future__ import annotations

import re

from payment_subscriptions.testing.browser import Page, links_to

from .walk import Walk, rows

FIRST, MORE, LESS = "brote_monthly_v1", "arbusto_monthly_v1", "semilla_monthly_v1"
PESOS = re.compile(r"\$(\d{1,3}(?:\.\d{3})*)")


ROWS: dict[str, list[str]] = {
    "subscriptions": ["semilla_monthly_v1 active 5000 CLP monthly flow sandbox card rosa.pruebas@correo.cl"],
    "periods": ["2026-02-13 to 2026-03-13, paid until 2026-03-13, ended never, access paid"],
    "customers": ["Visa 6623"],
    "checkouts": ["open card done", "change card done", "change card done", "change card done"],
    "payments": [
        "#1 paid 10000 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-13, 1 attempts",
        "#2 paid 6774 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-23, 1 attempts",
        "#3 paid 4516 CLP, 2026-02-13 to 2026-03-13, paid 2026-02-13, 1 attempts",
    ],
    "notices": ["done, 1×, 2026-01-23", "done, 1×, 2026-02-13"],
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-01-23 payment.paid #2",
        "2026-01-23 subscription.change_scheduled",
        "2026-01-23 subscription.change_scheduled",
        "2026-01-23 subscription.change_undone",
        "2026-01-23 subscription.plan_changed",
        "2026-02-13 payment.paid #3",
        "2026-02-13 subscription.plan_changed",
    ],
}

BOOKS: dict[str, list[str]] = {
    "charges": [
        "2026-01-13 taken 10000 CLP 6623",
        "2026-01-23 taken 6774 CLP 6623",
        "2026-02-13 taken 4516 CLP 6623",
    ],
    "subscriptions": ["semilla_monthly_v1 status 1"],
    "callbacks": ["2026-01-23 plan 200", "2026-02-13 plan 200"],
}


class ChangeWalk(Walk):
    NAME = "change"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.enter_card(self.choose(FIRST))
        self.must_be("ready", payments=1)
        self.days(10)
        self.upgrade()
        self.downgrade()

    def upgrade(self) -> None:
        preview = self.preview(MORE, "now")
        self.confirm(preview)
        self.must_be("ready", payments=2)
        charged = int(rows("Payment").last().amount)
        self.must(charged in self.amounts(preview), f"${charged} was charged; previewed: {preview.text}")
        self.must(self.price() == MORE, f"the price is {self.price()}")
        self.say("up", f"at once; the ${charged} of the preview were charged")

    def downgrade(self) -> None:
        preview = self.preview(LESS, "period_end")
        self.confirm(preview)
        self.must(self.price() == MORE, "the price has changed before its day")
        self.undo()
        self.confirm(self.preview(LESS, "period_end"))
        self.a_month()
        self.press("/demo/barrer/")
        self.must_be("ready", payments=3)
        less = 5000 - int(rows("Payment").last().amount)
        self.must(less in self.amounts(preview), f"${less} were taken off; previewed: {preview.text}")
        self.must(self.price() == LESS, f"the price is {self.price()}")
        self.say("down", f"with the period; the next charge is less by the ${less} of the preview")

    def undo(self) -> None:
        self.browser.send(self.result().form("/cambiar/deshacer/"))
        self.must(rows("Subscription").get().next_price_key == "", "the change is still scheduled")
        self.say("undone", "while it was scheduled")

    def preview(self, price: str, when: str) -> Page:
        """From the result page by the choice of plans to what it costs."""
        result = self.result().url
        link = next(links_to(self.result(), "/cambiar/"), "")
        self.must(bool(link), "the page offers no other plan")
        page = self.browser.open(f"{link}?price={price}&when={when}")
        self.must(bool(page.forms), f"no preview: {page.text[:300]}")
        self.back = result
        return page

    def confirm(self, preview: Page) -> None:
        self.browser.send(preview.form("/cambiar/"))
        self.browser.open(self.back)

    def price(self) -> str:
        return str(rows("Subscription").get().price_key)

    @staticmethod
    def amounts(page: Page) -> set[int]:
        return {int(found.replace(".", "")) for found in PESOS.findall(page.text)}
