"""Checkout sessions: Stripe's hosted page. https://docs.stripe.com/api/checkout/sessions"""

from __future__ import annotations

from .. import money
from ..account import Account, Thing
from ..decoding import METADATA
from ..discounts import is_given
from ..errors import ApiError, missing
from ..payer import discount, expire
from .customers import live
from .registry import CREATED, PAGING, Operation, getter, listed, matches

LEAST, MOST = 30 * 60, 24 * 3600
STATES = "one of complete|expired|open"
LOCALES = "one of auto|es|es-419|en|en-GB|de|fr|it|pt|pt-BR|ja|zh"
TAKES = {
    "mode": "one of payment|setup|subscription",
    "customer": "str",
    "client_reference_id": "str",
    "line_items": [{"price": "str", "quantity": "int"}],
    "success_url": "str",
    "cancel_url": "str",
    "expires_at": "int",
    "locale": LOCALES,
    "metadata": METADATA,
    "subscription_data": {"metadata": METADATA, "trial_period_days": "int", "description": "text"},
    "payment_intent_data": {"metadata": METADATA, "description": "text"},
    "discounts": [{"promotion_code": "str", "coupon": "str"}],
    "allow_promotion_codes": "bool",
    "payment_method_collection": "one of always|if_required",
}


def _create(account: Account, params: Thing) -> Thing:
    if not params.get("line_items"):
        raise ApiError("Missing required param: line_items.", param="line_items", validation=True)
    if params.get("discounts") and "allow_promotion_codes" in params:
        raise ApiError("You may only specify one of these parameters: allow_promotion_codes, discounts.")
    customer = live(account, params["customer"], param="customer", status=400)
    price, quantity = _sold(account, params)
    expires = params.get("expires_at", account.now() + MOST)
    if not LEAST <= expires - account.now() <= MOST:
        raise ApiError(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", param="expires_at"
        )
    session = _blank(account, params, customer, price["currency"], price["unit_amount"] * quantity)
    session["expires_at"] = expires
    data = params.get("subscription_data") or params.get("payment_intent_data") or {}
    account.private[session["id"]] = {
        "price": price,
        "quantity": quantity,
        "metadata": data.get("metadata") or {},
        "trial_days": data.get("trial_period_days") or 0,
        "lines": [_line(account, price, quantity)],
    }
    for each in params.get("discounts") or []:
        _take_off(account, session, each)
    if money.is_too_small(session["amount_total"], session["currency"]):
        least = money.written(money.LEAST[session["currency"]], session["currency"])
        raise ApiError(
            f"The Checkout Session's total amount due must add up to at least {least}",
            code="amount_too_small",
        )
    account.add("sessions", session)
    account.clock.at(account.at(expires), lambda: _lapse(account, session))
    return session


def _sold(account: Account, params: Thing) -> tuple[Thing, int]:
    """One price, of the kind that the mode sells."""
    line = params["line_items"][0]
    price = account.prices.get(line.get("price", ""))
    if price is None:
        raise missing("price", str(line.get("price")), "line_items[0][price]", 400)
    if not price["active"]:
        raise ApiError("The price specified is inactive.", param="line_items[0][price]")
    if (params["mode"] == "subscription") is not (price["recurring"] is not None):
        raise ApiError(f"You specified `{params['mode']}` mode, and the price is {price['type']}.")
    return price, line.get("quantity") or 1


def _take_off(account: Account, session: Thing, given: Thing) -> None:
    code = account.get("promotion_codes", given.get("promotion_code", ""), param="discounts[0]", status=400)
    if not is_given(account, code, session["currency"]):
        raise ApiError("This promotion code cannot be redeemed.", param="discounts[0][promotion_code]")
    discount(account, session, code)


def _lapse(account: Account, session: Thing) -> None:
    if session["status"] == "open" and account.sessions.get(session["id"]) is session:
        expire(account, session)


def _blank(account: Account, params: Thing, customer: Thing, currency: str, amount: int) -> Thing:
    session = account.base("cs", "checkout.session")
    session["id"] = account.ids.new("cs_test", 58)
    trial = (params.get("subscription_data") or {}).get("trial_period_days")
    total = 0 if trial else amount
    return session | {
        "allow_promotion_codes": params.get("allow_promotion_codes"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "status": None, "provider": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "currency": currency,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None, "shipping_address": None, "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": customer["id"],
        "customer_creation": None,
        "customer_details": {
            "address": None, "email": customer["email"], "name": customer["name"], "phone": None,
            "tax_exempt": "none", "tax_ids": None, "business_name": None, "individual_name": None,
        },
        "customer_email": None,
        "discounts": [],
        "invoice": None,
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": params["mode"],
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "always",
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "setup_intent": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": params.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{account.base_url}/c/pay/{session['id']}",
    }  # fmt: skip


def _line(account: Account, price: Thing, quantity: int) -> Thing:
    line = account.base("li", "item")
    for name in ("created", "livemode"):
        line.pop(name)
    amount = price["unit_amount"] * quantity
    return line | {
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": account.products[price["product"]]["name"],
        "price": price,
        "quantity": quantity,
    }


def _expire(account: Account, key: str, params: Thing) -> Thing:
    session = account.get("sessions", key)
    if session["status"] != "open":
        raise ApiError(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f'This Checkout Session has a status of "{session["status"]}".'
        )
    expire(account, session)
    return session


def _list(account: Account, params: Thing) -> Thing:
    names = ("customer", "subscription", "payment_intent", "status")
    found = [session for session in account.sessions.values() if matches(session, params, *names)]
    return listed(found, params, "/v1/checkout/sessions")


OPERATIONS = (
    Operation("POST", "/v1/checkout/sessions", _create, TAKES, ("mode", "customer", "success_url")),
    Operation(
        "GET", "/v1/checkout/sessions", _list,
        PAGING | {
            "customer": "str", "subscription": "str", "payment_intent": "str", "status": STATES,
            "created": CREATED,
        },
    ),
    Operation("GET", "/v1/checkout/sessions/{id}", getter("sessions")),
    Operation("POST", "/v1/checkout/sessions/{id}/expire", _expire),
)  # fmt: skip
