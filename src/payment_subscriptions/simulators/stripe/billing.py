"""The life of a subscription: begun, renewed, past due, tried again, changed, paused, ended.

https://docs.stripe.com/billing/subscriptions/overview, .../prorations and .../pause-payment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import discounts, invoicing
from .charging import AUTHENTICATE, verdict
from .errors import ApiError, declined
from .events import tell
from .invoicing import DAY, Line
from .periods import end_after

if TYPE_CHECKING:
    from .account import Account, Thing

LIVE = frozenset({"active", "trialing", "past_due", "unpaid"})


def new_subscription(
    account: Account, customer: str, price: Thing, quantity: int, metadata: Thing, *, trial_days: int = 0
) -> Thing:
    """Not on the books yet: its first bill decides."""
    now = account.now()
    end = now + trial_days * DAY if trial_days else end_after(now, now, price["recurring"])
    subscription = account.base("sub", "subscription")
    item = account.base("si", "subscription_item") | {
        "billing_thresholds": None,
        "current_period_end": end,
        "current_period_start": now,
        "discounts": [],
        "metadata": {},
        "price": price,
        "quantity": quantity,
        "subscription": subscription["id"],
        "tax_rates": [],
    }
    item.pop("livemode")
    return subscription | {
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": end if trial_days else now,
        "billing_mode": {"type": "flexible"},
        "billing_schedules": [],
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "currency": price["currency"],
        "customer": customer,
        "days_until_due": None,
        "default_payment_method": None,
        "description": None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": {
            "object": "list", "data": [item], "has_more": False,
            "url": f"/v1/subscription_items?subscription={subscription['id']}",
        },
        "latest_invoice": None,
        "metadata": dict(metadata),
        "pause_collection": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "trialing" if trial_days else "active",
        "trial_end": end if trial_days else None,
        "trial_start": now if trial_days else None,
    }  # fmt: skip


def first_bill(account: Account, subscription: Thing, coupon: Thing | None) -> Thing:
    """Of the first period; of nothing where a trial comes first."""
    item = item_of(subscription)
    amount = 0 if subscription["status"] == "trialing" else item["price"]["unit_amount"] * item["quantity"]
    line = Line(
        amount, item["price"], item["quantity"], item["current_period_start"], item["current_period_end"]
    )
    return invoicing.draft(account, subscription, [line], "subscription_create", coupon=coupon)


def begin(account: Account, subscription: Thing) -> None:
    """On the books: it renews by itself from now on."""
    account.add("subscriptions", subscription)
    tell(account, "customer.subscription.created", subscription)
    _await_period_end(account, subscription)


def item_of(subscription: Thing) -> Thing:
    item: Thing = subscription["items"]["data"][0]
    return item


def _await_period_end(account: Account, subscription: Thing) -> None:
    end = item_of(subscription)["current_period_end"]
    account.clock.at(account.at(end), lambda: _period_ends(account, subscription, end))


def _period_ends(account: Account, subscription: Thing, end: int) -> None:
    item = item_of(subscription)
    if subscription["status"] == "canceled" or item["current_period_end"] != end:
        return  # ended, or changed to another interval meanwhile
    if account.subscriptions.get(subscription["id"]) is not subscription:
        return
    if subscription["cancel_at_period_end"]:
        end_now(account, subscription, "cancellation_requested")
        return
    _renew(account, subscription)


def _renew(account: Account, subscription: Thing) -> None:
    """The next period, and its bill as a draft, which is finalized and tried about an hour later."""
    item = item_of(subscription)
    start = item["current_period_end"]
    item["current_period_start"] = start
    item["current_period_end"] = end_after(
        subscription["billing_cycle_anchor"], start, item["price"]["recurring"]
    )
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
    amount = item["price"]["unit_amount"] * item["quantity"]
    lines = [Line(amount, item["price"], item["quantity"], start, item["current_period_end"])]
    invoice = invoicing.draft(
        account, subscription, lines, "subscription_cycle", coupon=_coupon_at(account, subscription, start)
    )
    subscription["latest_invoice"] = invoice["id"]
    invoicing.keep(account, invoice)
    tell(account, "customer.subscription.updated", subscription)
    _await_period_end(account, subscription)
    later = account.at(start + account.options.finalize_seconds)
    account.clock.at(later, lambda: _collect(account, subscription, invoice))


def _coupon_at(account: Account, subscription: Thing, moment: int) -> Thing | None:
    told = account.private.get(subscription["id"], {}).get("coupon")
    if told is None or not discounts.is_at_work(told, subscription["start_date"], moment):
        return None
    found: Thing = told
    return found


def _collect(account: Account, subscription: Thing, invoice: Thing) -> None:
    """Finalize, then try; while collection is paused it is voided instead."""
    if account.invoices.get(invoice["id"]) is not invoice:
        return
    pause = subscription["pause_collection"]
    invoicing.finalize(account, invoice)
    if invoice["status"] != "open":
        return
    if pause and pause["behavior"] == "void":
        invoicing.void(account, invoice)
        return
    if pause or subscription["status"] == "canceled":
        return
    _try(account, subscription, invoice)


def _try(account: Account, subscription: Thing, invoice: Thing) -> None:
    if invoice["status"] != "open":
        return
    said = invoicing.attempt(account, invoice, method_of(account, subscription))
    if not said:
        recovered(account, subscription)
        return
    done = invoice["attempt_count"]
    days = account.options.retry_days
    again = account.now() + int(days[done] * DAY) if done < len(days) and said != AUTHENTICATE else None
    invoicing.failed(account, invoice, said, again)
    if again:
        account.clock.at(account.at(again), lambda: _try_again(account, subscription, invoice, again))
        _become(account, subscription, "past_due")
    elif said == AUTHENTICATE:
        _become(account, subscription, "past_due")
    else:
        _give_up(account, subscription)


def _try_again(account: Account, subscription: Thing, invoice: Thing, moment: int) -> None:
    if invoice["next_payment_attempt"] == moment and subscription["status"] != "canceled":
        _try(account, subscription, invoice)


def _give_up(account: Account, subscription: Thing) -> None:
    after = account.options.after_retries
    if after == "cancel":
        end_now(account, subscription, "payment_failed")
    else:
        _become(account, subscription, after)


def _become(account: Account, subscription: Thing, status: str) -> None:
    if subscription["status"] not in (status, "canceled"):
        subscription["status"] = status
        tell(account, "customer.subscription.updated", subscription)


def recovered(account: Account, subscription: Thing) -> None:
    """What was owed has been paid."""
    if not invoicing.open_of(account, subscription["id"]) and subscription["status"] in (
        "past_due",
        "unpaid",
    ):
        _become(account, subscription, "active")


def method_of(account: Account, subscription: Thing) -> str:
    """Its own card goes before the customer's."""
    customer = account.customers[subscription["customer"]]
    own = subscription["default_payment_method"]
    return str(own or customer["invoice_settings"]["default_payment_method"] or "")


