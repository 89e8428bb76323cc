"""Strategy ``card``: the payer registers a card on Flow's page, Flow charges each period.

A table of steps, each with what it has already done: the first that is not done is taken. A step
makes at most one call that changes something; reads that fail are asked again later.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from ...exceptions import AlreadyExists, ConfigurationError, NotFound, OutcomeUnknown, Refused
from ..base import AGAIN, NOTHING, WAIT, Attempt, NextStep, Outcome, Step
from . import statuses
from .client import FlowClient

# Right after the return "0" can still become "1" (seen up to 4 times 0.8 s); after this it is a no.
PATIENCE = timedelta(seconds=20)
# A create whose answer was lost may commit after we asked: absence counts only this much later.
LATEST_COMMIT = timedelta(minutes=10)

REGISTERED = "1"


@dataclass(frozen=True)
class Context:
    """What a step needs: the client, the attempt, and Flow's id of the price."""

    client: FlowClient
    attempt: Attempt
    plan_id: str


@dataclass(frozen=True)
class _Action:
    """``is_done`` on the attempt's data; ``take`` takes the step; ``settle`` says what became of it
    when the answer was lost."""

    is_done: Callable[[Attempt], bool]
    take: Callable[[Context], Step]
    settle: Callable[[Context], Step]


def advance(context: Context) -> Step:
    """Take the next step. Raises Refused, OutcomeUnknown, ConfigurationError."""
    action = _next(context.attempt)
    return action.take(context) if action else _finished(context.attempt)


def resolve(context: Context) -> Step:
    """Say what became of the step whose answer was lost."""
    action = _next(context.attempt)
    return action.settle(context) if action else _finished(context.attempt)


def _next(attempt: Attempt) -> _Action | None:
    actions = OPENING if attempt.purpose == "open" else CARD_CHANGE
    return next((action for action in actions if not action.is_done(attempt)), None)


def _finished(attempt: Attempt) -> Step:
    return Step(NOTHING, Outcome.DONE, subscription_reference=attempt.subscription_reference)


def _again(_: Context) -> Step:
    """The call changes nothing that a repetition would do twice."""
    return Step(AGAIN)


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


# Card


def _register(context: Context) -> Step:
    try:
        link = context.client.customer.register(
            context.attempt.customer_reference, url_return=context.attempt.return_url
        )
    except NotFound:  # deleted in Flow's panel; its externalId may be burnt
        if context.attempt.purpose != "open":
            raise
        return Step(AGAIN, customer_gone=True)
    registration = {"token": link.token, "url": link.link}
    return Step(NextStep("go", link.link), data={"registration": registration}, token=link.token)


def _ask_for_card(context: Context) -> Step:
    attempt = context.attempt
    registration = attempt.data["registration"]
    try:
        result = context.client.customer.get_register_status(registration["token"])
    except OutcomeUnknown:
        return Step(WAIT if attempt.returned_at else NextStep("go", registration["url"]))
    except NotFound:
        return _turned_down("expired")
    if result.status == REGISTERED and result.customer_id in (None, attempt.customer_reference):
        return Step(
            AGAIN, data={"card": {"brand": result.card_type or "", "last4": result.card_last4_digits or ""}}
        )
    if not attempt.returned_at:
        return Step(NextStep("go", registration["url"]))
    if attempt.now - attempt.returned_at < PATIENCE:
        return Step(WAIT)
    return _turned_down("not_registered")


def _turned_down(reason: str) -> Step:
    """No card was registered and nothing charged; the payer may try again, by a new registration."""
    return Step(NextStep("retry"), data={"registration": None}, reason=reason)


# Subscription


def _note_existing(context: Context) -> Step:
    """What the customer has before the create: anything new after a lost answer is ours."""
    return Step(AGAIN, data={"subscriptions_before": _subscriptions(context)})


def _subscriptions(context: Context) -> list[str]:
    rows = context.client.customer.iterate_subscriptions(context.attempt.customer_reference)
    return sorted(row.subscription_id for row in rows if row.plan_id in (None, context.plan_id))


def _subscribe(context: Context) -> Step:
    """Charges the first invoice in the call. A decline in it is no refusal: the subscription exists."""
    attempt = context.attempt
    try:
        created = context.client.subscription.create(
            plan_id=context.plan_id,
            customer_id=attempt.customer_reference,
            trial_period_days=attempt.price.trial_days or None,
        )
    except NotFound as error:
        raise ConfigurationError(
            f"Flow does not know the plan {context.plan_id!r}, or the customer",
            hint="Make the plans with: manage.py payments_plans push",
        ) from error
    return Step(NOTHING, Outcome.DONE, subscription_reference=created.subscription_id)


def _find_subscription(context: Context) -> Step:
    """A new subscription of the same plan is ours. Absence counts when seen twice, the last time at
    least ten minutes after the call ended: then the create is proved not to have happened."""
    attempt = context.attempt
    found = _subscriptions(context)
    new = [reference for reference in found if reference not in attempt.data["subscriptions_before"]]
    if new:
        return Step(NOTHING, Outcome.DONE, subscription_reference=new[0])
    since = attempt.in_doubt_since or attempt.now
    if attempt.data.get("seen_absent") and attempt.now - since >= LATEST_COMMIT:
        return Step(AGAIN, data={"seen_absent": False, "subscriptions_before": found})
    return Step(WAIT, Outcome.UNKNOWN, data={"seen_absent": True})


# What is owed, after a change of card


def _collect(context: Context) -> Step:
    """Try the oldest unpaid invoice; the fetch that follows tells what came of it."""
    attempt = context.attempt
    tried = list(attempt.data.get("tried", []))
    try:
        subscription = context.client.subscription.get(attempt.subscription_reference)
    except OutcomeUnknown as error:
        error.sent = False  # a question: no charge was begun
        raise
    owed = [i for i in subscription.invoices if i.status == statuses.UNPAID and i.id not in tried]
    if not owed or subscription.status == statuses.CANCELLED:  # who has left is asked for nothing more
        return Step(AGAIN, data={"collected": True})
    invoice = min(owed, key=lambda invoice: invoice.id)
    with suppress(Refused):  # declined, or paid meanwhile: the fetch tells
        context.client.invoice.retry_to_collect(invoice.id)
    return Step(AGAIN, data={"tried": [*tried, invoice.id]})


def _leave_to_fetch(_: Context) -> Step:
    """Never tried twice by code: an invoice that is still owed can be tried by the payer again."""
    return Step(AGAIN, data={"collected": True})


CUSTOMER = _Action(lambda attempt: bool(attempt.customer_reference), _create_customer, _again)
REGISTRATION = _Action(lambda attempt: bool(attempt.data.get("registration")), _register, _again)
CARD = _Action(lambda attempt: bool(attempt.data.get("card")), _ask_for_card, _again)
BEFORE = _Action(lambda attempt: "subscriptions_before" in attempt.data, _note_existing, _again)
SUBSCRIPTION = _Action(lambda attempt: bool(attempt.subscription_reference), _subscribe, _find_subscription)
DEBTS = _Action(lambda attempt: bool(attempt.data.get("collected")), _collect, _leave_to_fetch)

OPENING = (CUSTOMER, REGISTRATION, CARD, BEFORE, SUBSCRIPTION)
CARD_CHANGE = (REGISTRATION, CARD, DEBTS)
