"""The subscription engine: trials and periods begin, are billed, and end.

Whatever is planned ahead checks, when its time comes, that it still holds.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from . import invoicing, lines
from .account import Account
from .periods import boundary
from .records import ACTIVE, CANCELLED, TRIAL, Plan, Subscription

ONE_DAY = timedelta(days=1)


# --- beginning ----------------------------------------------------------------------------


def begin(account: Account, subscription: Subscription, *, first: bool) -> None:
    """Start the trial, or the first period and charge it. ``first``: inside subscription/create."""
    if subscription.trial_days > 0:
        _begin_trial(account, subscription)
    else:
        _begin_periods(account, subscription, subscription.start, first=first)


def begin_later(account: Account, subscription: Subscription) -> None:
    start = subscription.start

    def job() -> None:
        if subscription.live and subscription.start == start and subscription.turns_on is None:
            begin(account, subscription, first=False)

    account.clock.at_wall(hour_of(account, start), job)


def _begin_trial(account: Account, subscription: Subscription) -> None:
    subscription.status = TRIAL
    subscription.trial_start = subscription.period_start = subscription.start
    subscription.trial_end = subscription.start + timedelta(days=subscription.trial_days - 1)
    subscription.period_end = subscription.trial_end
    _turn_on(account, subscription, subscription.trial_end + ONE_DAY)


def change_trial(account: Account, subscription: Subscription, days: int) -> None:
    subscription.trial_days = days
    if subscription.status != TRIAL:
        return
    subscription.trial_end = subscription.period_end = subscription.start + timedelta(days=days - 1)
    today = account.clock.local().date()
    _turn_on(account, subscription, max(subscription.trial_end + ONE_DAY, today))


def _begin_periods(account: Account, subscription: Subscription, anchor: date, *, first: bool) -> None:
    subscription.status = ACTIVE
    subscription.anchor, subscription.period = anchor, 0
    _bill(account, subscription, first=first)


# --- from period to period ----------------------------------------------------------------


def _turn_on(account: Account, subscription: Subscription, day: date) -> None:
    subscription.turns_on = day

    def job() -> None:
        if subscription.live and subscription.turns_on == day:
            _turn(account, subscription, day)

    account.clock.at_wall(hour_of(account, day), job)


def _turn(account: Account, subscription: Subscription, day: date) -> None:
    if subscription.cancel_at_period_end:
        cancel(account, subscription)
    elif subscription.last_period:
        end(account, subscription)
    elif subscription.anchor is None:
        _begin_periods(account, subscription, day, first=False)
    else:
        subscription.period += 1
        _bill(account, subscription, first=False)


def cancel(account: Account, subscription: Subscription) -> None:
    """Ended by somebody's wish: what is still owed can no longer be paid by its link."""
    end(account, subscription)
    if not account.options.links_after_cancel:
        for number in subscription.invoices:
            invoicing.close_link(account, account.invoices[number])


def end(account: Account, subscription: Subscription) -> None:
    subscription.status = CANCELLED
    subscription.cancel_at = subscription.cancel_at or account.clock.local()
    subscription.next_plan_id = subscription.next_plan_on = None


def end_with_period(subscription: Subscription) -> None:
    subscription.cancel_at_period_end = True
    subscription.cancel_at = datetime.combine(subscription.period_end or subscription.start, time())


def restart(account: Account, subscription: Subscription, day: date) -> None:
    """A period of another length begins; what it costs is in the balance of the change of plan."""
    subscription.anchor, subscription.period = day, 0
    _begin_period(account, subscription)
    if subscription.cancel_at_period_end:
        end_with_period(subscription)


def _bill(account: Account, subscription: Subscription, *, first: bool) -> None:
    _begin_period(account, subscription)
    plan = account.plans[subscription.plan_id]
    subject = (
        f"{plan.name} - período {subscription.period_start:%Y-%m-%d} / {subscription.period_end:%Y-%m-%d}"
    )
    invoice = invoicing.issue(account, subscription, subject, lines.of_period(subscription, plan, subject))
    invoicing.collect(account, invoice, silent=first and not account.options.callback_on_first_charge)


def _begin_period(account: Account, subscription: Subscription) -> None:
    plan = account.plans[subscription.plan_id]
    start, after = (_start_of(plan, subscription, subscription.period + n) for n in (0, 1))
    subscription.period_start, subscription.period_end = start, after - ONE_DAY
    subscription.billed += 1
    if subscription.periods:
        left = max(subscription.periods - subscription.billed, 0) + 1
        subscription.ended_on = _start_of(plan, subscription, subscription.period + left) - ONE_DAY
    _turn_on(account, subscription, after)


def _start_of(plan: Plan, subscription: Subscription, number: int) -> date:
    anchor = subscription.anchor or subscription.start
    return boundary(anchor, plan.interval, plan.interval_count, number)


def hour_of(account: Account, day: date) -> datetime:
    return datetime.combine(day, time(account.options.billing_hour))
