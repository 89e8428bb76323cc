"""Refunds of each kind, asked for in the admin: reversed on the day, in part and accepted, rejected."""

from __future__ import annotations

from payment_subscriptions.demo import simulator
from payment_subscriptions.testing.browser import Browser

from .walk import Walk, rows

PRICE = "brote_monthly_v1"


ROWS: dict[str, list[str]] = {
    "subscriptions": ["brote_monthly_v1 active 10000 CLP monthly flow sandbox card rosa.pruebas@correo.cl"],
    "periods": ["2026-02-13 to 2026-03-13, paid until 2026-03-13, ended never, access paid"],
    "customers": ["Visa 6623"],
    "checkouts": ["open card done"],
    "payments": [
        "#1 refunded 10000 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-13, 1 attempts",
        "#2 partially_refunded 10000 CLP, 2026-02-13 to 2026-03-13, paid 2026-02-13, 1 attempts",
    ],
    "refunds": ["#1 10000 CLP reversal refunded", "#2 4000 CLP offer refunded", "#2 6000 CLP offer rejected"],
    "notices": ["done, 1×, 2026-02-13", "done, 1×, 2026-02-13", "done, 1×, 2026-02-15"],
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 payment.refunded #1",
        "2026-01-13 refund.paid",
        "2026-01-13 refund.requested",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-02-13 payment.paid #2",
        "2026-02-13 refund.accepted",
        "2026-02-13 refund.offered",
        "2026-02-13 refund.requested",
        "2026-02-15 payment.refunded #2",
        "2026-02-15 refund.offered",
        "2026-02-15 refund.paid",
        "2026-02-15 refund.rejected",
        "2026-02-15 refund.requested",
    ],
}

BOOKS: dict[str, list[str]] = {
    "charges": [
        "2026-01-13 taken 10000 CLP 6623 reversed",
        "2026-01-13 given back 10000 CLP",
        "2026-02-13 taken 10000 CLP 6623",
        "2026-02-14 given back 4000 CLP",
    ],
    "subscriptions": ["brote_monthly_v1 status 1"],
    "letters": ["2026-02-13 refund", "2026-02-15 refund"],
    "callbacks": ["2026-02-13 plan 200", "2026-02-13 refund 200", "2026-02-15 refund 200"],
}


class RefundWalk(Walk):
    NAME = "refund"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.operator = Browser()
        self.operator.open(f"{self.site}/admin/")
        assert self.operator.page is not None  # noqa: S101
        self.operator.send(self.operator.page.form("/admin/login/"), username="admin", password="admin")
        self.enter_card(self.choose(PRICE))
        self.must_be("ready", payments=1)
        self.reverse()
        self.a_month()
        self.give_back_in_part()
        self.have_it_rejected()

    def reverse(self) -> None:
        """Before 14:00 of its own day the card's charge is taken back, whole, at once."""
        self.give_back("10000", "Se arrepintió el mismo día")
        self.must(self.status() == "refunded", f"the reversed payment is {self.status()}")
        self.say("reversed", "the whole charge, on its own day")

    def give_back_in_part(self) -> None:
        """Later it is offered to the payer, who has to accept it."""
        self.give_back("4.000", "Una visita menos")
        self.must(rows("Refund").last().status == "offered", "the offer is not waiting for the payer")
        self.answer_offer("accion=aceptar")
        self.must(rows("Refund").last().status == "accepted", "the acceptance has not come through")
        self.days(2)
        self.must(self.status() == "partially_refunded", f"the payment is {self.status()}")
        self.say("in part", "4.000 of 10.000 offered, accepted, given back")

    def have_it_rejected(self) -> None:
        self.give_back("6000", "El resto")
        self.answer_offer("accion=rechazar")
        self.must(rows("Refund").last().status == "rejected", "the rejection has not come through")
        self.must(self.status() == "partially_refunded", f"the payment is {self.status()}")
        self.say("rejected", "the rest, by the payer: nothing moved")

    def give_back(self, amount: str, reason: str) -> None:
        """The operator's button on the newest payment."""
        payment = rows("Payment").last()
        page = self.operator.open(f"{self.site}/admin/payment_subscriptions/payment/{payment.pk}/refund/")
        self.operator.send(page.form("/refund/"), amount=amount, reason=reason)

    def answer_offer(self, button: str) -> None:
        """The payer's button, behind the link that Flow e-mailed."""
        letter = [each for each in simulator.flow.get("outbox") if each["kind"] == "refund"][-1]
        self.note(letter["link"])
        tab = Browser()
        tab.send(tab.open(letter["link"]).form("/app/refund"), button)

    def status(self) -> str:
        return str(rows("Payment").last().status)
