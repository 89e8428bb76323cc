"""Open a subscription, or take a single payment, on Stripe's hosted page.

A customer of ours, what the page is to sell (stored, so that a lost call is repeated to the letter), the
page, and what became of it. Source: https://docs.stripe.com/api/checkout/sessions.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ....exceptions import ConfigurationError, NotFound
from ...actions import again, asking
from ...base import AGAIN, WAIT, NextStep, Step
from ..locales import locale_for
from ..shapes import Thing, id_of
from .context import Action, Context

# How long a page may stay open, by Stripe's rules.
LEAST_OPEN, MOST_OPEN = timedelta(minutes=31), timedelta(hours=24) - timedelta(minutes=1)


# --- the customer ---------------------------------------------------------------------------------


def _create_customer(context: Context) -> Step:
    """The key is ours and random, so that a repetition gives the same customer."""
    attempt = context.attempt
    params: dict[str, Any] = {"email": attempt.email, "metadata": {"external_id": attempt.customer_id}}
    if attempt.name:
        params["name"] = attempt.name
    customer = context.client.call(context.client.v1.customers.create, params=params, key=attempt.customer_id)
    return Step(AGAIN, customer_reference=str(customer["id"]))


def _find_customer(context: Context) -> Step:
    """Found by our key among those of that e-mail; else made, under the same key."""
    attempt = context.attempt
    found = context.client.every(context.client.v1.customers.list, {"email": attempt.email})
    own = [each for each in found if (each.get("metadata") or {}).get("external_id") == attempt.customer_id]
    return Step(AGAIN, customer_reference=str(own[0]["id"]) if own else "")


# --- the page -------------------------------------------------------------------------------------


def _note_terms(context: Context) -> Step:
    """Everything the page is made with. Nothing is made yet."""
    with asking():
        terms = _terms(context)
    return Step(AGAIN, data={"terms": terms})


def _terms(context: Context) -> dict[str, Any]:
    attempt = context.attempt
    ours = {"order": attempt.order, "checkout": attempt.id, "price": attempt.price.key}
    terms: dict[str, Any] = {
        "mode": "payment" if attempt.price.is_once else "subscription",
        "customer": attempt.customer_reference,
        "client_reference_id": attempt.order,
        "line_items": [{"price": context.price(), "quantity": attempt.quantity}],
        "success_url": attempt.return_url,
        "cancel_url": attempt.return_url,
        "expires_at": int(_expires_at(attempt.closes_at, attempt.now).timestamp()),
        "locale": locale_for(attempt.language),
        "metadata": ours,
    }
    if attempt.price.is_once:
        terms["payment_intent_data"] = {"metadata": ours}
    else:
        terms["subscription_data"] = {"metadata": ours}
        if attempt.price.trial_days:
            terms["subscription_data"]["trial_period_days"] = attempt.price.trial_days
    return terms | _discount(context)


def _expires_at(closes_at: datetime, now: datetime) -> datetime:
    return min(max(closes_at, now + LEAST_OPEN), now + MOST_OPEN)


def _discount(context: Context) -> dict[str, Any]:
    """A code that was given to us, else the page's own field, where the account's options ask for it."""
    if context.attempt.coupon:
        code = promotion_code(context.client, context.attempt.coupon)
        if code is None:
            raise NotFound("The promotion code is no longer given", code="coupon")
        return {"discounts": [{"promotion_code": code["id"]}]}
    return {"allow_promotion_codes": True} if context.options.get("PROMOTION_CODES") else {}


def promotion_code(client: Any, code: str) -> Thing | None:
    """The active one that payers type so."""
    params = {"code": code, "active": True, "limit": 1, "expand": ["data.promotion.coupon"]}
    found: list[Thing] = client.call(client.v1.promotion_codes.list, params=params)["data"]
    return found[0] if found else None


def _open_page(context: Context) -> Step:
    attempt = context.attempt
    key = f"{attempt.order}-{attempt.data.get('round', 0)}"
    try:
        session = context.client.call(
            context.client.v1.checkout.sessions.create, params=attempt.data["terms"], key=key
        )
    except NotFound:  # the customer was deleted in the dashboard; their cards with them
        return Step(AGAIN, data={"terms": None}, customer_gone=True)
    return _opened(session)


def _find_page(context: Context) -> Step:
    """One that bears our order and round is what the lost call made."""
    attempt = context.attempt
    sessions = context.client.every(
        context.client.v1.checkout.sessions.list, {"customer": attempt.customer_reference}
    )
    before = attempt.data.get("pages_before", [])
    own = [s for s in sessions if s.get("client_reference_id") == attempt.order and s["id"] not in before]
    return _opened(own[0]) if own else Step(AGAIN)


def _opened(session: Thing) -> Step:
    if not session.get("url"):  # found again, and no longer open: what became of it is asked next
        return Step(AGAIN, data={"session": session["id"]})
    url = str(session["url"])
    return Step(NextStep("go", url), data={"session": session["id"], "url": url}, token=str(session["id"]))


# --- what became of it ----------------------------------------------------------------------------


def _look(context: Context) -> Step:
    """Paid, left open, expired, or paid by something that takes days."""
    attempt = context.attempt
    with asking():
        session = fetch_session(context.client, str(attempt.data["session"]))
    if session["status"] == "open":
        return Step(NextStep("go", str(session.get("url") or attempt.data.get("url") or "")))
    if session["status"] == "expired":
        return _turned_down(context, "expired")
    if session["mode"] == "subscription":
        return Step(AGAIN, data={"paid": True}, subscription_reference=id_of(session["subscription"]))
    if session["payment_status"] in ("paid", "no_payment_required"):
        return Step(AGAIN, data={"paid": True}, subscription_reference=attempt.order)
    intent = session.get("payment_intent") or {}
    if intent.get("status") in ("requires_payment_method", "canceled"):
        error = intent.get("last_payment_error") or {}
        return _turned_down(context, str(error.get("decline_code") or error.get("code") or "expired"))
    return Step(WAIT)


def _turned_down(context: Context, reason: str) -> Step:
    """Nothing was charged; the payer may try again, on another page."""
    data = context.attempt.data
    gone = [*data.get("pages_before", []), data["session"]]
    fresh = {"session": None, "url": None, "terms": None, "round": data.get("round", 0) + 1}
    return Step(NextStep("retry"), data=fresh | {"pages_before": gone}, reason=reason)


def fetch_session(client: Any, session: str) -> Thing:
    """Raises ConfigurationError where it lacks a status: nobody could tell what became of it."""
    found: Thing = client.call(
        client.v1.checkout.sessions.retrieve, session, params={"expand": ["payment_intent.latest_charge"]}
    )
    if not found.get("status"):
        raise ConfigurationError("Stripe's answer lacks the status of a Checkout session")
    return found


CUSTOMER = Action(lambda attempt: bool(attempt.customer_reference), _create_customer, _find_customer)
TERMS = Action(lambda attempt: bool(attempt.data.get("terms")), _note_terms, again)
PAGE = Action(lambda attempt: bool(attempt.data.get("session")), _open_page, _find_page)
PAID = Action(lambda attempt: bool(attempt.data.get("paid")), _look, _look)

OPENING = (CUSTOMER, TERMS, PAGE, PAID)
