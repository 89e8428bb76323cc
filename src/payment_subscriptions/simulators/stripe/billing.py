"""The life of a subscription: begun, renewed, past due, tried again, changed, paused, ended.

https://docs.stripe.com/billing/subscriptions/overview, .../prorations and .../pause-payment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import discounts, drafts, invoicing
from .drafts import Line
from .events import tell
from .invoicing import DAY
from .periods import end_after

if TYPE_CHECKING:
    from .account import Account, Thing

TRIAL_NOTICE = 3 * DAY
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
    return drafts.draft(account, subscription, [line], "subscription_create", coupon=coupon)


def begin(account: Account, subscription: Thing) -> None:
    """On the books: it renews by itself from now on."""
    account.add("subscriptions", subscription)
    tell(account, "customer.subscription.created", subscription)
    await_period_end(account, subscription)
    if subscription["trial_end"]:
        _await_last_days_of_trial(account, subscription)


def _await_last_days_of_trial(account: Account, subscription: Thing) -> None:
    """Told three days before its end; at once of one that is shorter."""
    moment = subscription["trial_end"] - TRIAL_NOTICE
    if moment <= account.now():
        _trial_will_end(account, subscription)
    else:
        account.clock.at(account.at(moment), lambda: _trial_will_end(account, subscription))


def _trial_will_end(account: Account, subscription: Thing) -> None:
    if subscription["status"] == "trialing" and _is_kept(account, subscription):
        tell(account, "customer.subscription.trial_will_end", subscription)


def _is_kept(account: Account, subscription: Thing) -> bool:
    """False for one of before a reset."""
    return account.subscriptions.get(subscription["id"]) is subscription


def item_of(subscription: Thing) -> Thing:
    item: Thing = subscription["items"]["data"][0]
    return item


def await_period_end(account: Account, subscription: Thing) -> None:
    end = item_of(subscription)["current_period_end"]
    account.clock.at(account.at(end), lambda: _period_ends(account, subscription, end))


def _period_ends(account: Account, subscription: Thing, end: int) -> None:
    item = item_of(subscription)
    if subscription["status"] == "canceled" or item["current_period_end"] != end:
        return  # ended, or changed to another interval meanwhile
    if not _is_kept(account, subscription):
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
    invoice = drafts.draft(
        account, subscription, lines, "subscription_cycle", coupon=_coupon_at(account, subscription, start)
    )
    subscription["latest_invoice"] = invoice["id"]
    invoicing.keep(account, invoice)
    tell(account, "customer.subscription.updated", subscription)
    await_period_end(account, subscription)
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
    behavior = (subscription["pause_collection"] or {}).get("behavior")
    if behavior == "keep_as_draft":
        invoice["auto_advance"] = False
        return
    invoicing.finalize(account, invoice)
    if invoice["status"] != "open":
        return
    if behavior == "void":
        invoicing.void(account, invoice)
        return
    if behavior == "mark_uncollectible":
        invoicing.write_off(account, invoice)
        return
    if subscription["status"] == "canceled":
        return
    collect(account, subscription, invoice)


def collect(account: Account, subscription: Thing, invoice: Thing) -> None:
    if invoice["status"] != "open":
        return
    said = invoicing.attempt(account, invoice, method_of(account, subscription), automatic=True)
    if not said:
        recovered(account, subscription)
        return
    again = _next_try(account, invoice)
    invoice["next_payment_attempt"] = again
    if said != invoicing.NOT_TRIED:
        invoicing.failed(account, invoice, said)
    if again:
        account.clock.at(account.at(again), lambda: _try_again(account, subscription, invoice, again))
        _become(account, subscription, "past_due")
    else:
        _give_up(account, subscription)


def _next_try(account: Account, invoice: Thing) -> int | None:
    done, days = invoice["attempt_count"], account.options.retry_days
    return account.now() + int(days[done - 1] * DAY) if done <= len(days) else None


def _try_again(account: Account, subscription: Thing, invoice: Thing, moment: int) -> None:
    if invoice["next_payment_attempt"] == moment and subscription["status"] != "canceled":
        collect(account, subscription, invoice)


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


def pause(account: Account, subscription: Thing, wanted: Thing | None) -> None:
    """Collection is paused, until a moment where there is one; None takes it up again.

    The status stays, and no customer.subscription.paused is told: that is of trials that end without a card.
    """
    told = {"resumes_at": None, **wanted} if wanted else None
    subscription["pause_collection"] = told
    if told and told["resumes_at"]:
        account.clock.at(account.at(told["resumes_at"]), lambda: _resume(account, subscription, told))


def _resume(account: Account, subscription: Thing, pause: Thing) -> None:
    if subscription["pause_collection"] is pause and _is_kept(account, subscription):
        subscription["pause_collection"] = None
        tell(account, "customer.subscription.updated", subscription)


def set_cancel_at_period_end(account: Account, subscription: Thing, wanted: bool) -> None:
    subscription["cancel_at_period_end"] = wanted
    subscription["cancel_at"] = item_of(subscription)["current_period_end"] if wanted else None
    subscription["canceled_at"] = account.now() if wanted else None
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if wanted else None
