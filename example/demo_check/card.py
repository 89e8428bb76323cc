"""A card: three months, one whose notice is lost, a decline, another card, and the end.

January to June are paid; in May nobody called, in June the first charge was declined and another
card paid it. Cancelled in June, ended in July.
"""

from __future__ import annotations

from payment_subscriptions.testing.browser import links_to

from .walk import Walk, count

PRICE = "brote_monthly_v1"
ANOTHER_CARD = "5293138086430769"

ROWS: dict[str, list[str]] = {
    "subscriptions": [
        "brote_monthly_v1 cancelled 10000 CLP monthly flow sandbox card rosa.pruebas@correo.cl"
    ],
    "periods": ["2026-06-13 to 2026-07-13, paid until 2026-07-13, ended 2026-07-13, access run_out"],
    "customers": ["Mastercard 0769"],
    "checkouts": ["open card done", "card card done"],
    "payments": [
        "#1 paid 10000 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-13, 1 attempts",
        "#2 paid 10000 CLP, 2026-02-13 to 2026-03-13, paid 2026-02-13, 1 attempts",
        "#3 paid 10000 CLP, 2026-03-13 to 2026-04-13, paid 2026-03-13, 1 attempts",
        "#4 paid 10000 CLP, 2026-04-13 to 2026-05-13, paid 2026-04-13, 1 attempts",
        "#5 paid 10000 CLP, 2026-05-13 to 2026-06-13, paid 2026-05-13, 1 attempts",
        "#6 paid 10000 CLP, 2026-06-13 to 2026-07-13, paid 2026-06-13, 2 attempts",
    ],
    "notices": [
        "done, 1×, 2026-02-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-04-13",
        "done, 1×, 2026-06-13",
    ],
    # Those of a day by name: whether the callback or the payer is back first is nobody's to say.
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-02-13 payment.paid #2",
        "2026-03-13 payment.paid #3",
        "2026-04-13 payment.paid #4",
        "2026-05-13 payment.paid #5",
        "2026-06-13 card.changed",
        "2026-06-13 payment.failed #6",
        "2026-06-13 payment.paid #6",
        "2026-06-13 subscription.cancel_scheduled",
        "2026-06-13 subscription.past_due",
        "2026-06-13 subscription.recovered",
        "2026-07-13 subscription.cancelled",
    ],
    "discrepancies": [],
    "receipts": [],
}

BOOKS: dict[str, list[str]] = {
    "charges": [
        "2026-01-13 taken 10000 CLP 6623",
        "2026-02-13 taken 10000 CLP 6623",
        "2026-03-13 taken 10000 CLP 6623",
        "2026-04-13 taken 10000 CLP 6623",
        "2026-05-13 taken 10000 CLP 6623",
        "2026-06-13 declined 10000 CLP 6623",
        "2026-06-13 taken 10000 CLP 0769",
    ],
    "charged twice": [],
    "subscriptions": ["brote_monthly_v1 status 4"],
    "callbacks": [
        "2026-02-13 plan 200",
        "2026-03-13 plan 200",
        "2026-04-13 plan 200",
        "2026-05-13 plan lost",
        "2026-06-13 plan 200",
    ],
    "alerts": [],
    "faults to come": [],
}


class CardWalk(Walk):
    NAME = "card"
    ROWS = ROWS
    BOOKS = BOOKS

    def walk(self) -> None:
        self.subscribe()
        self.renew()
        self.lose()
        self.fail()
        self.recover()
        self.cancel()
        self.end()

    def subscribe(self) -> None:
        self.enter_card(self.choose(PRICE))
        self.must_be("ready", payments=1)
        self.say("subscribed", f"{PRICE} with a card; the way back carried no cookie")

    def renew(self) -> None:
        for month in (1, 2, 3):
            self.a_month()
            self.must_be("ready", payments=1 + month)
            self.must(count("Notice") == month, f"{count('Notice')} notices after {month} months")
            self.say("renewed", f"month {month}, told by Flow's callback")

    def lose(self) -> None:
        self.press("/demo/perder/")
        self.a_month()
        self.must_be("ready", payments=4)
        self.must(count("Notice") == 3, "the callback that was to be lost has come")
        self.press("/demo/barrer/")
        self.must_be("ready", payments=5)
        self.say("swept", "month 4, its callback lost, found by the sweep")

    def fail(self) -> None:
        self.press("/demo/rechazar/")
        self.a_month()
        self.press("/demo/barrer/")
        page = self.must_be("owing", payments=6)
        self.must("$10.000" in page.text, "the page does not say what is owed")
        self.say("declined", "month 5 is owed, and the page says so")

    def recover(self) -> None:
        form = self.result().form("/tarjeta/")
        self.enter_card(self.browser.send(form), tarjeta=ANOTHER_CARD)
        page = self.must_be("ready", payments=6)
        self.must(ANOTHER_CARD[-4:] in page.text, "the page does not show the new card's last digits")
        self.say("recovered", "paid with a new card, through the pages")

    def cancel(self) -> None:
        link = next(links_to(self.result(), "/cancelar/"), "")
        self.must(bool(link), "the page has no way to cancel")
        self.browser.send(self.browser.open(link).form("/cancelar/"))
        self.must_be("ending", payments=6)
        self.say("cancelled", "works until the end of what is paid")

    def end(self) -> None:
        self.a_month()
        self.press("/demo/barrer/")
        self.must_be("ended", payments=6)
        self.say("ended", "after the period, without another charge")
