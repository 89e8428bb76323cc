"""The pages a payer sees: Checkout, the bank's own step, a bill, a receipt, the portal.

Forms have stable names: ``number``, ``code``, and the pressed button ``action``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from ..page import facts, page
from . import billing, money, payer
from .account import Account, Thing
from .cards import OK
from .charging import AUTHENTICATE
from .events import tell
from .words import SPANISH

View = Callable[[Account, Request, Thing], Response]


def serve(account: Account, request: Request) -> Response | None:
    """The payer's page of that address, or None."""
    for pattern, table, view in _PAGES:
        match = re.fullmatch(pattern, request.path)
        if match and request.method in ("GET", "POST"):
            thing = account.tables[table].get(match[1])
            response = view(account, request, thing) if thing else _unknown(request)
            account.post.flush()  # Stripe tells the merchant; the browser goes when it has
            return response
    return None


def _say(request: Request, text: str, locale: str | None = None) -> str:
    """In Spanish where the page, or the browser, asks for it."""
    wanted = locale if locale and locale != "auto" else request.headers.get("Accept-Language", "en")
    return SPANISH[text] if wanted.startswith("es") else text


def _unknown(request: Request) -> Response:
    title = _say(request, "This link is not valid")
    return page(title, f'<div class="card"><h1>{title}</h1></div>', status=404)


def _button(action: str, label: str, *, main: bool = False) -> str:
    return f'<button name="action" value="{action}"{" class=main" if main else ""}>{escape(label)}</button>'


def _field(name: str, label: str, value: str, mode: str = "numeric") -> str:
    return (
        f'<label for="{name}">{escape(label)}</label>'
        f'<input id="{name}" name="{name}" value="{escape(value)}" inputmode="{mode}" autocomplete="off">'
    )


def _problem(text: str) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""


def _card_fields(request: Request, locale: str | None = None) -> str:
    def say(text: str) -> str:
        return _say(request, text, locale)

    number = request.form.get("number") or OK
    return (
        _field("number", say("Card number"), " ".join(re.findall(".{1,4}", number)))
        + _field("expiry", say("Expiry"), request.form.get("expiry", "12/34"))
        + _field("cvc", say("Security code"), request.form.get("cvc", "123"))
    )


# --- Checkout ---------------------------------------------------------------------------------------


def _checkout(account: Account, request: Request, session: Thing) -> Response:
    def say(text: str) -> str:
        return _say(request, text, session["locale"])

    if session["status"] != "open":
        over = say("You have paid already" if session["status"] == "complete" else "This page has expired")
        back = f'<p><a href="{escape(session["success_url"])}">{say("Back to the shop")}</a></p>'
        return page(over, f'<div class="card"><h1>{over}</h1>{back}</div>')
    problem = ""
    if request.method == "POST":
        done = _act_on_checkout(account, request, session)
        if isinstance(done, Response):
            return done
        problem = done
    return page(say("Pay"), _checkout_form(account, request, session, problem, say))


def _act_on_checkout(account: Account, request: Request, session: Thing) -> Response | str:
    """Where the browser goes, or why it stays."""
    action = request.form.get("action", "")

    def say(text: str) -> str:
        return _say(request, text, session["locale"])

    try:
        with account.lock:
            if action == "code":
                payer.use_code(account, session, request.form.get("code", ""))
                return ""
            if action == "fail":
                return say("Your bank could not verify that it is you.")
            said = payer.pay_session(
                account, session, request.form.get("number", ""), authenticated=action == "authenticate"
            )
    except payer.NotPossible:
        return say("That code is not valid.")
    if said == AUTHENTICATE:
        return _bank(request, say, request.form.get("number", ""))
    if said:
        return say("Your card was declined. Use another one.") + f" ({said})"
    account.post.flush()
    return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)


def _bank(request: Request, say: Callable[[str], str], number: str) -> Response:
    """3-D Secure: the bank's own page."""
    hidden = f'<input type="hidden" name="number" value="{escape(number)}">'
    body = (
        f'<div class="card"><h1>{say("Your bank wants to know that it is you")}</h1>'
        f'<form method="post">{hidden}{_button("authenticate", say("It is me"), main=True)}'
        f"{_button('fail', say('It is not me'))}</form></div>"
    )
    return page("3-D Secure", body)


