"""The hosted pages through a plain HTTP client: what a form holds is what is sent."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import requests

from payment_subscriptions.simulators.stripe import StripeSimulator, cards
from payment_subscriptions.simulators.stripe.pages import words
from tests.simulators.merchant import Merchant
from tests.violations import violations

from .seller import Seller

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MASTERCARD = "5555 5555 5555 4444"


class Forms(HTMLParser):
    """What each form of a page sends, by the value of its button."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.of: dict[str, dict[str, str]] = {}
        self.links: list[str] = []
        self._fields: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
        elif tag == "input":
            self._fields[values["name"]] = values["value"]
        elif tag == "button":
            self.of[values["value"]] = self._fields
        elif tag == "a":
            self.links.append(values["href"])


def look(url: str, language: str = "en") -> requests.Response:
    return requests.get(url, headers={"Accept-Language": language}, timeout=5)


def press(url: str, action: str, **typed: str) -> requests.Response:
    """Press a button that the page has; a redirect is not followed."""
    fields = Forms(look(url).text).of[action]
    assert set(typed) <= set(fields)
    form = {**fields, **typed, "action": action}
    return requests.post(url, data=form, timeout=5, allow_redirects=False)


# --- Checkout ---------------------------------------------------------------------------------------


def test_paying(seller: Seller, site: Merchant) -> None:
    session = seller.session(seller.price(), site=site.url().rstrip("/"), quantity=2)
    page = look(session.url)
    assert page.status_code == 200
    assert "Plan Pro × 2" in page.text
    assert "CLP\xa020,000 a month" in page.text
    assert "ana@correo.cl" in page.text
    assert session.cancel_url in Forms(page.text).links
    answer = press(session.url, "pay")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id),
    )
    seen = seller.v1.checkout.sessions.retrieve(session.id)
    assert (seen.status, seen.payment_status) == ("complete", "paid")
    assert [entry.amount for entry in seller.simulator.books.taken()] == [20_000]


def test_a_page_that_is_over(seller: Seller) -> None:
    paid, expired = seller.session(seller.price()), seller.session(seller.price(9000))
    press(paid.url, "pay")
    again = requests.post(paid.url, data={"action": "pay", "number": cards.OK}, timeout=5)
    assert "It is paid" in again.text
    assert len(seller.simulator.books.taken()) == 1
    seller.v1.checkout.sessions.expire(expired.id)
    page = look(expired.url)
    assert (page.status_code, Forms(page.text).links) == (410, [expired.cancel_url])
    requests.post(expired.url, data={"action": "pay", "number": cards.OK}, timeout=5)
    assert len(seller.simulator.books.taken()) == 1


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (cards.DECLINED, "The bank refused the payment."),
        (cards.NO_FUNDS, "The card has no sufficient funds."),
        ("4000000000000069", "The card has expired."),
        ("4000000000000127", "The security code is not valid."),
        ("4000000000009987", "This card cannot be used."),
    ],
)
def test_a_decline_in_words_and_another_try(seller: Seller, number: str, says: str) -> None:
    session = seller.session(seller.price())
    answer = press(session.url, "pay", number=number)
    assert answer.status_code == 422
    assert says in answer.text
    assert Forms(answer.text).of["pay"]["number"] == number
    assert seller.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert press(session.url, "pay").status_code == 303
    assert len(seller.simulator.books.taken()) == 1


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"number": "4111 1111 1111 1111"}, "This is no test card of Stripe"),
        ({"expiry": "13/34"}, "The date of expiry is not valid."),
        ({"expiry": "soon"}, "The date of expiry is not valid."),
        ({"expiry": "01/20"}, "The card has expired."),
        ({"cvc": "12"}, "The security code is not valid."),
        ({"cvc": ""}, "The security code is not valid."),
    ],
)
def test_what_is_typed_wrong_reaches_no_bank(seller: Seller, typed: dict[str, str], says: str) -> None:
    answer = press(seller.session(seller.price()).url, "pay", **typed)
    assert answer.status_code == 422
    assert says in answer.text
    assert seller.simulator.books.entries == []


