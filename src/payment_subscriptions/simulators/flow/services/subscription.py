"""subscription/*: a customer on a plan."""

from __future__ import annotations

from .. import billing, wire
from ..account import Account
from ..errors import business
from ..formats import Json
from ..parameters import Params
from ..records import NOT_STARTED, TRIAL, Subscription
from . import coupon, item
from .registry import listed, named, service


@service("POST", "subscription/create", "planId", "customerId")
def create(account: Account, params: Params) -> Json:
    """The first invoice is issued, and charged if there is a card, before this answers."""
    plan = account.plan(params.text("planId"))
    if plan.status == 0:
        raise business(f"The plan is deleted: {plan.id}")
    customer = account.customer(params.text("customerId"))
    now = account.clock.local()
    start = params.maybe_day("subscription_start") or now.date()
    if start < now.date():
        raise business("subscription_start can not be in the past")
    taken = coupon.take(account, params, plan.currency) if params.maybe("couponId") else None
    items = item.wanted(account, params, plan.currency)
    subscription = Subscription(
        id=account.ids.subscription(),
        number=account.ids.small(),
        plan_id=plan.id,
        customer_id=customer.id,
        created=now,
        start=start,
        trial_days=params.whole("trial_period_days", plan.trial_days),
        periods=params.whole("periods_number", plan.periods),
    )
    account.subscriptions[subscription.id] = subscription
    for each in items:
        item.attach(account, subscription, each)
    if taken:
        coupon.apply(account, subscription, taken)
    if start > now.date():
        billing.begin_later(account, subscription)
    else:
        billing.begin(account, subscription, first=True)
    return wire.subscription(account, subscription)


@service("GET", "subscription/get", "subscriptionId")
def get(account: Account, params: Params) -> Json:
    return wire.subscription(account, account.subscription(params.text("subscriptionId")))


@service("GET", "subscription/list", "planId")
def subscriptions(account: Account, params: Params) -> Json:
    plan, status = account.plan(params.text("planId")), params.maybe_whole("status")
    found = [
        each
        for each in account.subscriptions.values()
        if each.plan_id == plan.id
        and status in (None, each.status)
        and named(params, account.customers[each.customer_id].name)
    ]
    return listed(params, [wire.subscription(account, each) for each in found])


@service("POST", "subscription/changeTrial", "subscriptionId", "trial_period_days")
def change_trial(account: Account, params: Params) -> Json:
    subscription = account.subscription(params.text("subscriptionId"))
    if subscription.status not in (NOT_STARTED, TRIAL):
        raise business("The trial can only be changed before the start or during the trial")
    days = params.whole("trial_period_days", 0)
    if days < 0:
        raise business("trial_period_days is not valid")
    billing.change_trial(account, subscription, days)
    return wire.subscription(account, subscription)


@service("POST", "subscription/cancel", "subscriptionId")
def cancel(account: Account, params: Params) -> Json:
    subscription = account.subscription(params.text("subscriptionId"))
    if not subscription.live:
        raise business("This subscription is already canceled")
    at_end = params.whole("at_period_end", 0) and subscription.status != NOT_STARTED
    if at_end:
        billing.end_with_period(subscription)
    else:
        billing.cancel(account, subscription)
    return wire.subscription(account, subscription)
