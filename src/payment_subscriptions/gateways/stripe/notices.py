"""Stripe's webhooks: signed, or they are none; of the many events, those that matter to us.

An event says where to look and no more: what is recorded is fetched. Events come out of order, more than
once, and up to three days late.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ...exceptions import InvalidNotice, NotFound
from ..base import Located, Received
from . import shapes
from .bills import bill_paid_by
from .shapes import Thing, id_of

if TYPE_CHECKING:
    from .client import Client

# What the endpoint is made with. https://docs.stripe.com/api/events/types
EVENTS = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
    "refund.failed",
    "refund.updated",
)


# --- receiving ------------------------------------------------------------------------------------


def read(body: bytes, header: str, secrets: Iterable[str], *, tolerance: int, live: bool) -> Received | None:
    """A genuine event of this account that matters; None for one that does not.

    Raises InvalidNotice for what is unsigned, signed by nobody we know, too old, or of another mode.
    """
    text = _signed_text(body, header, secrets, tolerance)
    event = _event(text)
    if event["livemode"] is not live:
        raise InvalidNotice("The event is of another mode than this account")
    if event["type"] not in EVENTS or event.get("account"):
        return None
    return Received(key=str(event["id"]), body=text)


def _signed_text(body: bytes, header: str, secrets: Iterable[str], tolerance: int) -> str:
    """The time stamp is held to real time both ways: the library takes one of the future for good."""
    import stripe

    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise InvalidNotice("The event is no text") from None
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(text, header, secret)
        except stripe.SignatureVerificationError:
            continue
        if abs(time.time() - _stamp(header)) > tolerance:
            raise InvalidNotice("The event was signed too long ago")
        return text
    raise InvalidNotice("The event is not signed by a secret of this endpoint")


def _stamp(header: str) -> int:
    return next(int(part[2:]) for part in header.split(",") if part.startswith("t="))


def _event(text: str) -> dict[str, Any]:
    """Raises InvalidNotice for JSON that is no event with its object: a thin one names it only."""
    try:
        event = json.loads(text)
        whole = event["object"] == "event" and isinstance(event["data"]["object"]["object"], str)
        whole = whole and all(isinstance(event[name], str) for name in ("id", "type"))
    except (ValueError, TypeError, KeyError):
        whole = False
    if not whole or not isinstance(event.get("livemode"), bool):
        raise InvalidNotice("That is no event with its object")
    return dict(event)


# --- what it is about -----------------------------------------------------------------------------


def locate(client: Client, body: str) -> Located:
    """What a stored event is about, by its object's kind. Raises NotFound, OutcomeUnknown."""
    thing: Thing = json.loads(body)["data"]["object"]
    return _BY_KIND.get(str(thing["object"]), _nothing)(client, thing)


def _of_session(_: Client, session: Thing) -> Located:
    return _located(id_of(session.get("subscription")), session.get("metadata"))


def _of_subscription(_: Client, subscription: Thing) -> Located:
    return _located(str(subscription["id"]), subscription.get("metadata"))


def _of_invoice(_: Client, invoice: Thing) -> Located:
    return _located(shapes.subscription_of(invoice), shapes.metadata_of(invoice))


def _of_money(client: Client, thing: Thing) -> Located:
    """A charge, a dispute, a refund: its payment intent leads to a bill, or bears our order."""
    intent = id_of(thing.get("payment_intent"))
    if not intent:
        return Located()
    found = _of_bill(client, intent) or _of_intent(client, intent)
    if thing["object"] == "refund":
        order = str((thing.get("metadata") or {}).get("order") or "")
        return Located(found.subscription_reference, found.order, refund=order, is_ours=found.is_ours)
    return found


def _of_bill(client: Client, intent: str) -> Located | None:
    bill = bill_paid_by(client, intent)
    return _of_invoice(client, bill) if bill else None


def _of_intent(client: Client, intent: str) -> Located:
    try:
        found = client.call(client.v1.payment_intents.retrieve, intent)
    except NotFound:
        return Located()
    return _located("", found.get("metadata"))


def _nothing(_: Client, __: Thing) -> Located:
    return Located()


def _located(subscription: str, metadata: Thing | None) -> Located:
    """An account may serve others besides us: only what bears our order is waited for."""
    order = str((metadata or {}).get("order") or "")
    return Located(subscription_reference=subscription, order=order, is_ours=bool(order))


_BY_KIND: dict[str, Callable[[Client, Thing], Located]] = {
    "checkout.session": _of_session,
    "subscription": _of_subscription,
    "invoice": _of_invoice,
    "charge": _of_money,
    "dispute": _of_money,
    "refund": _of_money,
}