def _checkout_form(
    account: Account, request: Request, session: Thing, problem: str, say: Callable[[str], str]
) -> str:
    private = account.private[session["id"]]
    line = private["lines"][0]
    total = money.written(session["amount_total"], session["currency"])
    rows = {
        say("What"): f"{line['quantity']} × {line['description']}"
        if line["quantity"] > 1
        else line["description"],
        say("How often"): _often(private["price"], say),
        say("E-mail"): str(session["customer_details"]["email"]),
    }
    if private["trial_days"]:
        rows[say("Free days")] = str(private["trial_days"])
        rows[say("Then")] = money.written(line["amount_total"], session["currency"])
    if session["total_details"]["amount_discount"]:
        rows[say("Discount")] = money.written(
            session["total_details"]["amount_discount"], session["currency"]
        )
    code = ""
    if session["allow_promotion_codes"]:
        code = _field("code", say("Promotion code"), request.form.get("code", ""), "text") + _button(
            "code", say("Apply")
        )
    label = f"{say('Pay')} {total}" if session["amount_total"] else say("Begin")
    return (
        f'<div class="card"><h1>{escape(line["description"])}</h1><p class="amount">{escape(total)}</p>'
        f"{facts(rows)}{_problem(problem)}"
        f'<form method="post">{_card_fields(request, session["locale"])}'
        f"{_button('pay', label, main=True)}{code}"
        f'</form><p><a href="{escape(session["cancel_url"] or "#")}">{say("Back to the shop")}</a></p></div>'
    )


def _often(price: Thing, say: Callable[[str], str]) -> str:
    recurring = price["recurring"]
    if not recurring:
        return say("Once")
    word = say(f"every {recurring['interval']}")
    return word if recurring["interval_count"] == 1 else f"{recurring['interval_count']} × {word}"


# --- a bill and its receipt ---------------------------------------------------------------------------


def _invoice(account: Account, request: Request, invoice: Thing) -> Response:
    def say(text: str) -> str:
        return _say(request, text)

    problem = ""
    if request.method == "POST" and invoice["status"] == "open":
        action = request.form.get("action", "")
        number = "" if action == "authenticate_own" else request.form.get("number", "").replace(" ", "")
        with account.lock:
            said = payer.pay_invoice(
                account, invoice, number, authenticated=action.startswith("authenticate")
            )
        if said == AUTHENTICATE:
            return _bank(request, say, number)
        problem = say("Your card was declined. Use another one.") if said else ""
    rows = {
        say("Number"): str(invoice["number"] or ""),
        say("Status"): str(invoice["status"]),
        say("E-mail"): str(invoice["customer_email"] or ""),
    }
    form = ""
    if invoice["status"] == "open":
        form = (
            f'<form method="post">{_card_fields(request)}{_button("pay", say("Pay"), main=True)}'
            f"{_button('authenticate_own', say('Pay with the card on file'))}</form>"
        )
    body = (
        f'<div class="card"><h1>{say("Invoice")}</h1>'
        f'<p class="amount">{escape(money.written(invoice["amount_due"], invoice["currency"]))}</p>'
        f"{facts(rows)}{_problem(problem)}{form}</div>"
    )
    return page(say("Invoice"), body)


def _receipt(account: Account, request: Request, charge: Thing) -> Response:
    def say(text: str) -> str:
        return _say(request, text)

    card = charge["payment_method_details"]["card"]
    rows = {
        say("Paid on"): f"{datetime.fromtimestamp(charge['created'], UTC):%Y-%m-%d}",
        say("Card"): f"{card['brand']} •••• {card['last4']}",
        say("Given back"): money.written(charge["amount_refunded"], charge["currency"]),
    }
    body = (
        f'<div class="card"><h1>{say("Receipt")}</h1>'
        f'<p class="amount">{escape(money.written(charge["amount"], charge["currency"]))}</p>'
        f"{facts(rows)}</div>"
    )
    return page(say("Receipt"), body)