def test_a_trial_says_what_comes_after_it(seller: Seller) -> None:
    session = seller.session(seller.price(), subscription_data={"trial_period_days": 7})
    page = look(session.url).text
    assert "7 days free" in page
    assert "Then CLP\xa010,000 a month" in page
    assert "Start the trial" in page
    assert press(session.url, "pay").status_code == 303
    assert seller.simulator.books.taken() == []
    assert seller.simulator.table("subscriptions")[0]["status"] == "trialing"


def test_a_single_payment(seller: Seller) -> None:
    session = seller.session(seller.price(1500, "usd", renews=False), mode="payment")
    assert "Pay $15.00" in look(session.url).text
    press(session.url, "pay")
    assert seller.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_promotion_code(seller: Seller) -> None:
    coupon = seller.v1.coupons.create({"percent_off": 25, "duration": "once"})
    seller.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "AMIGOS"})
    session = seller.session(seller.price(), allow_promotion_codes=True)
    wrong = press(session.url, "code", code="NADIE")
    assert wrong.status_code == 422
    assert "This code is not valid." in wrong.text
    assert press(session.url, "code", code="amigos").status_code == 303
    page = look(session.url).text
    assert "Discount AMIGOS" in page
    assert "CLP\xa07,500" in page
    assert "code" not in Forms(page).of
    press(session.url, "pay")
    assert [entry.amount for entry in seller.simulator.books.taken()] == [7500]


def test_no_field_for_codes_unless_the_seller_allows_them(seller: Seller) -> None:
    assert "code" not in Forms(look(seller.session(seller.price()).url).text).of


@pytest.mark.parametrize("number", [cards.AUTHENTICATE, cards.ALWAYS_AUTHENTICATE])
def test_the_bank_asks(seller: Seller, number: str) -> None:
    session = seller.session(seller.price())
    answer = press(session.url, "pay", number=number)
    bank = seller.simulator.url + answer.headers["Location"]
    assert set(Forms(look(bank).text).of) == {"authenticate", "fail"}
    assert seller.simulator.books.taken() == []
    refused = press(bank, "fail")
    assert refused.status_code == 422
    assert "The bank could not make sure that it is you." in refused.text
    assert look(bank).status_code == 404
    press(session.url, "pay", number=number)
    assert press(bank, "authenticate").headers["Location"].endswith(session.id)
    assert len(seller.simulator.books.taken()) == 1


# --- the portal -------------------------------------------------------------------------------------


def portal(seller: Seller, customer: str, **params: Any) -> str:
    made = seller.v1.billing_portal.sessions.create(
        {"customer": customer, "return_url": "http://127.0.0.1:9/account/", **params}
    )
    return str(made.url)


@pytest.fixture
def subscribed(seller: Seller) -> dict[str, Any]:
    key = seller.subscribe()
    subscription: dict[str, Any] = seller.v1.subscriptions.retrieve(key).to_dict()
    return subscription


def test_the_portal_shows_what_there_is(seller: Seller, subscribed: dict[str, Any]) -> None:
    page = look(portal(seller, subscribed["customer"]))
    invoice = seller.simulator.table("invoices")[0]
    assert "Plan Pro" in page.text
    assert "CLP\xa010,000 a month" in page.text
    assert "Visa •••• 4242, 12/2034" in page.text
    assert invoice["number"] in page.text
    assert {invoice["hosted_invoice_url"], "http://127.0.0.1:9/account/"} <= set(Forms(page.text).links)


def test_leaving_and_staying_in_the_portal(seller: Seller, subscribed: dict[str, Any]) -> None:
    url = portal(seller, subscribed["customer"])
    assert press(url, "cancel").status_code == 303
    assert seller.v1.subscriptions.retrieve(subscribed["id"]).cancel_at_period_end
    assert "Ends on" in look(url).text
    press(url, "resume")
    assert not seller.v1.subscriptions.retrieve(subscribed["id"]).cancel_at_period_end


