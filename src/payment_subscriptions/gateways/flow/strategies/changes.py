"""What is done for a subscription that Flow keeps: take it up again, change its plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from ....exceptions import Refused
from ...actions import asking
from ...base import AGAIN, NOTHING, WAIT, Outcome, Step
from .. import coupons, results, statuses
from .context import Action, Context
from .subscribing import BEFORE, LATEST_COMMIT, create, find_new


def _succeed(context: Context) -> Step:
    """Flow takes no cancellation back: a new subscription begins on the day after the old one's last.
    Nothing is charged before, and no trial is given again. With a bill open nothing is made: once the
    successor stands for it, nobody would look at what is paid of the old one."""
    attempt = context.attempt
    first_day = statuses.day_of(attempt.starts_at or attempt.now)
    if first_day <= statuses.day_of(attempt.now):
        raise Refused("The paid period has ended: there is nothing to go on from.", code="ended")
    subscription = _old(context)
    if subscription.status == statuses.CANCELLED:
        raise Refused("It has ended: there is nothing to go on from.", code="ended")
    if any(invoice.status == statuses.UNPAID for invoice in subscription.invoices):
        raise Refused("A bill of it is open.", code="owes")
    context = _with_discount(context, subscription.discount, first_day)
    created = create(context, trial_period_days=0, subscription_start=first_day)
    return Step(AGAIN, data={"succeeded": True}, subscription_reference=created.subscription_id)


def _old(context: Context) -> results.Subscription:
    with asking():
        return context.client.subscription.get(context.attempt.subscription_reference)


def _with_discount(context: Context, discount: results.Discount | None, day: date) -> Context:
    """The successor costs what the old one would have: a discount that is over is not given anew, and one
    that cannot be given any more is no reason to charge the payer the whole."""
    if discount is None or discount.coupon is None or not coupons.is_at_work(discount, day):
        return replace(context, coupon_id=None)
    with asking():
        coupon = context.client.coupon.get(discount.coupon.id)
    if not coupons.takes_off(coupon, context.attempt.price, context.attempt.now):
        raise Refused("Its coupon is no longer given.", code="coupon")
    return replace(context, coupon_id=coupon.id)


def _find_successor(context: Context) -> Step:
    step = find_new(context)
    if not step.subscription_reference:
        return step
    return Step(AGAIN, data={"succeeded": True}, subscription_reference=step.subscription_reference)


def _change(context: Context) -> Step:
    """As it was previewed: on that day, or now, when a balance is charged in the call. That balance is of
    the day on which the payer saw it: on another day nothing is changed."""
    attempt = context.attempt
    day = date.fromisoformat(attempt.data["day"]) if attempt.data.get("day") else None
    if day is None and attempt.data["seen_on"] != statuses.day_of(attempt.now).isoformat():
        raise Refused("What the change costs was shown on another day.", code="preview_changed")
    context.client.subscription.change_plan(
        attempt.subscription_reference, new_plan_id=context.plan_id, start_date_of_new_plan=day
    )
    return Step(AGAIN, data={"changed": True})


def _find_change(context: Context) -> Step:
    """The new plan, in force or scheduled, is ours. Never repeated by code: once it is proved not to have
    happened the payer is told, and looks at a preview of that day."""
    attempt = context.attempt
    subscription = context.client.subscription.get(attempt.subscription_reference)
    if context.plan_id in (subscription.plan_id, subscription.new_plan_id):
        return Step(AGAIN, data={"changed": True})
    since = attempt.in_doubt_since or attempt.now
    if attempt.data.get("seen_absent") and attempt.now - since >= LATEST_COMMIT:
        return Step(NOTHING, Outcome.REFUSED, reason="not_changed")
    return Step(WAIT, Outcome.UNKNOWN, data={"seen_absent": True})


SUCCESSOR = Action(lambda attempt: bool(attempt.data.get("succeeded")), _succeed, _find_successor)
CHANGE = Action(lambda attempt: bool(attempt.data.get("changed")), _change, _find_change)

RESUMPTION = (BEFORE, SUCCESSOR)
PLAN_CHANGE = (CHANGE,)
