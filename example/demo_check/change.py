"""Another plan: up at once, down with the period, undone and done again, each as it was previewed."""

from __future__ import annotations

import re
from typing import ClassVar

from ..browser import Page, links_to
from .walk import Walk, rows

FIRST, MORE, LESS = "brote_monthly_v1", "arbusto_monthly_v1", "semilla_monthly_v1"
PESOS = re.compile(r"\$(\d{1,3}(?:\.\d{3})*)")


class ChangeWalk(Walk):
    NAME = "change"
    ROWS: ClassVar[dict[str, list[str]]] = {}
    BOOKS: ClassVar[dict[str, list[str]]] = {}

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
