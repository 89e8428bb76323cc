"""Payment intents, charges, refunds and disputes."""

from __future__ import annotations

from .. import charging
from ..account import Account, Thing
from ..decoding import ANY
from ..errors import ApiError, missing
from .registry import CREATED, PAGING, Operation, getter, lister


def _refund(account: Account, params: Thing) -> Thing:
    charge = _charge_of(account, params)
    left = charge["amount"] - charge["amount_refunded"]
    if left <= 0:
        raise ApiError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if charge["disputed"]:
        raise ApiError(f"Charge {charge['id']} has been charged back.", code="charge_disputed")
    amount = params.get("amount", left)
    if amount <= 0 or amount > left:
        raise ApiError("Refund amount is greater than unrefunded amount on charge.", param="amount")
    status = account.options.refund_status
    made = charging.refund(account, charge, amount, params.get("metadata") or {}, status)
    if status == "failed":  # it comes back to the account at once
        charging.settle_refund(account, made, succeeded=False)
    return made


def _charge_of(account: Account, params: Thing) -> Thing:
    if "payment_intent" in params:
        intent = account.get("intents", params["payment_intent"], param="payment_intent", status=400)
        charge = account.charges.get(intent["latest_charge"] or "")
    else:
        charge = account.get("charges", params.get("charge", ""), param="charge", status=400)
    if charge is None or charge["status"] != "succeeded":
        raise ApiError("This PaymentIntent does not have a successful charge to refund.")
    return charge


def _cancel_refund(account: Account, key: str, params: Thing) -> Thing:
    refund = account.get("refunds", key)
    if refund["status"] != "requires_action":
        raise ApiError("Only a refund that requires action can be canceled.")
    refund["status"] = "canceled"
    return refund


def _retrieve_intent(account: Account, key: str, params: Thing) -> Thing:
    if key not in account.intents:
        raise missing("payment_intent", key, "intent")
    return account.intents[key]


OPERATIONS = (
    Operation("GET", "/v1/payment_intents/{id}", _retrieve_intent),
    Operation(
        "GET", "/v1/charges", lister("charges", "/v1/charges", "customer", "payment_intent"),
        PAGING | {"customer": "str", "payment_intent": "str", "created": CREATED},
    ),
    Operation("GET", "/v1/charges/{id}", getter("charges")),
    Operation(
        "POST", "/v1/refunds", _refund,
        {
            "payment_intent": "str", "charge": "str", "amount": "int", "metadata": ANY,
            "reason": "one of duplicate|fraudulent|requested_by_customer",
        },
    ),
    Operation(
        "GET", "/v1/refunds", lister("refunds", "/v1/refunds", "payment_intent", "charge"),
        PAGING | {"payment_intent": "str", "charge": "str", "created": CREATED},
    ),
    Operation("GET", "/v1/refunds/{id}", getter("refunds")),
    Operation("POST", "/v1/refunds/{id}/cancel", _cancel_refund),
    Operation(
        "GET", "/v1/disputes", lister("disputes", "/v1/disputes", "charge", "payment_intent"),
        PAGING | {"charge": "str", "payment_intent": "str", "created": CREATED},
    ),
    Operation("GET", "/v1/disputes/{id}", getter("disputes")),
)  # fmt: skip
