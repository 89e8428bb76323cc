"""Customers."""

from __future__ import annotations

from ..account import Account, Thing
from ..decoding import METADATA
from ..errors import ApiError, missing
from ..events import tell
from .registry import CREATED, PAGING, Operation, listed, matches, set_metadata

ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), "text")
TAKES = {
    "email": "text",
    "name": "text",
    "phone": "text",
    "description": "text",
    "metadata": METADATA,
    "preferred_locales": ["str"],
    "address": ADDRESS,
    "invoice_settings": {"default_payment_method": "text", "footer": "text"},
}


def _create(account: Account, params: Thing) -> Thing:
    email = params.get("email") or None
    if email is not None and ("@" not in email or " " in email):
        raise ApiError(f"Invalid email address: {email}", code="email_invalid", param="email")
    customer = account.base("cus", "customer") | {
        "address": params.get("address"),
        "balance": 0,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.get("description"),
        "email": email,
        "invoice_prefix": None,
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "metadata": params.get("metadata") or {},
        "name": params.get("name"),
        "phone": params.get("phone"),
        "preferred_locales": params.get("preferred_locales") or [],
        "shipping": None,
        "tax_exempt": "none",
    }
    customer["id"] = account.ids.new("cus", 14)
    account.add("customers", customer)
    tell(account, "customer.created", customer)
    return customer


def _update(account: Account, key: str, params: Thing) -> Thing:
    customer = live(account, key)
    settings = params.pop("invoice_settings", None) or {}
    customer["invoice_settings"] |= settings
    set_metadata(customer, params)
    customer |= params
    tell(account, "customer.updated", customer)
    return customer


def live(account: Account, key: str, *, param: str = "id", status: int = 404) -> Thing:
    """One that has not been deleted."""
    customer = account.customers.get(key)
    if customer is None or customer.get("deleted"):
        raise missing("customer", key, param, status)
    return customer


def _retrieve(account: Account, key: str, params: Thing) -> Thing:
    return account.get("customers", key)


def _list(account: Account, params: Thing) -> Thing:
    """Those that have not been deleted."""
    there = (each for each in account.customers.values() if not each.get("deleted"))
    return listed((each for each in there if matches(each, params, "email")), params, "/v1/customers")


def delete(account: Account, key: str, params: Thing) -> Thing:
    """Its subscriptions end with it."""
    from ..billing import end_now

    customer = live(account, key)
    for subscription in list(account.subscriptions.values()):
        if subscription["customer"] == key and subscription["status"] != "canceled":
            end_now(account, subscription, "cancellation_requested")
    tell(account, "customer.deleted", customer)
    account.tables["customers"][key] = {"id": key, "object": "customer", "deleted": True} | {
        name: customer[name] for name in ("balance", "invoice_settings", "email")
    }
    return {"id": key, "object": "customer", "deleted": True}


OPERATIONS = (
    Operation("POST", "/v1/customers", _create, TAKES),
    Operation(
        "GET", "/v1/customers", _list,
        PAGING | {"email": "str", "created": CREATED},
    ),
    Operation("GET", "/v1/customers/{id}", _retrieve),
    Operation("POST", "/v1/customers/{id}", _update, TAKES),
    Operation("DELETE", "/v1/customers/{id}", delete),
)  # fmt: skip
