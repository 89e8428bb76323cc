"""Payment intents, charges, refunds and disputes."""

from __future__ import annotations

from .. import disputes, refunds
from ..account import Account, Thing
from ..decoding import METADATA
from ..errors import ApiError, missing
from .registry import CREATED, PAGING, Operation, getter, lister, set_metadata

# What can be said of a charge that its payer disputes; files cannot be sent here.
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy_disclosure", "cancellation_rebuttal",
    "customer_email_address", "customer_name", "customer_purchase_ip", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "refund_policy_disclosure", "refund_refusal_explanation",
    "service_date", "shipping_address", "shipping_carrier", "shipping_date", "shipping_tracking_number",
    "uncategorized_text",
)  # fmt: skip


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
    made = refunds.refund(account, charge, amount, params.get("metadata") or {}, status)
    if status == "failed":  # it comes back to the account at once
        refunds.settle(account, made, succeeded=False)
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
    refunds.cancel(account, refund)
    return refund


def _answer_dispute(account: Account, key: str, params: Thing) -> Thing:
    dispute = _open_dispute(account, key)
    set_metadata(dispute, params)
    disputes.answer(account, dispute, params.get("evidence") or {}, submit=params.get("submit", True))
    return dispute


def _close_dispute(account: Account, key: str, params: Thing) -> Thing:
    """Accepted, and so lost."""
    dispute = _open_dispute(account, key)
    disputes.close(account, dispute, won=False)
    return dispute


def _open_dispute(account: Account, key: str) -> Thing:
    dispute = account.get("disputes", key)
    if dispute["status"] in ("won", "lost"):
        raise ApiError("This dispute is already closed.", code="dispute_already_closed")
    return dispute


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
            "payment_intent": "str", "charge": "str", "amount": "int", "metadata": METADATA,
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
    Operation(
        "POST", "/v1/disputes/{id}", _answer_dispute,
        {"evidence": dict.fromkeys(EVIDENCE, "text"), "metadata": METADATA, "submit": "bool"},
    ),
    Operation("POST", "/v1/disputes/{id}/close", _close_dispute),
)  # fmt: skip
