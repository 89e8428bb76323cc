"""The customer portal: subscriptions, the card, bills. What it offers, its configuration says."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from ...page import buttons, facts, problem
from .. import billing, payer
from ..events import tell
from . import card_form, words
from .visit import Visit

if TYPE_CHECKING:
    from ..account import Thing


def serve(visit: Visit, key: str) -> Response:
    session = visit.account.portals.get(key)
    if session is None:
        return visit.nothing_here()
    visit = visit.in_language_of(session["locale"])
    if session["flow"]:
        return visit.go(f"/p/session/{key}/card")
    if visit.posted and _features(visit, session)["subscription_cancel"]["enabled"]:
        with visit.account.lock:
            _set_cancel(visit, session)
        return visit.go(visit.request.path)
    return _home(visit, session)


def card(visit: Visit, key: str) -> Response:
    """A new card, then back to where the session says."""
    session = visit.account.portals.get(key)
    if session is None or not _features(visit, session)["payment_method_update"]["enabled"]:
        return visit.nothing_here()
    visit = visit.in_language_of(session["locale"])
    if not visit.posted:
        return _card_form(visit, session)
    try:
        typed = card_form.read(visit)
        with visit.account.lock:
            payer.change_card(visit.account, visit.account.customers[session["customer"]], typed.number)
    except card_form.Wrong as wrong:
        return _card_form(visit, session, str(wrong))
    except payer.NotPossible as refused:
        return _card_form(visit, session, words.decline(refused.code))
    return _after_card(visit, session)


def _after_card(visit: Visit, session: Thing) -> Response:
    after = (session["flow"] or {}).get("after_completion") or {"type": "portal_homepage"}
    if after["type"] == "redirect":
        return visit.go(after["redirect"]["return_url"])
    if after["type"] == "portal_homepage" and not session["flow"]:
        return visit.go(_address(session))
    return visit.page(visit.say("The card is saved"), visit.back_to(session["return_url"]))


def _set_cancel(visit: Visit, session: Thing) -> None:
    subscription = visit.account.subscriptions.get(visit.field("subscription"))
    if subscription is None or subscription["customer"] != session["customer"]:
        return
    if subscription["status"] in billing.LIVE:
        wanted = visit.field("action") == "cancel"
        billing.set_cancel_at_period_end(visit.account, subscription, wanted)
        tell(visit.account, "customer.subscription.updated", subscription)


# --- what is shown --------------------------------------------------------------------------------


def _home(visit: Visit, session: Thing) -> Response:
    features = _features(visit, session)
    customer = visit.account.customers[session["customer"]]
    own = [s for s in visit.account.subscriptions.values() if s["customer"] == customer["id"]]
    body = "".join(_subscription(visit, s, features) for s in own) or f"<p>{visit.say('There are none.')}</p>"
    body += _card(visit, session, own, features["payment_method_update"]["enabled"])
    if features["invoice_history"]["enabled"]:
        body += _bills(visit, customer)
    return visit.page(
        visit.say("Your subscriptions"),
        body + visit.back_to(session["return_url"]),
        leads_to=_leads_to(session),
    )


def _subscription(visit: Visit, subscription: Thing, features: Thing) -> str:
    item = billing.item_of(subscription)
    name = visit.account.products[item["price"]["product"]]["name"]
    state = "paused" if subscription["pause_collection"] else subscription["status"]
    shown = {
        visit.say("Price"): visit.price(item["price"], item["quantity"]),
        visit.say("State"): visit.say(words.STATES[state]),
    }
    if subscription["status"] in billing.LIVE:
        day = "Ends on" if subscription["cancel_at_period_end"] else "Next payment"
        shown[visit.say(day)] = visit.day(item["current_period_end"])
    act = ""
    if features["subscription_cancel"]["enabled"] and subscription["status"] in billing.LIVE:
        act = _cancel_form(visit, subscription)
    return f"<h2>{escape(name)}</h2>{facts(shown)}{act}"


def _cancel_form(visit: Visit, subscription: Thing) -> str:
    ending = subscription["cancel_at_period_end"]
    value, label = ("resume", "Keep the subscription") if ending else ("cancel", "Cancel the subscription")
    hidden = f'<input type="hidden" name="subscription" value="{subscription["id"]}">'
    button = f'<button name="action" value="{value}">{visit.say(label)}</button>'
    return f'<form method="post">{hidden}{button}</form>'


def _card(visit: Visit, session: Thing, subscriptions: list[Thing], can_change: bool) -> str:
    customer = visit.account.customers[session["customer"]]
    key = customer["invoice_settings"]["default_payment_method"] or next(
        (s["default_payment_method"] for s in subscriptions if s["default_payment_method"]), None
    )
    shown = visit.say("No card")
    if key:
        kept = visit.account.methods[key]["card"]
        shown = f"{kept['brand'].title()} •••• {kept['last4']}, {kept['exp_month']:02d}/{kept['exp_year']}"
    change = visit.link(f"{_address(session)}/card", visit.say("Change the card")) if can_change else ""
    return f"<h2>{visit.say('Card')}</h2><p>{escape(shown)}</p>{change}"


def _bills(visit: Visit, customer: Thing) -> str:
    rows = "".join(
        f'<dt><a href="{escape(bill["hosted_invoice_url"])}">{escape(bill["number"])}</a>, '
        f"{visit.day(bill['created'])}</dt><dd>{escape(visit.money(bill['total'], bill['currency']))}, "
        f"{visit.say(words.BILLS[bill['status']])}</dd>"
        for bill in reversed(visit.account.invoices.values())
        if bill["customer"] == customer["id"] and bill["number"]
    )
    return f"<h2>{visit.say('Bills')}</h2><dl>{rows}</dl>"


def _card_form(visit: Visit, session: Thing, wrong: str = "") -> Response:
    button = buttons(("card", visit.say("Save the card")), name="action")
    back = session["return_url"] if session["flow"] else _address(session)
    body = (
        problem(visit.say(wrong) if wrong else "")
        + f'<form method="post">{card_form.fields(visit)}{button}</form>'
        + (visit.back_to(back) if session["flow"] else visit.link(back, visit.say("Your subscriptions")))
    )
    return visit.page(
        visit.say("Change the card"), body, status=422 if wrong else 200, leads_to=_leads_to(session)
    )


def _features(visit: Visit, session: Thing) -> Thing:
    features: Thing = visit.account.configurations[session["configuration"]]["features"]
    return features


def _address(session: Thing) -> str:
    return f"/p/session/{session['id']}"


def _leads_to(session: Thing) -> tuple[str | None, ...]:
    after = (session["flow"] or {}).get("after_completion") or {}
    return session["return_url"], (after.get("redirect") or {}).get("return_url")
