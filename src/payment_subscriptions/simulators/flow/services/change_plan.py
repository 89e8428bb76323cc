"""subscription/changePlan*: another plan, now (charged at once) or within this period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .. import changes
from ..account import Account
from ..errors import business
from ..formats import Json, number, plain
from ..parameters import Params
from ..records import ACTIVE, TRIAL, Plan, Subscription
from .registry import service

_UNUSED = "The remaining credit will not be fully used in the remaining billing periods."


@dataclass(frozen=True)
class Wish:
    subscription: Subscription
    old: Plan
    new: Plan
    day: date


def _wish(account: Account, params: Params) -> Wish:
    subscription = account.subscription(params.text("subscriptionId"))
    if subscription.status not in (ACTIVE, TRIAL):
        raise business("The subscription is not active")
    old, new = account.plan(subscription.plan_id), account.plan(params.text("newPlanId"))
    if new.status == 0 or new.id == old.id or new.currency != old.currency:
        raise business("The new plan is not valid for this subscription")
    today = account.clock.local().date()
    day = params.maybe_day("startDateOfNewPlan") or today
    last = subscription.period_end
    if not (today <= day and last is not None and day <= last):
        raise business("startDateOfNewPlan must be in the current billing cycle")
    return Wish(subscription, old, new, day)


@service("POST", "subscription/changePlan", "subscriptionId", "newPlanId")
def change(account: Account, params: Params) -> Json:
    wish = _wish(account, params)
    balance = changes.balance(wish.subscription, wish.old, wish.new, wish.day)
    if wish.day > account.clock.local().date():
        changes.schedule(account, wish.subscription, wish.new, wish.day)
    else:
        changes.apply(account, wish.subscription, wish.new)
    return {
        "start_date_of_new_plan": f"{wish.day:%Y-%m-%d}",
        "new_amount": plain(wish.new.amount),
        "new_currency": wish.new.currency,
        "new_plan_id": wish.new.id,
        "balance": number(balance),
        "old_amount": plain(wish.old.amount),
        "old_currency": wish.old.currency,
        "old_plan_id": wish.old.id,
    }


@service("POST", "subscription/changePlanPreview", "subscriptionId", "newPlanId")
def preview(account: Account, params: Params) -> Json:
    wish = _wish(account, params)
    balance = changes.balance(wish.subscription, wish.old, wish.new, wish.day)
    next_invoice = changes.next_invoice(wish.subscription, wish.old, wish.new, wish.day)
    expiry = changes.expiry(wish.subscription, wish.old, wish.new, wish.day)
    return {
        "balance": {
            "amount": number(balance),
            "credit_expiration_date": f"{expiry.day:%d-%m-%Y}" if expiry else None,
            "credit_expiration_amount": number(expiry.amount) if expiry else None,
            "credit_expiration_warning": _UNUSED if expiry else None,
        },
        "balance2": number(balance),
        "next_invoice_date": f"{next_invoice:%d-%m-%Y}" if next_invoice else None,
        "old_plan": _plan(wish.old),
        "new_plan": _plan(wish.new),
    }


def _plan(plan: Plan) -> Json:
    return {
        "name": plan.name,
        "currency": plan.currency,
        "amount": plain(plan.amount),
        "interval": plan.interval,
        "interval_count": plan.interval_count,
        "periods_number": plan.periods or None,
    }


@service("POST", "subscription/changePlanCancel", "subscriptionId")
def cancel(account: Account, params: Params) -> Json:
    subscription = account.subscription(params.text("subscriptionId"))
    if subscription.next_plan_id is None:
        raise business("The subscription has no scheduled plan change")
    subscription.next_plan_id = subscription.next_plan_on = None
    return {"success": True}
