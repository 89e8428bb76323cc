"""Giving back at Stripe: whole or in part, to the card that paid. Source: https://docs.stripe.com/api/refunds.

The idempotency key and the metadata are our order, so that a lost answer is found, or repeated to the letter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...exceptions import OutcomeUnknown, Refused
from ..base import RefundRequest, RefundSnapshot
from . import shapes, statuses
from .amounts import to_stripe

if TYPE_CHECKING:
    from .client import Client

METHOD = "card"
# How the references of what was paid begin.
INVOICE = "in_"


def give_back(client: Client, request: RefundRequest) -> RefundSnapshot:
    """Raises Refused where nothing of it can be given back."""
    params: dict[str, Any] = {
        "payment_intent": _intent_of(client, request),
        "amount": to_stripe(request.amount),
        "metadata": {"order": request.order},
    }
    return statuses.refund(client.call(client.v1.refunds.create, params=params, key=request.order))


def fetch(client: Client, request: RefundRequest) -> RefundSnapshot:
    """By our order among the refunds of its payment. One that is not there may be asked for again: the key
    is the same, so that two answers are of one refund. Raises OutcomeUnknown."""
    intent = _intent_of(client, request)
    found = client.every(client.v1.refunds.list, {"payment_intent": intent})
    own = [each for each in found if (each.get("metadata") or {}).get("order") == request.order]
    if own:
        return statuses.refund(own[0])
    try:
        return give_back(client, request)
    except Refused as error:
        raise OutcomeUnknown(str(error), code=error.code, service=error.service) from error


def cancel(client: Client, request: RefundRequest) -> None:
    """Only one that waits for its receiver can be called off."""
    intent = _intent_of(client, request)
    for each in client.every(client.v1.refunds.list, {"payment_intent": intent}):
        if (each.get("metadata") or {}).get("order") == request.order:
            client.call(client.v1.refunds.cancel, str(each["id"]))


def _intent_of(client: Client, request: RefundRequest) -> str:
    """Of a bill the one that paid it; a single payment's order is its intent's id."""
    if not request.payment.startswith(INVOICE):
        return request.payment_order
    invoice = client.call(client.v1.invoices.retrieve, request.payment, params={"expand": ["payments"]})
    intents = shapes.payment_intents_of(invoice)
    if invoice.get("status") != "paid" or not intents:
        raise Refused("The bill is not paid at Stripe.", code="not_paid")
    return _paid(invoice, intents)


def _paid(invoice: shapes.Thing, intents: list[str]) -> str:
    """A bill may list tries that failed before the one that paid it."""
    payments = (invoice.get("payments") or {}).get("data") or []
    paid = [
        shapes.id_of(each["payment"].get("payment_intent"))
        for each in payments
        if each.get("status") == "paid" and each.get("payment")
    ]
    return next((intent for intent in paid if intent), intents[0])