# --- the portal -----------------------------------------------------------------------------------------


def _portal(account: Account, request: Request, session: Thing) -> Response:
    def say(text: str) -> str:
        return _say(request, text, session["locale"])

    customer = account.customers[session["customer"]]
    problem = ""
    if request.method == "POST":
        with account.lock:
            problem = _act_on_portal(account, request, customer, say)
        if not problem and session["flow"] and session["flow"]["after_completion"]["redirect"]:
            account.post.flush()
            return redirect(session["flow"]["after_completion"]["redirect"]["return_url"], 303)
    parts = [_portal_card(account, request, customer, say, problem)]
    if not session["flow"]:
        features = account.configurations[session["configuration"]]["features"]
        if features["subscription_cancel"]["enabled"]:
            parts.append(_portal_subscriptions(account, customer, say))
        if features["invoice_history"]["enabled"]:
            parts.append(_portal_invoices(account, customer, say))
    back = f'<p><a href="{escape(session["return_url"] or "#")}">{say("Back to the shop")}</a></p>'
    return page(say("Your account"), "".join(parts) + back)


def _act_on_portal(account: Account, request: Request, customer: Thing, say: Callable[[str], str]) -> str:
    """Why it was not done, or ""."""
    action = request.form.get("action", "")
    if action == "card":
        try:
            payer.change_card(account, customer, request.form.get("number", ""))
        except payer.NotPossible:
            return say("Your card was declined. Use another one.")
        return ""
    subscription = account.subscriptions.get(request.form.get("subscription", ""))
    if subscription is None or subscription["customer"] != customer["id"]:
        return say("This link is not valid")
    billing.set_cancel_at_period_end(account, subscription, action == "cancel")
    tell(account, "customer.subscription.updated", subscription)
    return ""


def _portal_card(
    account: Account, request: Request, customer: Thing, say: Callable[[str], str], problem: str
) -> str:
    method = account.methods.get(customer["invoice_settings"]["default_payment_method"] or "")
    known = f"{method['card']['brand']} •••• {method['card']['last4']}" if method else "–"
    return (
        f'<div class="card"><h1>{say("Your card")}</h1>{facts({say("Card"): known})}{_problem(problem)}'
        f'<form method="post">{_card_fields(request)}'
        f"{_button('card', say('Use this card'), main=True)}</form></div>"
    )


def _portal_subscriptions(account: Account, customer: Thing, say: Callable[[str], str]) -> str:
    own = [s for s in account.subscriptions.values() if s["customer"] == customer["id"]]
    rows = []
    for subscription in own:
        item = billing.item_of(subscription)
        leaves = subscription["cancel_at_period_end"]
        label = say("Go on") if leaves else say("Cancel with the period")
        hidden = f'<input type="hidden" name="subscription" value="{subscription["id"]}">'
        button = _button("resume" if leaves else "cancel", label)
        form = f'<form method="post">{hidden}{button}</form>' if subscription["status"] != "canceled" else ""
        amount = money.written(item["price"]["unit_amount"] * item["quantity"], subscription["currency"])
        rows.append(f"{facts({amount: subscription['status']})}{form}")
    return f'<div class="card"><h2>{say("Subscriptions")}</h2>{"".join(rows)}</div>'


def _portal_invoices(account: Account, customer: Thing, say: Callable[[str], str]) -> str:
    own = [i for i in account.invoices.values() if i["customer"] == customer["id"] and i["number"]]
    links = "".join(
        f'<li><a href="{escape(str(each["hosted_invoice_url"]))}">{escape(each["number"])}</a> '
        f"{escape(money.written(each['amount_due'], each['currency']))} {escape(each['status'])}</li>"
        for each in own
    )
    return f'<div class="card"><h2>{say("Invoices")}</h2><ul>{links}</ul></div>'


_PAGES: tuple[tuple[str, str, View], ...] = (
    (r"/c/pay/(\w+)", "sessions", _checkout),
    (r"/invoices/(\w+)(?:\.pdf)?", "invoices", _invoice),
    (r"/receipts/(\w+)", "charges", _receipt),
    (r"/p/session/(\w+)", "portals", _portal),
)