def test_nobody_ends_what_is_not_theirs(seller: Seller, subscribed: dict[str, Any]) -> None:
    url = portal(seller, seller.customer())
    requests.post(url, data={"action": "cancel", "subscription": subscribed["id"]}, timeout=5)
    assert not seller.v1.subscriptions.retrieve(subscribed["id"]).cancel_at_period_end


def test_the_portal_offers_what_its_configuration_says(seller: Seller, subscribed: dict[str, Any]) -> None:
    only_bills = seller.v1.billing_portal.configurations.create(
        {"features": {"invoice_history": {"enabled": True}}}
    )
    url = portal(seller, subscribed["customer"], configuration=only_bills.id)
    page = look(url)
    assert Forms(page.text).of == {}
    assert "Change the card" not in page.text
    assert "Bills" in page.text
    assert look(f"{url}/card").status_code == 404
    requests.post(url, data={"action": "cancel", "subscription": subscribed["id"]}, timeout=5)
    assert not seller.v1.subscriptions.retrieve(subscribed["id"]).cancel_at_period_end


def test_another_card(seller: Seller, subscribed: dict[str, Any]) -> None:
    url = portal(seller, subscribed["customer"])
    declined = press(f"{url}/card", "card", number=cards.DECLINED)
    assert declined.status_code == 422
    assert "The bank refused" in declined.text
    assert press(f"{url}/card", "card", number=MASTERCARD).headers["Location"] == url.removeprefix(
        seller.simulator.url
    )
    assert "Mastercard •••• 4444" in look(url).text


def test_a_flow_asks_for_the_card_only_and_leads_back(seller: Seller, subscribed: dict[str, Any]) -> None:
    after = {"type": "redirect", "redirect": {"return_url": "http://127.0.0.1:9/thanks/"}}
    flow = {"type": "payment_method_update", "after_completion": after}
    url = portal(seller, subscribed["customer"], flow_data=flow)
    page = look(url)
    assert page.url == f"{url}/card"
    assert set(Forms(page.text).of) == {"card"}
    answer = press(page.url, "card", number=MASTERCARD)
    assert answer.headers["Location"] == "http://127.0.0.1:9/thanks/"


# --- bills and receipts -----------------------------------------------------------------------------


def test_a_bill_is_paid_on_its_page(seller: Seller, subscribed: dict[str, Any]) -> None:
    seller.simulator.decline_next(times=None)
    seller.simulator.clock.advance(days=32)
    bill = seller.simulator.table("invoices")[-1]
    assert bill["status"] == "open"
    url = bill["hosted_invoice_url"]
    assert "To be paid" in look(url).text
    assert press(url, "pay").status_code == 422
    seller.simulator.faults.clear()
    assert press(url, "pay").status_code == 303
    assert Forms(look(url).text).of == {}
    assert "Paid" in look(url).text
    assert seller.v1.subscriptions.retrieve(subscribed["id"]).status == "active"


def test_the_bank_asks_for_a_bill(seller: Seller, subscribed: dict[str, Any]) -> None:
    seller.simulator.decline_next(times=None)
    seller.simulator.clock.advance(days=32)
    seller.simulator.faults.clear()
    bill = seller.simulator.table("invoices")[-1]
    answer = press(bill["hosted_invoice_url"], "pay", number=cards.AUTHENTICATE)
    bank = seller.simulator.url + answer.headers["Location"]
    assert press(bank, "authenticate").status_code == 303
    assert bill["status"] == "paid"


