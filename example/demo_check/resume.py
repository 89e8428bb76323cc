"""Cancelled with the period, and taken up again before it ends: one row, nothing charged between."""

from __future__ import annotations

from typing import ClassVar

from ..browser import links_to
from .walk import Walk, count

PRICE = "brote_monthly_v1"


class ResumeWalk(Walk):
    NAME = "resume"
    ROWS: ClassVar[dict[str, list[str]]] = {}
    BOOKS: ClassVar[dict[str, list[str]]] = {}

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
