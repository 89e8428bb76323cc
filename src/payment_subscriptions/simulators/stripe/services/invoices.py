"""Invoices, what they will be, and the payments made for them."""

from __future__ import annotations

from .. import invoicing
from ..account import Account, Thing
from ..billing import method_of, recovered
from ..changes import bill_of_change
from ..charging import AUTHENTICATE
from ..errors import ApiError, declined
from .registry import CREATED, PAGING, Operation, getter, listed
from .subscriptions import BEHAVIOURS, ITEMS, live, wanted

STATES = "one of draft|open|paid|uncollectible|void"


def _list(account: Account, params: Thing) -> Thing:
    found = [
        invoice
        for invoice in account.invoices.values()
        if params.get("subscription") in (None, invoice["parent"]["subscription_details"]["subscription"])
        and params.get("customer") in (None, invoice["customer"])
        and params.get("status") in (None, invoice["status"])
    ]
    return listed(found, params, "/v1/invoices")


def _preview(account: Account, params: Thing) -> Thing:
    """What a change would bill, by the same reckoning as the change itself. Keeps nothing."""
    subscription = live(account, params["subscription"])
    details = params.get("subscription_details") or {}
    change = wanted(account, subscription, details | {"payment_behavior": "allow_incomplete"})
    bill = bill_of_change(account, subscription, change)
    if bill is None:
        raise ApiError("Nothing to invoice for customer", code="invoice_upcoming_none", status=404)
    bill["id"] = f"upcoming_{bill['id']}"
    bill["billing_reason"] = "upcoming"
    return bill


def _pay(account: Account, key: str, params: Thing) -> Thing:
    invoice = account.get("invoices", key)
    if invoice["status"] != "open":
        raise ApiError(f"Invoice is already {invoice['status']}", code="invoice_not_editable")
    subscription = account.subscriptions[invoice["parent"]["subscription_details"]["subscription"]]
    method = params.get("payment_method") or method_of(account, subscription)
    said = invoicing.attempt(account, invoice, method)
    if said:
        invoicing.failed(account, invoice, said)
        if said == AUTHENTICATE:
            raise declined("invoice_payment_intent_requires_action")
        raise declined("card_declined", said)
    recovered(account, subscription)
    return invoice


def _void(account: Account, key: str, params: Thing) -> Thing:
    invoice = account.get("invoices", key)
    if invoice["status"] not in ("open", "uncollectible"):
        raise ApiError(f"You can only void open invoices; this one is {invoice['status']}.")
    invoicing.void(account, invoice)
    return invoice


def _list_payments(account: Account, params: Thing) -> Thing:
    intent = (params.get("payment") or {}).get("payment_intent")
    found = [
        each
        for each in account.invoice_payments.values()
        if params.get("invoice") in (None, each["invoice"])
        and intent in (None, each["payment"]["payment_intent"])
    ]
    return listed(found, params, "/v1/invoice_payments")


OPERATIONS = (
    Operation(
        "GET", "/v1/invoices", _list,
        PAGING | {"subscription": "str", "customer": "str", "status": STATES, "created": CREATED},
    ),
    Operation("GET", "/v1/invoices/{id}", getter("invoices")),
    Operation(
        "POST", "/v1/invoices/create_preview", _preview,
        {
            "subscription": "str", "customer": "str",
            "subscription_details": {
                "items": ITEMS, "proration_behavior": BEHAVIOURS, "proration_date": "int",
            },
        },
        ("subscription",),
    ),
    Operation("POST", "/v1/invoices/{id}/pay", _pay, {"payment_method": "str", "off_session": "bool"}),
    Operation("POST", "/v1/invoices/{id}/void", _void),
    Operation(
        "GET", "/v1/invoice_payments", _list_payments,
        PAGING | {"invoice": "str", "payment": {"type": "one of payment_intent", "payment_intent": "str"}},
    ),
)  # fmt: skip