def test_a_receipt_and_the_bill_as_a_file(seller: Seller, subscribed: dict[str, Any]) -> None:
    charge, bill = seller.simulator.table("charges")[0], seller.simulator.table("invoices")[0]
    seller.simulator.refund_charge(charge["id"], 4000)
    page = look(charge["receipt_url"]).text
    assert "CLP\xa010,000" in page
    assert "Visa •••• 4242" in page
    assert "CLP\xa04,000" in page
    file = look(bill["invoice_pdf"])
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.content.startswith(b"%PDF-1.4")
    assert bill["number"].encode() in file.content


# --- all of them ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "browser", "language"),
    [("es", "en", "es"), ("es-419", "en", "es"), ("en", "es-CL", "en"), ("auto", "es-CL,es", "es"),
     (None, "es-CL", "es"), (None, "de", "en"), ("de", "es", "en")],
)  # fmt: skip
def test_the_language(seller: Seller, locale: str | None, browser: str, language: str) -> None:
    given = {"locale": locale} if locale else {}
    page = look(seller.session(seller.price(), **given).url, browser).text
    assert f'<html lang="{language}">' in page
    assert ("$10.000 al mes" in page) is (language == "es")
    assert ("Simulador: aquí no se mueve dinero." in page) is (language == "es")


def test_addresses_of_nothing(stripe_simulator: StripeSimulator) -> None:
    for path in ("/c/pay/x", "/c/pay/x/confirm", "/p/session/x", "/p/session/x/card", "/invoices/x",
                 "/invoices/x.pdf", "/invoices/x/confirm", "/receipts/x", "/nowhere"):  # fmt: skip
        for call in (requests.get, requests.post):
            assert call(stripe_simulator.url + path, timeout=5).status_code == 404


def test_pages_load_nothing_and_escape_what_they_show(seller: Seller) -> None:
    customer = seller.customer(email="<script>alert(1)</script>@correo.cl")
    answer = look(seller.session(seller.price(), customer=customer).url)
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:9;" in policy
    assert "script-src" not in policy


def test_every_word_has_its_spanish() -> None:
    said = [
        *words.DECLINES.values(), *words.STATES.values(), *words.BILLS.values(), *words.CODES.values(),
        words.decline(""),
    ]  # fmt: skip
    assert set(said) <= set(words.SPANISH)


# --- in a browser -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_whole_way_on_a_phone_without_scripts(browser: Browser, seller: Seller, site: Merchant) -> None:
    session = seller.session(seller.price(), site=site.url().rstrip("/"))
    context = browser.new_context(
        locale="es-CL", viewport={"width": 360, "height": 740}, java_script_enabled=False
    )
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda told: refused.append(told.text))
    page.goto(session.url)
    page.get_by_label("Número de tarjeta").fill(cards.DECLINED)
    page.get_by_role("button", name="Suscribirse").click()
    assert "El banco rechazó el pago." in page.get_by_role("alert").inner_text()
    page.get_by_label("Número de tarjeta").fill(cards.AUTHENTICATE)
    page.get_by_role("button", name="Suscribirse").click()
    page.get_by_role("button", name="Confirmar").click()
    page.wait_for_url("**/back/?session=*")
    assert seller.v1.checkout.sessions.retrieve(session.id).status == "complete"
    assert [text for text in refused if "Content Security Policy" in text] == []
    context.close()


@pytest.mark.slow
def test_pages_are_fit_for_everybody(page: Page, seller: Seller) -> None:
    customer = seller.v1.subscriptions.retrieve(seller.subscribe()).customer
    seller.simulator.decline_next(times=None)
    seller.simulator.clock.advance(days=32)
    page.set_viewport_size({"width": 360, "height": 740})
    bill, paid = seller.simulator.table("invoices")[-1], seller.simulator.table("charges")[0]
    opened = portal(seller, customer)
    for url in (
        seller.session(seller.price(9000), allow_promotion_codes=True).url,
        opened, f"{opened}/card", bill["hosted_invoice_url"], paid["receipt_url"],
    ):  # fmt: skip
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.locator("h1").count() == 1
        assert violations(page) == []
