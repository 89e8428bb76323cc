"""What ``card`` and ``link`` share: a customer, and a subscription that is made once."""

from __future__ import annotations

from datetime import date, timedelta

from ....exceptions import AlreadyExists, ConfigurationError, NotFound, OutcomeUnknown
from ...actions import again
from ...base import AGAIN, WAIT, Outcome, Step
from .. import results
from .context import Action, Context

# A call whose answer was lost may commit after we asked: absence counts only this much later.
LATEST_COMMIT = timedelta(minutes=10)


# Customer: externalId is ours, random and committed, so that a repetition finds what the lost call made.


def _create_customer(context: Context) -> Step:
    attempt = context.attempt
    try:
        customer = context.client.customer.create(
            name=attempt.name or attempt.email.split("@")[0],
            email=attempt.email,
            external_id=attempt.customer_id,
        )
    except AlreadyExists as error:
        return Step(AGAIN, customer_reference=_find_customer(context, error))
    return Step(AGAIN, customer_reference=customer.customer_id)


def _find_customer(context: Context, cause: Exception) -> str:
    """Flow looks nobody up by externalId: page through all."""
    wanted = context.attempt.customer_id
    for customer in context.client.customer.iterate():
        if customer.external_id == wanted:
            return customer.customer_id
    raise OutcomeUnknown(
        "Flow has a customer of our key, but does not list it",
        service="customer/list",
        hint="It is asked again.",
    ) from cause


def note_existing(context: Context) -> Step:
    """What the customer has before the create: anything new after a lost answer is ours."""
    try:
        return Step(AGAIN, data={"subscriptions_before": _subscriptions(context)})
    except NotFound:  # deleted in Flow's panel, their card with them
        if context.attempt.purpose != "open":
            raise
        return Step(AGAIN, data={"registration": None, "card": None}, customer_gone=True)


def _subscriptions(context: Context) -> list[str]:
    rows = context.client.customer.iterate_subscriptions(context.attempt.customer_reference)
    return sorted(row.subscription_id for row in rows if row.plan_id in (None, context.plan_id))


def _subscribe(context: Context) -> Step:
    """Charges the first invoice in the call. A decline in it is no refusal: the subscription exists."""
    attempt = context.attempt
    created = create(context, trial_period_days=attempt.price.trial_days or None)
    return Step(AGAIN, subscription_reference=created.subscription_id)


def create(
    context: Context, *, trial_period_days: int | None, subscription_start: date | None = None
) -> results.Subscription:
    """subscription/create, with what is wrong when Flow does not know what it names."""
    try:
        return context.client.subscription.create(
            plan_id=context.plan_id,
            customer_id=context.attempt.customer_reference,
            subscription_start=subscription_start,
            trial_period_days=trial_period_days,
            coupon_id=context.coupon_id,
        )
    except NotFound as error:
        raise ConfigurationError(
            f"Flow does not know the plan {context.plan_id!r}, or the customer",
            hint="Make the plans with: manage.py payments_plans push",
        ) from error


def find_new(context: Context) -> Step:
    """A new subscription of the same plan is ours. Absence counts when seen twice, the last time at
    least ten minutes after the call ended: then the create is proved not to have happened."""
    attempt = context.attempt
    found = _subscriptions(context)
    new = [reference for reference in found if reference not in attempt.data["subscriptions_before"]]
    if new:
        return Step(AGAIN, subscription_reference=new[0])
    since = attempt.in_doubt_since or attempt.now
    if attempt.data.get("seen_absent") and attempt.now - since >= LATEST_COMMIT:
        return Step(AGAIN, data={"seen_absent": False, "subscriptions_before": found})
    return Step(WAIT, Outcome.UNKNOWN, data={"seen_absent": True})


CUSTOMER = Action(lambda attempt: bool(attempt.customer_reference), _create_customer, again)
BEFORE = Action(lambda attempt: "subscriptions_before" in attempt.data, note_existing, again)
SUBSCRIPTION = Action(lambda attempt: bool(attempt.subscription_reference), _subscribe, find_new)
