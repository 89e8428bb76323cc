"""Orders that we renew: one paid at once, one late, one never."""

from __future__ import annotations

from typing import Any

from payment_subscriptions.demo import simulator

from .walk import Walk, rows

PRICE = "brote_monthly_v1"


ROWS: dict[str, list[str]] = {
    "subscriptions": ["brote_monthly_v1 failed 10000 CLP monthly flow sandbox order rosa.pruebas@correo.cl"],
    "periods": ["2026-03-13 to 2026-04-13, paid until 2026-04-13, ended 2026-05-01, access run_out"],
    "customers": [" "],
    "checkouts": ["open order done", "renew order done", "renew order done", "renew order done"],
    "payments": [
        "#1 paid 10000 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-13, 0 attempts",
        "#2 paid 10000 CLP, 2026-02-13 to 2026-03-13, paid 2026-02-09, 0 attempts",
        "#3 paid 10000 CLP, 2026-03-13 to 2026-04-13, paid 2026-03-18, 0 attempts",
        "#4 cancelled 10000 CLP, 2026-04-13 to 2026-05-13, paid never, 0 attempts",
    ],
    "notices": [
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-02-09",
        "done, 1×, 2026-03-18",
    ],
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-02-08 subscription.renewal_ordered",
        "2026-02-09 payment.paid #2",
        "2026-03-08 subscription.renewal_ordered",
        "2026-03-16 subscription.past_due",
        "2026-03-18 payment.paid #3",
        "2026-03-18 subscription.recovered",
        "2026-04-08 subscription.renewal_ordered",
        "2026-04-16 subscription.past_due",
        "2026-05-01 payment.cancelled #4",
        "2026-05-01 subscription.failed",
    ],
}

BOOKS: dict[str, list[str]] = {
    "charges": [
        "2026-01-13 declined 10000 CLP Webpay",
        "2026-01-13 taken 10000 CLP Webpay",
        "2026-02-09 taken 10000 CLP Webpay",
        "2026-03-18 taken 10000 CLP Webpay",
    ],
    "orders": [
        "2026-01-13 annulled",
        "2026-01-13 paid",
        "2026-02-08 paid",
        "2026-03-08 paid",
        "2026-04-08 annulled",
    ],
    "letters": [
        "2026-02-08 payment",
        "2026-03-08 payment",
        "2026-03-10 reminder",
        "2026-03-12 reminder",
        "2026-04-08 payment",
        "2026-04-10 reminder",
        "2026-04-12 reminder",
    ],
    "callbacks": [
        "2026-01-13 payment 200",
        "2026-01-13 payment 200",
        "2026-02-09 payment 200",
        "2026-03-18 payment 200",
    ],
}


class OrderWalk(Walk):
    NAME = "order"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        page = self.choose(PRICE)
        self.at_flow(self.browser.follow(page), "/app/web/pay.php", "accion=rechazar")
        self.must_be("rejected", text="$10.000")
        self.say("refused", "at the bank")
        again = self.browser.send(self.result().form("/intentar/"))
        self.at_flow(self.browser.follow(again), "/app/web/pay.php", "accion=pagar")
        self.must_be("ready", payments=1)
        self.say("paid", "on the second try, on the same subscription")
        self.first_renewal()
        self.second_renewal()
        self.third_renewal()

    def first_renewal(self) -> None:
        self.days(26)
        self.must(len(self.letters()) == 1, f"{len(self.letters())} orders were e-mailed, not 1")
        self.days(1)
        self.in_another_tab(self.letters()[-1]["link"], "accion=pagar")
        self.must_be("ready", payments=2)
        self.say("renewed", "ordered five days before, e-mailed by Flow, paid before its day")

    def second_renewal(self) -> None:
        self.days(27)
        self.must(len(self.letters()) == 2, f"{len(self.letters())} orders were e-mailed, not 2")
        self.days(8)
        self.must_be("owing", payments=3)
        self.days(2)
        self.in_another_tab(self.letters()[-1]["link"], "accion=pagar")
        self.must_be("ready", payments=3)
        self.say("recovered", "the second was paid late")

    def third_renewal(self) -> None:
        self.days(21)
        self.must(len(self.letters()) == 3, f"{len(self.letters())} orders were e-mailed, not 3")
        self.days(8)
        self.must_be("owing", payments=4)
        self.days(15)
        self.must_be("ended", payments=4)
        self.must(rows("Subscription").get().status == "failed", "it has not ended for want of payment")
        self.say("ended", "nobody paid the third")

    def letters(self) -> list[dict[str, Any]]:
        """The orders that Flow e-mailed, without its reminders."""
        return [dict(letter) for letter in simulator.flow.get("outbox") if letter["kind"] == "payment"]
