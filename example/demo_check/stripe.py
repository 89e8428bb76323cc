"""Dollars at Stripe: the bank's question, renewals, a decline, another card, another plan, a pause, half
given back, and the end."""

from __future__ import annotations

import re
from decimal import Decimal

from payment_subscriptions.testing.browser import Page, form_with, links_to

from .walk import Walk, rows

PRICE, MORE = "brote_monthly_usd_v1", "arbusto_monthly_usd_v1"
ASKS_FIRST, ANOTHER_CARD = "4000002500003155", "5555555555554444"
DOLLARS = re.compile(r"US\$\s?(\d+,\d{2})")

ROWS: dict[str, list[str]] = {
    "subscriptions": [
        "arbusto_monthly_usd_v1 cancelled 20 USD monthly stripe sandbox page rosa.pruebas@correo.cl",
    ],
    "periods": [
        "2026-05-13 to 2026-06-13, paid until 2026-06-13, ended 2026-06-13, access run_out",
    ],
    "customers": [
        "Mastercard 4444",
    ],
    "checkouts": [
        "open page done",
        "card page done",
        "change page done",
    ],
    "payments": [
        "#1 paid 10 USD, 2026-01-13 to 2026-02-13, paid 2026-01-13, 1 attempts",
        "#2 paid 10 USD, 2026-02-13 to 2026-03-13, paid 2026-02-13, 1 attempts",
        "#3 paid 10 USD, 2026-03-13 to 2026-04-13, paid 2026-03-13, 1 attempts",
        "#4 paid 6.78 USD, 2026-03-23 to 2026-04-13, paid 2026-03-23, 1 attempts",
        "#5 cancelled 20 USD, 2026-04-13 to 2026-05-13, paid never, 0 attempts",
        "#6 partially_refunded 20 USD, 2026-05-13 to 2026-06-13, paid 2026-05-13, 1 attempts",
    ],
    "refunds": [
        "#6 10 USD card refunded",
    ],
    "notices": [
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-01-13",
        "done, 1×, 2026-02-13",
        "done, 1×, 2026-02-13",
        "done, 1×, 2026-02-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-03-23",
        "done, 1×, 2026-03-23",
        "done, 1×, 2026-03-23",
        "done, 1×, 2026-03-23",
        "done, 1×, 2026-04-13",
        "done, 1×, 2026-04-13",
        "done, 1×, 2026-04-13",
        "done, 1×, 2026-04-23",
        "done, 1×, 2026-05-13",
        "done, 1×, 2026-05-13",
        "done, 1×, 2026-05-13",
        "done, 1×, 2026-05-23",
        "done, 1×, 2026-05-23",
        "done, 1×, 2026-06-13",
    ],
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-02-13 payment.paid #2",
        "2026-03-13 card.changed",
        "2026-03-13 payment.failed #3",
        "2026-03-13 payment.paid #3",
        "2026-03-13 subscription.past_due",
        "2026-03-13 subscription.recovered",
        "2026-03-23 payment.paid #4",
        "2026-03-23 subscription.paused",
        "2026-03-23 subscription.plan_changed",
        "2026-04-13 payment.cancelled #5",
        "2026-04-23 subscription.unpaused",
        "2026-05-13 payment.paid #6",
        "2026-05-23 payment.refunded #6",
        "2026-05-23 refund.paid",
        "2026-05-23 refund.requested",
        "2026-05-23 subscription.cancel_scheduled",
        "2026-06-13 subscription.cancelled",
    ],
}
BOOKS: dict[str, list[str]] = {
    "charges": [
        "2026-01-13 taken 1000 usd 3155",
        "2026-02-13 taken 1000 usd 3155",
        "2026-03-13 declined 1000 usd 3155 insufficient_funds",
        "2026-03-13 taken 1000 usd 4444",
        "2026-03-23 taken 678 usd 4444",
        "2026-05-13 taken 2000 usd 4444",
        "2026-05-23 given back 1000 usd 4444",
    ],
    "subscriptions": [
        "arbusto_monthly_usd_v1 canceled",
    ],
}


