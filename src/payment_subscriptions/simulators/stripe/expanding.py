"""``expand``: things in place of their ids, and parts that are left out unless asked for.

https://docs.stripe.com/expand: at most four levels, ``data.`` of a list counts as one. The paths are judged
before anything is done, as every parameter is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import ApiError, wrong

if TYPE_CHECKING:
    from .account import Account, Thing

DEEPEST = 4
# Where, in a thing, another stands by its id; "" where it never does here.
INSIDE: dict[str, dict[str, str]] = {
    "charge": {"customer": "customer", "payment_intent": "payment_intent"},
    "checkout.session": {
        "customer": "customer",
        "discounts.promotion_code": "promotion_code",
        "invoice": "invoice",
        "line_items.data": "item",
        "payment_intent": "payment_intent",
        "payment_link": "",
        "setup_intent": "",
        "subscription": "subscription",
    },
    "customer": {"default_source": "", "invoice_settings.default_payment_method": "payment_method"},
    "discount": {"customer": "customer", "promotion_code": "promotion_code", "source.coupon": "coupon"},
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "billing_portal.session": {"configuration": "billing_portal.configuration"},
    "invoice": {
        "customer": "customer",
        "discounts": "discount",
        "parent.subscription_details.subscription": "subscription",
        "payments.data": "invoice_payment",
        "total_discount_amounts.discount": "discount",
    },
    "invoice_payment": {"invoice": "invoice", "payment.payment_intent": "payment_intent"},
    "item": {"price": "price"},
    "payment_intent": {
        "customer": "customer", "latest_charge": "charge", "payment_method": "payment_method",
    },
    "payment_method": {"customer": "customer"},
    "price": {"product": "product"},
    "product": {"default_price": ""},
    "promotion_code": {"customer": "customer", "promotion.coupon": "coupon"},
    "refund": {"charge": "charge", "payment_intent": "payment_intent"},
    "subscription": {
        "customer": "customer",
        "default_payment_method": "payment_method",
        "discounts": "discount",
        "items.data.price": "price",
        "latest_invoice": "invoice",
        "schedule": "",
    },
}  # fmt: skip


def judged(paths: Any, kind: str, *, of_list: bool) -> list[str]:
    """The paths, of a thing of that kind or of a list of them. Raises ApiError for one that leads nowhere."""
    if paths is None or paths == "":
        return []
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise wrong("Invalid array: expand", "expand")
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise wrong(f"You cannot expand more than {DEEPEST} levels of a property: {path}", "expand")
        if (of_list and parts.pop(0) != "data") or not _leads(kind, parts):
            raise _nowhere(path)
    return paths


def _leads(kind: str, parts: list[str]) -> bool:
    for known, target in INSIDE.get(kind, {}).items():
        steps = known.split(".")
        if parts == steps[: len(parts)]:
            return bool(parts)
        if parts[: len(steps)] == steps:
            return _leads(target, parts[len(steps) :])
    return False


def _nowhere(path: str) -> ApiError:
    return wrong(f"This property cannot be expanded ({path}).", "expand")


def expanded(account: Account, thing: Thing, paths: list[str]) -> Thing:
    for path in paths:
        _expand(account, thing, path.split("."))
    return thing


def _expand(account: Account, thing: Any, parts: list[str]) -> None:
    if isinstance(thing, list):
        for each in thing:
            _expand(account, each, parts)
    if not parts or not isinstance(thing, dict):
        return
    name, rest = parts[0], parts[1:]
    value = thing[name] if name in thing else _included(account, thing, name)
    if isinstance(value, str):
        value = _of(account, value)
    elif isinstance(value, list):
        value = [_of(account, each) if isinstance(each, str) else each for each in value]
    if value is not None:
        thing[name] = value
    _expand(account, value, rest)


def _of(account: Account, key: str) -> Thing | str:
    """That thing; of what has gone meanwhile the id, as before."""
    found = account.find(key)
    return account.shown(found) if found else key


def _included(account: Account, thing: Thing, name: str) -> Thing | None:
    """What is there only when it is asked for; of what is deleted, nothing."""
    if thing.get("object") == "invoice" and name == "payments":
        own = [account.shown(p) for p in account.invoice_payments.values() if p["invoice"] == thing["id"]]
        return {"object": "list", "data": own, "has_more": False, "url": "/v1/invoice_payments"}
    if thing.get("object") == "checkout.session" and name == "line_items":
        data = [account.shown(line) for line in account.private[thing["id"]]["lines"]]
        return {"object": "list", "data": data, "has_more": False, "url": "/v1/checkout/sessions"}
    return None
