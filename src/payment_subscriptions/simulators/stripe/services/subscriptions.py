"""Subscriptions: read, changed, paused, ended. They are made by a Checkout session."""

from __future__ import annotations

from .. import billing, changes
from ..account import Account, Thing
from ..decoding import METADATA
from ..errors import ApiError, missing
from ..events import tell
from .registry import CREATED, PAGING, Operation, getter, listed, matches, set_metadata

BEHAVIOURS = "one of always_invoice|create_prorations|none"
UNPAID = "one of allow_incomplete|default_incomplete|error_if_incomplete|pending_if_incomplete"
ITEMS = [{"id": "str", "price": "str", "quantity": "int"}]
STATES = "one of active|all|canceled|ended|incomplete|incomplete_expired|past_due|paused|trialing|unpaid"
TAKES = {
    "cancel_at_period_end": "bool",
    "default_payment_method": "text",
    "items": ITEMS,
    "metadata": METADATA,
    "pause_collection": {"behavior": "one of keep_as_draft|mark_uncollectible|void", "resumes_at": "int"},
    "payment_behavior": UNPAID,
    "proration_behavior": BEHAVIOURS,
    "proration_date": "int",
}


def live(account: Account, key: str) -> Thing:
    """One that can be changed: what is canceled is no more."""
    subscription = account.subscriptions.get(key)
    if subscription is None or subscription["status"] in ("canceled", "incomplete_expired"):
        raise missing("subscription", key)
    return subscription


def _update(account: Account, key: str, params: Thing) -> Thing:
    subscription = live(account, key)
    if params.get("default_payment_method"):  # all is checked before anything is changed
        method = params["default_payment_method"]
        account.get("methods", method, param="default_payment_method", status=400)
    if params.get("items"):
        changes.change(account, subscription, wanted(account, subscription, params))
    if "cancel_at_period_end" in params:
        billing.set_cancel_at_period_end(account, subscription, params["cancel_at_period_end"])
    if "pause_collection" in params:
        billing.pause(account, subscription, params["pause_collection"])
    if "default_payment_method" in params:
        subscription["default_payment_method"] = params["default_payment_method"] or None
    set_metadata(subscription, params)
    tell(account, "customer.subscription.updated", subscription)
    return subscription


def wanted(account: Account, subscription: Thing, params: Thing) -> Thing:
    """The change that the parameters ask for."""
    own = billing.item_of(subscription)
    item = params["items"][0]
    if item.get("id") != own["id"]:
        raise ApiError(
            "A subscription of this simulator has one item: name it by its id.", param="items[0][id]"
        )
    price = own["price"]
    if "price" in item:
        price = account.get("prices", item["price"], param="items[0][price]", status=400)
    if price["currency"] != subscription["currency"]:
        raise ApiError("The price must be in the subscription's currency.", param="items[0][price]")
    when = params.get("proration_date", account.now())
    if not own["current_period_start"] <= when <= own["current_period_end"]:
        raise ApiError(
            "Invalid value for proration_date: it must lie in the current period.", param="proration_date"
        )
    return {
        "price": price,
        "quantity": item.get("quantity") or own["quantity"],
        "proration_date": when,
        "proration_behavior": params.get("proration_behavior", "create_prorations"),
        "payment_behavior": params.get("payment_behavior", "allow_incomplete"),
    }


def _cancel(account: Account, key: str, params: Thing) -> Thing:
    subscription = live(account, key)
    billing.end_now(account, subscription, "cancellation_requested")
    return subscription


def _list(account: Account, params: Thing) -> Thing:
    wanted = _meant(params.get("status", ""))
    found = [
        subscription
        for subscription in account.subscriptions.values()
        if matches(subscription, params, "customer") and subscription["status"] in wanted
    ]
    return listed(found, params, "/v1/subscriptions")


def _meant(status: str) -> tuple[str, ...]:
    """All that have not been canceled unless told; "ended" are those and the expired."""
    words = tuple(STATES.removeprefix("one of ").split("|"))
    if status in ("", "all"):
        return words if status else tuple(word for word in words if word != "canceled")
    return ("canceled", "incomplete_expired") if status == "ended" else (status,)


OPERATIONS = (
    Operation(
        "GET", "/v1/subscriptions", _list,
        PAGING | {"customer": "str", "status": STATES, "created": CREATED},
    ),
    Operation("GET", "/v1/subscriptions/{id}", getter("subscriptions")),
    Operation("POST", "/v1/subscriptions/{id}", _update, TAKES),
    Operation("DELETE", "/v1/subscriptions/{id}", _cancel, {"invoice_now": "bool", "prorate": "bool"}),
)  # fmt: skip
