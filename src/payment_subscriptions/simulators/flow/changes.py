"""Changing plans: what it costs to the peso, and doing it now or on a day of this period.

The days that are left of the period are given back at the old price and taken at the new.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from . import billing, invoicing
from .account import Account
from .money import rounded
from .periods import boundary, days_between
from .records import TRIAL, Plan, Subscription


def balance(subscription: Subscription, old: Plan, new: Plan, day: date) -> Decimal:
    """What is charged (positive) or credited (negative) for the rest of the period."""
    start, end = subscription.period_start, subscription.period_end
    if subscription.status == TRIAL or start is None or end is None:
        return Decimal(0)
    left, span = days_between(day, end), days_between(start, end)
    price = _price_a_day(new, start) - old.amount / span
    return rounded(price * left, new.currency)


def _price_a_day(plan: Plan, start: date) -> Decimal:
    after = boundary(start, plan.interval, plan.interval_count, 1)
    return plan.amount / (after - start).days


def apply(account: Account, subscription: Subscription, new: Plan) -> None:
    """From now on the new plan: a positive balance is invoiced and charged at once."""
    old = account.plans[subscription.plan_id]
    difference = balance(subscription, old, new, account.clock.local().date())
    subscription.plan_id = new.id
    subscription.next_plan_id = subscription.next_plan_on = None
    if subscription.anchor and (old.interval, old.interval_count) != (new.interval, new.interval_count):
        billing.re_anchor(subscription)
    if difference > 0:
        subject = f"{new.name} - cambio de plan"
        invoice = invoicing.issue(account, subscription, subject, [(subject, 3, difference)])
        invoicing.collect(account, invoice)
    else:
        subscription.credit -= difference


def schedule(account: Account, subscription: Subscription, new: Plan, day: date) -> None:
    subscription.next_plan_id, subscription.next_plan_on = new.id, day

    def job() -> None:
        still = (subscription.next_plan_id, subscription.next_plan_on) == (new.id, day)
        if subscription.live and still:
            apply(account, subscription, new)

    account.clock.at_wall(billing.hour_of(account, day), job)
