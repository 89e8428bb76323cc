"""Another price or quantity of a subscription. https://docs.stripe.com/billing/subscriptions/prorations"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import billing, drafts, invoicing
from .charging import AUTHENTICATE, verdict
from .drafts import Line
from .errors import ApiError, declined
from .periods import end_after

if TYPE_CHECKING:
    from .account import Account, Thing


def change(account: Account, subscription: Thing, wanted: Thing) -> None:
    """Another price or quantity, charged or credited as ``proration_behavior`` says.

    ``wanted``: price, quantity, proration_behavior, proration_date, payment_behavior. Raises ApiError, and
    with error_if_incomplete nothing is changed.
    """
    item = billing.item_of(subscription)
    invoice = bill_of_change(account, subscription, wanted)
    due_now = wanted["proration_behavior"] == "always_invoice"
    owes = invoice is not None and due_now and invoice["amount_due"] > 0
    if owes and wanted["payment_behavior"] == "error_if_incomplete":
        _refuse_unpayable(account, subscription)
    start, end = _period_after(subscription, wanted)
    item |= {
        "price": wanted["price"], "quantity": wanted["quantity"],
        "current_period_start": start, "current_period_end": end,
    }  # fmt: skip
    if start == wanted["proration_date"]:
        subscription["billing_cycle_anchor"] = start
        billing.await_period_end(account, subscription)
    if invoice is not None and due_now:
        subscription["latest_invoice"] = invoice["id"]
        invoicing.keep(account, invoice)
        invoicing.finalize(account, invoice)
        if invoice["status"] == "open":
            billing.collect(account, subscription, invoice)


def _refuse_unpayable(account: Account, subscription: Thing) -> None:
    method = billing.method_of(account, subscription)
    if not method:
        raise ApiError("This customer has no attached payment source", code="resource_missing")
    card_says = verdict(account, subscription["customer"], method, present=False, authenticated=False)
    if card_says == AUTHENTICATE:
        raise declined("subscription_payment_intent_requires_action")
    if card_says:
        raise declined("card_declined", card_says)


def bill_of_change(account: Account, subscription: Thing, wanted: Thing) -> Thing | None:
    """What the change asks for or gives back, to the second; None where it is not prorated."""
    if wanted["proration_behavior"] == "none":
        return None
    return drafts.draft(account, subscription, _lines_of_change(subscription, wanted), "subscription_update")


def _lines_of_change(subscription: Thing, wanted: Thing) -> list[Line]:
    item = billing.item_of(subscription)
    if subscription["status"] == "trialing":
        return []
    when, start, end = wanted["proration_date"], item["current_period_start"], item["current_period_end"]
    left = max(min((end - when) / (end - start), 1.0), 0.0)
    old = item["price"]["unit_amount"] * item["quantity"]
    new = wanted["price"]["unit_amount"] * wanted["quantity"]
    unused = Line(-round(old * left), item["price"], item["quantity"], when, end, proration=True)
    begins, ends = _period_after(subscription, wanted)
    if begins == when and begins != start:  # another interval: a whole period of it
        return [unused, Line(new, wanted["price"], wanted["quantity"], begins, ends)]
    rest = Line(round(new * left), wanted["price"], wanted["quantity"], when, end, proration=True)
    return [unused, rest]


def _period_after(subscription: Thing, wanted: Thing) -> tuple[int, int]:
    """Another interval begins anew with the change; during a trial nothing moves."""
    item = billing.item_of(subscription)
    same = _interval(item["price"]) == _interval(wanted["price"])
    if same or subscription["status"] == "trialing":
        return item["current_period_start"], item["current_period_end"]
    when = wanted["proration_date"]
    return when, end_after(when, when, wanted["price"]["recurring"])


def _interval(price: Thing) -> tuple[Any, Any]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]