# --- the end, a pause -----------------------------------------------------------------------------


def end_now(account: Account, subscription: Thing, reason: str) -> None:
    """Open bills stay open, and are not tried any more."""
    subscription["status"] = "canceled"
    subscription["canceled_at"] = subscription["canceled_at"] or account.now()
    subscription["ended_at"] = account.now()
    subscription["cancellation_details"]["reason"] = reason
    for invoice in invoicing.of(account, subscription["id"]):
        if invoice["status"] in ("draft", "open"):
            invoice["auto_advance"] = False
            invoice["next_payment_attempt"] = None
    tell(account, "customer.subscription.deleted", subscription)


def set_cancel_at_period_end(account: Account, subscription: Thing, wanted: bool) -> None:
    subscription["cancel_at_period_end"] = wanted
    subscription["cancel_at"] = item_of(subscription)["current_period_end"] if wanted else None
    subscription["canceled_at"] = account.now() if wanted else None
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if wanted else None


# --- changes --------------------------------------------------------------------------------------


def change(account: Account, subscription: Thing, wanted: Thing) -> None:
    """Another price or quantity, charged or credited as ``proration_behavior`` says.

    ``wanted``: price, quantity, proration_behavior, proration_date, payment_behavior. Raises ApiError, and
    with error_if_incomplete nothing is changed.
    """
    item = item_of(subscription)
    invoice = bill_of_change(account, subscription, wanted)
    due = invoice if wanted["proration_behavior"] == "always_invoice" else None
    if due and due["amount_due"] and wanted["payment_behavior"] == "error_if_incomplete":
        _refuse_unpayable(account, subscription)
    start, end = _period_after(subscription, wanted)
    item |= {
        "price": wanted["price"], "quantity": wanted["quantity"],
        "current_period_start": start, "current_period_end": end,
    }  # fmt: skip
    if start == wanted["proration_date"]:
        subscription["billing_cycle_anchor"] = start
        _await_period_end(account, subscription)
    if due:
        subscription["latest_invoice"] = due["id"]
        invoicing.keep(account, due)
        invoicing.finalize(account, due)
        if due["status"] == "open":
            _try(account, subscription, due)


def _refuse_unpayable(account: Account, subscription: Thing) -> None:
    method = method_of(account, subscription)
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
    return invoicing.draft(
        account, subscription, _lines_of_change(subscription, wanted), "subscription_update"
    )


def _lines_of_change(subscription: Thing, wanted: Thing) -> list[Line]:
    item = item_of(subscription)
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
    item = item_of(subscription)
    same = _interval(item["price"]) == _interval(wanted["price"])
    if same or subscription["status"] == "trialing":
        return item["current_period_start"], item["current_period_end"]
    when = wanted["proration_date"]
    return when, end_after(when, when, wanted["price"]["recurring"])


def _interval(price: Thing) -> tuple[Any, Any]:
    return price["recurring"]["interval"], price["recurring"]["interval_count"]
