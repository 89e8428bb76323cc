"""Strategy ``card``: the payer registers a card on Flow's page, Flow charges each period."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from ....exceptions import NotFound, OutcomeUnknown, Refused
from ...actions import again, asking
from ...base import AGAIN, WAIT, NextStep, Step
from .. import statuses
from .context import Action, Context
from .subscribing import BEFORE, CUSTOMER, SUBSCRIPTION

# Right after the return "0" can still become "1" (seen up to 4 times 0.8 s); after this it is a no.
PATIENCE = timedelta(seconds=20)

REGISTERED = "1"


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


# What is owed, after a change of card


def _collect(context: Context) -> Step:
    """Try the oldest unpaid invoice; the fetch that follows tells what came of it."""
    attempt = context.attempt
    tried = list(attempt.data.get("tried", []))
    with asking():
        subscription = context.client.subscription.get(attempt.subscription_reference)
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


REGISTRATION = Action(lambda attempt: bool(attempt.data.get("registration")), _register, again)
CARD = Action(lambda attempt: bool(attempt.data.get("card")), _ask_for_card, again)
DEBTS = Action(lambda attempt: bool(attempt.data.get("collected")), _collect, _leave_to_fetch)

OPENING = (CUSTOMER, REGISTRATION, CARD, BEFORE, SUBSCRIPTION)
CARD_CHANGE = (REGISTRATION, CARD, DEBTS)
