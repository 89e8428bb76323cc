"""A merchant without the contract for automatic charges: the card is refused, the bill's link is paid."""

from __future__ import annotations

from typing import Any, ClassVar

from .. import simulator
from .walk import Walk

PRICE = "brote_monthly_v1"


class LinkWalk(Walk):
    NAME = "link"
    ROWS: ClassVar[dict[str, list[str]]] = {}
    BOOKS: ClassVar[dict[str, list[str]]] = {}

    def walk(self) -> None:
        page = self.choose(PRICE)
        self.must("/pagos/continuar/" in page.url, f"this is not the hand-over page: {page.url}")
        self.must("otra pestaña" in page.text, "the page does not say that it waits")
        self.say("offered", "no contract for cards (7001): a link to the bill instead")
        self.in_another_tab(self.bill()["link"], "accion=rechazar")
        page = self.browser.open(page.url)
        self.must("rechaz" in page.text, f"the page does not say that the bank refused: {page.text[:400]}")
        self.say("refused", "at the bank; the same link can be paid again")
        self.in_another_tab(self.bill()["link"], "accion=pagar")
        self.browser.open(page.url)
        self.must_be("ready", payments=1)
        self.say("paid", "in another tab; the page that waited says so")
        self.a_month()
        self.in_another_tab(self.bill()["link"], "accion=pagar")
        self.press("/demo/barrer/")
        self.must_be("ready", payments=2)
        self.say("renewed", "by the link that Flow e-mailed")

    def bill(self) -> dict[str, Any]:
        """The newest letter with a bill."""
        letters = [letter for letter in simulator.get("outbox") if letter["kind"] == "collection"]
        self.must(bool(letters), "Flow has e-mailed no bill")
        return dict(letters[-1])
