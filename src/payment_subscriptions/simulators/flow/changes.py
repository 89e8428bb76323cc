"""Changing plans: what it costs to the peso, and doing it now or on a day of this period.

The days that are left of the period are given back at the old price and taken at the new. Where
the new plan's periods have another length, one of them begins on the day of the change, and its
whole price is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from . import billing, invoicing
from .account import Account
from .lines import PENDING_ITEM
from .money import rounded
from .periods import boundary, days_between
from .records import TRIAL, Plan, Subscription


def balance(subscription: Subscription, old: Plan, new: Plan, day: date) -> Decimal:
    """What is charged (positive) or credited (negative) for the rest of the period."""
    start, end = subscription.period_start, subscription.period_end
    if subscription.status == TRIAL or start is None or end is None:
        return Decimal(0)
    left = Decimal(days_between(day, end)) / days_between(start, end)
    price = new.amount if restarts(old, new) else new.amount * left
    return rounded(price - old.amount * left, new.currency)


def restarts(old: Plan, new: Plan) -> bool:
    """Do the periods begin anew with the change?"""
    return (old.interval, old.interval_count) != (new.interval, new.interval_count)


def next_invoice(subscription: Subscription, old: Plan, new: Plan, day: date) -> date | None:
    """When the first invoice of the new plan comes, besides the one of the balance."""
    if subscription.anchor and restarts(old, new):
        return boundary(day, new.interval, new.interval_count, 1)
    return subscription.turns_on


@dataclass(frozen=True)
class Expiry:
    """Credit that the periods that are left will not use up."""

    day: date
    amount: Decimal


def expiry(subscription: Subscription, old: Plan, new: Plan, day: date) -> Expiry | None:
    credit = subscription.credit - min(balance(subscription, old, new, day), Decimal(0))
    if credit <= 0 or subscription.ended_on is None:
        return None
    periods = subscription.periods - subscription.billed - restarts(old, new)
    unused = credit - new.amount * periods
    return Expiry(subscription.ended_on, unused) if unused > 0 else None


def apply(account: Account, subscription: Subscription, new: Plan) -> None:
    """From now on the new plan: a positive balance is invoiced and charged at once."""
    old = account.plans[subscription.plan_id]
    today = account.clock.local().date()
    difference = balance(subscription, old, new, today)
    subscription.plan_id = new.id
    subscription.next_plan_id = subscription.next_plan_on = None
    if subscription.anchor and restarts(old, new):
        billing.restart(account, subscription, today)
    if difference > 0:
        subject = f"{new.name} - cambio de plan"
        lines = [(subject, PENDING_ITEM, difference)]
        invoice = invoicing.issue(account, subscription, subject, lines, use_credit=False)
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
