"""Checkout: what is bought, a code for less, a card, the bank's question, and back."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from ...page import buttons, facts, problem
from .. import payer
from ..charging import AUTHENTICATE
from . import card_form, words
from .visit import Visit

if TYPE_CHECKING:
    from ..account import Thing


def serve(visit: Visit, key: str) -> Response:
    session = visit.account.sessions.get(key)
    if session is None:
        return visit.nothing_here()
    visit = visit.in_language_of(session["locale"])
    if session["status"] != "open":
        return _over(visit, session)
    if not visit.posted:
        return _form(visit, session)
    try:
        with visit.account.lock:
            return _ACTS.get(visit.field("action"), _form)(visit, session)
    except payer.NotPossible:
        return _over(visit, session)  # settled meanwhile, in another tab


def confirm(visit: Visit, key: str) -> Response:
    """3-D Secure: the bank's page between the card and the payment."""
    session = visit.account.sessions.get(key)
    number = str(visit.account.private.get(key, {}).get("waiting", ""))
    if session is None or not (number or session["status"] != "open"):
        return visit.nothing_here()
    visit = visit.in_language_of(session["locale"])
    if session["status"] != "open":
        return _over(visit, session)
    if not visit.posted:
        return bank_asks(visit, visit.money(session["amount_total"], session["currency"]), _leads_to(session))
    with visit.account.lock:
        visit.account.private[key].pop("waiting", None)
        if visit.field("action") != "authenticate":
            payer.refuse_session(visit.account, session)
            return _form(visit, session, words.decline(AUTHENTICATE))
        said = payer.pay_session(visit.account, session, number, authenticated=True)
    return _form(visit, session, words.decline(said)) if said else visit.go(_success(session))


def bank_asks(visit: Visit, amount: str, leads_to: tuple[str | None, ...]) -> Response:
    text = visit.say("The bank wants to know that it is you (3-D Secure).")
    choices = buttons(("authenticate", visit.say("Confirm")), ("fail", visit.say("Refuse")), name="action")
    body = f'<p class="amount">{escape(amount)}</p><p>{text}</p><form method="post">{choices}</form>'
    return visit.page(visit.say("Confirm with your bank"), body, leads_to=leads_to)


# --- acts -----------------------------------------------------------------------------------------


def _use_code(visit: Visit, session: Thing) -> Response:
    try:
        payer.use_code(visit.account, session, visit.field("code"))
    except payer.NotPossible as error:
        return _form(visit, session, words.CODES.get(error.code, "This code is not valid."))
    return visit.go(visit.request.path)


def _pay(visit: Visit, session: Thing) -> Response:
    try:
        typed = card_form.read(visit)
    except card_form.Wrong as wrong:
        return _form(visit, session, str(wrong))
    said = payer.pay_session(visit.account, session, typed.number)
    if said == AUTHENTICATE:
        visit.account.private[session["id"]]["waiting"] = typed.number
        return visit.go(f"{visit.request.path}/confirm")
    return _form(visit, session, words.decline(said)) if said else visit.go(_success(session))


_ACTS = {"code": _use_code, "pay": _pay}


# --- what is shown --------------------------------------------------------------------------------


def _form(visit: Visit, session: Thing, wrong: str = "") -> Response:
    email = session["customer_details"]["email"] or ""
    body = (
        problem(visit.say(wrong) if wrong else "")
        + f'<p class="amount">{escape(visit.money(session["amount_total"], session["currency"]))}</p>'
        + facts(_terms(visit, session) | ({visit.say("E-mail"): email} if email else {}))
        + _code_form(visit, session)
        + f'<form method="post" action="{_address(session)}">{card_form.fields(visit)}'
        + f"{buttons(('pay', _button(visit, session)), name='action')}</form>"
        + visit.back_to(session["cancel_url"])
    )
    names = ", ".join(line["description"] for line in _lines(visit, session))
    return visit.page(names, body, status=422 if wrong else 200, leads_to=_leads_to(session))


def _terms(visit: Visit, session: Thing) -> dict[str, str]:
    """What it costs, what today, and what after a trial."""
    private = visit.account.private[session["id"]]
    shown = {}
    for line in _lines(visit, session):
        name = line["description"] + (f" × {line['quantity']}" if line["quantity"] > 1 else "")
        shown[name] = visit.price(line["price"], line["quantity"])
    if private["trial_days"]:
        price = visit.price(private["price"], private["quantity"])
        shown[visit.say("{days} days free", days=private["trial_days"])] = visit.say(
            "Then {price}", price=price
        )
    off = session["total_details"]["amount_discount"]
    if off:
        code = private["code"]["code"]
        shown[visit.say("Discount {code}", code=code)] = "−" + visit.money(off, session["currency"])
    shown[visit.say("To pay today")] = visit.money(session["amount_total"], session["currency"])
    return shown


def _code_form(visit: Visit, session: Thing) -> str:
    """A form of its own, so that Enter in it pays nothing."""
    if not session["allow_promotion_codes"] or session["discounts"]:
        return ""
    label = visit.say("Promotion code")
    code = card_form.field("code", label, visit.field("code"), "off")
    apply = f'<button name="action" value="code">{visit.say("Apply")}</button>'
    return f'<form method="post" action="{_address(session)}">{code}{apply}</form>'


def _button(visit: Visit, session: Thing) -> str:
    if visit.account.private[session["id"]]["trial_days"]:
        return visit.say("Start the trial")
    if session["mode"] == "subscription":
        return visit.say("Subscribe")
    return visit.say("Pay {amount}", amount=visit.money(session["amount_total"], session["currency"]))


def _over(visit: Visit, session: Thing) -> Response:
    text = f"<p>{visit.say('Nothing more is to be done here.')}</p>"
    if session["status"] == "complete":
        return visit.page(
            visit.say("It is paid"), text + visit.link(_success(session), visit.say("Continue"))
        )
    text = f"<p>{visit.say('Go back to the site and start again.')}</p>"
    return visit.page(
        visit.say("This page has expired"), text + visit.back_to(session["cancel_url"]), status=410
    )


def _lines(visit: Visit, session: Thing) -> list[Thing]:
    lines: list[Thing] = visit.account.private[session["id"]]["lines"]
    return lines


def _address(session: Thing) -> str:
    return f"/c/pay/{session['id']}"


def _success(session: Thing) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _leads_to(session: Thing) -> tuple[str | None, ...]:
    return session["success_url"], session["cancel_url"]
