"""What is done for a subscription that exists: another card, taking it up again, another price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ....exceptions import NotFound, Refused
from ...actions import again, asking
from ...base import AGAIN, NOTHING, NextStep, Outcome, Step
from ..shapes import Thing, id_of, items_of
from .context import Action, Context

# Stripe forgets an idempotency key after a day: until then a call is repeated, later only asked about.
KEYS_KEPT = timedelta(hours=23)


# --- another card ---------------------------------------------------------------------------------


def _open_portal(context: Context) -> Step:
    """Stripe's own page for one card. What was entered there is the customer's default."""
    attempt = context.attempt
    params = portal(attempt.customer_reference, attempt.return_url, context.options) | {
        "flow_data": {
            "type": "payment_method_update",
            "after_completion": {"type": "redirect", "redirect": {"return_url": attempt.return_url}},
        }
    }
    session = context.client.call(context.client.v1.billing_portal.sessions.create, params=params)
    url = str(session["url"])
    return Step(NextStep("go", url), data={"portal": session["id"], "url": url})


def portal(customer: str, return_url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """What every portal session is made with."""
    configuration = options.get("PORTAL_CONFIGURATION")
    named = {"configuration": configuration} if configuration else {}
    return {"customer": customer, "return_url": return_url, **named}


def _come_back(context: Context) -> Step:
    attempt = context.attempt
    if not attempt.returned_at:
        return Step(NextStep("go", str(attempt.data["url"])))
    return Step(AGAIN, data={"back": True})


def _use_card(context: Context) -> Step:
    """The customer's default card is the subscription's too: one of its own would go before it."""
    attempt = context.attempt
    with asking():
        subscription = context.client.call(
            context.client.v1.subscriptions.retrieve,
            attempt.subscription_reference,
            params={"expand": ["customer"]},
        )
    settings = (subscription.get("customer") or {}).get("invoice_settings") or {}
    wanted = id_of(settings.get("default_payment_method"))
    present = id_of(subscription.get("default_payment_method"))
    if wanted and wanted != present:
        context.client.call(
            context.client.v1.subscriptions.update,
            attempt.subscription_reference,
            params={"default_payment_method": wanted},
        )
    return Step(AGAIN, data={"card": wanted or present})


def _collect(context: Context) -> Step:
    """Try the oldest open bill; one whose payer has to show who they are is paid on Stripe's page."""
    attempt = context.attempt
    tried = list(attempt.data.get("tried", []))
    with asking():
        bills = open_invoices(context.client, attempt.subscription_reference)
    waiting = [bill for bill in bills if bill["id"] == attempt.data.get("authenticating")]
    if waiting:
        return Step(NextStep("pay", str(waiting[0]["hosted_invoice_url"])))
    left = [bill for bill in bills if bill["id"] not in tried]
    if not left:
        return Step(AGAIN, data={"collected": True})
    bill = min(left, key=lambda bill: int(bill["created"]))
    url = _pay(context, bill)
    data = {"tried": [*tried, bill["id"]], "authenticating": bill["id"] if url else None}
    return Step(NextStep("pay", url) if url else AGAIN, data=data)


def _pay(context: Context, bill: Thing) -> str:
    """Where its payer has to go, or "". A decline is told by the fetch that follows."""
    key = f"{context.attempt.order}-{bill['id']}"
    try:
        context.client.call(context.client.v1.invoices.pay, str(bill["id"]), key=key)
    except Refused as refusal:
        if "action" in refusal.code or refusal.code == "authentication_required":
            return str(bill.get("hosted_invoice_url") or "")
    return ""


def open_invoices(client: Any, subscription: str) -> list[Thing]:
    found: list[Thing] = client.every(
        client.v1.invoices.list, {"subscription": subscription, "status": "open"}
    )
    return found


# --- going on, another price ----------------------------------------------------------------------


def _resume(context: Context) -> Step:
    """Stripe takes a cancellation back while the period runs."""
    attempt = context.attempt
    try:
        context.client.call(
            context.client.v1.subscriptions.update,
            attempt.subscription_reference,
            params={"cancel_at_period_end": False},
        )
    except NotFound as error:  # what has ended can no longer be changed
        raise Refused("It has ended: there is nothing to go on from.", code="ended") from error
    return Step(AGAIN, data={"resumed": True})


def _change(context: Context) -> Step:
    """At the moment with which its preview reckoned. A card that is declined changes nothing."""
    attempt = context.attempt
    context.client.call(
        context.client.v1.subscriptions.update,
        attempt.subscription_reference,
        params=change(attempt.data["item"], attempt.data["price"], attempt.data["quantity"])
        | {
            "proration_date": attempt.data["proration_date"],
            "proration_behavior": "always_invoice",
            "payment_behavior": "error_if_incomplete",
        },
        key=attempt.order,
    )
    return Step(AGAIN, data={"changed": True})


def change(item: str, price: str, quantity: int) -> dict[str, Any]:
    return {"items": [{"id": item, "price": price, "quantity": quantity}]}


def _find_change(context: Context) -> Step:
    """The new price is ours. While Stripe knows our key the call is repeated, and answered once; later its
    absence is the answer, and the payer looks at a preview of that day."""
    attempt = context.attempt
    subscription = context.client.call(
        context.client.v1.subscriptions.retrieve, attempt.subscription_reference
    )
    item = next(iter(items_of(subscription)), {})
    wanted = (attempt.data["price"], attempt.data["quantity"])
    if (id_of(item.get("price")), int(item.get("quantity") or 1)) == wanted:
        return Step(AGAIN, data={"changed": True})
    since = attempt.in_doubt_since or attempt.now
    if attempt.now - since < KEYS_KEPT:
        return Step(AGAIN)
    return Step(NOTHING, Outcome.REFUSED, reason="not_changed")


PORTAL = Action(lambda attempt: bool(attempt.data.get("portal")), _open_portal, again)
BACK = Action(lambda attempt: bool(attempt.data.get("back")), _come_back, again)
CARD = Action(lambda attempt: bool(attempt.data.get("card")), _use_card, again)
DEBTS = Action(lambda attempt: bool(attempt.data.get("collected")), _collect, again)
GOING_ON = Action(lambda attempt: bool(attempt.data.get("resumed")), _resume, again)
CHANGE = Action(lambda attempt: bool(attempt.data.get("changed")), _change, _find_change)

CARD_CHANGE = (PORTAL, BACK, CARD, DEBTS)
RESUMPTION = (GOING_ON,)
PLAN_CHANGE = (CHANGE,)
