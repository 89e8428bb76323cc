"""A bill's own page, where it can be paid; the receipt of a payment."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from ...page import buttons, facts, problem
from .. import payer
from ..books import invoice_of
from ..charging import AUTHENTICATE
from . import card_form, words
from .checkout import bank_asks
from .pdf import written
from .visit import Visit

if TYPE_CHECKING:
    from ..account import Thing


def invoice(visit: Visit, key: str) -> Response:
    bill = _known(visit, key)
    visit = visit.in_language_of(None)
    if bill is None:
        return visit.nothing_here()
    if not visit.posted or bill["status"] != "open":
        return _bill(visit, bill)
    try:
        typed = card_form.read(visit)
        with visit.account.lock:
            said = payer.pay_invoice(visit.account, bill, typed.number)
            if said == AUTHENTICATE:
                visit.account.private[key]["waiting"] = typed.number
    except card_form.Wrong as wrong:
        return _bill(visit, bill, str(wrong))
    except payer.NotPossible:
        return _bill(visit, bill)  # paid meanwhile, in another tab
    if said == AUTHENTICATE:
        return visit.go(f"{visit.request.path}/confirm")
    return _bill(visit, bill, words.decline(said)) if said else visit.go(visit.request.path)


def confirm(visit: Visit, key: str) -> Response:
    """3-D Secure: by the card that was typed, or by the one on file."""
    bill = _known(visit, key)
    visit = visit.in_language_of(None)
    if bill is None:
        return visit.nothing_here()
    if bill["status"] != "open":
        return visit.go(_address(bill))
    if not visit.posted:
        return bank_asks(visit, visit.money(bill["amount_due"], bill["currency"]), ())
    with visit.account.lock:
        number = visit.account.private.get(key, {}).pop("waiting", "")
        if visit.field("action") == "authenticate":
            said = payer.pay_invoice(visit.account, bill, number, authenticated=True)
        else:
            payer.refuse_invoice(visit.account, bill)
            said = AUTHENTICATE
    return _bill(visit, bill, words.decline(said)) if said else visit.go(_address(bill))


def receipt(visit: Visit, key: str) -> Response:
    charge = visit.account.charges.get(key)
    visit = visit.in_language_of(None)
    if charge is None or charge["status"] != "succeeded":
        return visit.nothing_here()
    card = charge["payment_method_details"]["card"]
    shown = {
        visit.say("Date"): visit.day(charge["created"]),
        visit.say("Card"): f"{card['brand'].title()} •••• {card['last4']}",
        visit.say("Payment"): charge["payment_intent"],
    }
    if charge["amount_refunded"]:
        shown[visit.say("Given back")] = visit.money(charge["amount_refunded"], charge["currency"])
    amount = f'<p class="amount">{escape(visit.money(charge["amount"], charge["currency"]))}</p>'
    bill = _known(visit, invoice_of(visit.account, charge["payment_intent"]))
    more = visit.link(_address(bill), visit.say("Bill {number}", number=bill["number"])) if bill else ""
    return visit.page(visit.say("Receipt"), amount + facts(shown) + more)


def as_pdf(visit: Visit, key: str) -> Response:
    bill = _known(visit, key)
    visit = visit.in_language_of(None)
    if bill is None:
        return visit.nothing_here()
    title = visit.say("Bill {number}", number=bill["number"])
    lines = [title, "", *(f"{name}: {value}" for name, value in _facts(visit, bill).items())]
    response = Response(written(lines), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{bill["number"]}.pdf"'
    return response


# --- what is shown --------------------------------------------------------------------------------


def _known(visit: Visit, key: str) -> Thing | None:
    """A draft has no page."""
    bill = visit.account.invoices.get(key)
    return bill if bill and bill["number"] else None


def _bill(visit: Visit, bill: Thing, wrong: str = "") -> Response:
    form = ""
    if bill["status"] == "open":
        pay = visit.say("Pay {amount}", amount=visit.money(bill["amount_due"], bill["currency"]))
        button = buttons(("pay", pay), name="action")
        form = f'<form method="post" action="{_address(bill)}">{card_form.fields(visit)}{button}</form>'
    body = (
        problem(visit.say(wrong) if wrong else "")
        + f'<p class="amount">{escape(visit.money(bill["total"], bill["currency"]))}</p>'
        + facts(_facts(visit, bill))
        + form
        + visit.link(f"{_address(bill)}.pdf", visit.say("Download"))
    )
    title = visit.say("Bill {number}", number=bill["number"])
    return visit.page(title, body, status=422 if wrong else 200)


def _facts(visit: Visit, bill: Thing) -> dict[str, str]:
    shown = {
        visit.say("Date"): visit.day(bill["created"]),
        visit.say("State"): visit.say(words.BILLS[bill["status"]]),
    }
    for line in bill["lines"]["data"]:
        details = line["pricing"]["price_details"]
        name = visit.account.products[details["product"]]["name"]
        days = f"{visit.day(line['period']['start'])} – {visit.day(line['period']['end'])}"
        shown[f"{name}, {days}"] = visit.money(line["amount"], line["currency"])
    off = sum(each["amount"] for each in bill["total_discount_amounts"])
    if off:
        shown[visit.say("Discount {code}", code="")] = "−" + visit.money(off, bill["currency"])
    if bill["status"] == "open":
        shown[visit.say("Due")] = visit.money(bill["amount_due"], bill["currency"])
    return shown


def _address(bill: Thing) -> str:
    return f"/invoices/{bill['id']}"