class AtStripe(Walk):
    """What payers do on Stripe's pages."""

    AT = "Stripe"

    def pay(self, page: Page, number: str = "4242424242424242") -> Page:
        """From the hand-over page by Stripe's page to the result page, or to the bank's question."""
        there = self.browser.follow(page)
        return self.press_at_stripe(there, "action=pay", number=number)

    def press_at_stripe(self, page: Page, button: str, **fields: str) -> Page:
        return self.browser.send(form_with(page, button), button, **fields)


class StripeWalk(AtStripe):
    NAME = "stripe"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.subscribe()
        self.renew()
        self.fail()
        self.recover()
        self.change()
        self.pause()
        self.give_back()
        self.cancel()

    def subscribe(self) -> None:
        bank = self.pay(self.choose(PRICE), ASKS_FIRST)
        self.press_at_stripe(bank, "action=authenticate")
        self.must_be("ready", payments=1, text="US$10,00")
        self.say("subscribed", f"{PRICE}; the bank asked who pays (3-D Secure)")

    def renew(self) -> None:
        self.a_month()
        self.must_be("ready", payments=2)
        self.say("renewed", "told by Stripe's signed notice")

    def fail(self) -> None:
        self.press("/demo/rechazar/")
        self.a_month()
        self.must_be("owing", payments=3, text="US$10,00")
        self.say("declined", "not enough money on the card; the page says what is owed")

    def recover(self) -> None:
        handed_over = self.browser.send(self.result().form("/tarjeta/"))
        portal = self.browser.follow(handed_over)
        self.press_at_stripe(portal, "action=card", number=ANOTHER_CARD)
        page = self.must_be("ready", payments=3)
        self.must(ANOTHER_CARD[-4:] in page.text, "the page does not show the new card's last digits")
        self.say("recovered", "paid with another card, by Stripe's portal")

    def change(self) -> None:
        self.days(10)
        back = self.result().url
        link = next(links_to(self.result(), "/cambiar/"), "")
        preview = self.browser.open(f"{link}?price={MORE}&when=now")
        self.must(bool(preview.forms), f"no preview: {preview.text[:300]}")
        self.browser.send(preview.form("/cambiar/"))
        self.browser.open(back)
        self.must_be("ready", payments=4)
        charged = Decimal(rows("Payment").last().amount)
        told = {Decimal(found.replace(",", ".")) for found in DOLLARS.findall(preview.text)}
        self.must(charged in told, f"{charged} was charged; previewed: {preview.text}")
        self.must(rows("Subscription").get().price_key == MORE, "the price has not changed")
        self.say("changed", f"at once; the US$ {charged:.2f} of the preview were charged")

    def pause(self) -> None:
        rows("Subscription").get().pause()
        self.must_be("paused", payments=4)
        self.a_month()
        self.must_be("paused", payments=5)
        self.browser.send(self.result().form("/reanudar/"))
        self.must_be("ready", payments=5)
        self.a_month()
        self.must_be("ready", payments=6)
        self.say("paused", "for a month, whose bill was voided; charged again after it")

    def give_back(self) -> None:
        payment = rows("Payment").last()
        payment.refund(payment.money * Decimal("0.5"))
        self.must("devuelto" in self.must_be("ready", payments=6).text.lower(), "the page tells of no refund")
        self.say("refunded", "half of the last payment")

    def cancel(self) -> None:
        link = next(links_to(self.result(), "/cancelar/"), "")
        self.browser.send(self.browser.open(link).form("/cancelar/"))
        self.must_be("ending", payments=6)
        self.a_month()
        self.press("/demo/barrer/")
        self.must_be("ended", payments=6)
        self.say("cancelled", "worked until the end of what was paid")
