"""Strategy ``order``: one payment order, for a one-time price or for a period that is ours to renew.

The order's name is ours and stays the same however often it is made: Flow refuses to make one anew
that was paid (1605). The token of a lost answer cannot be asked for, so that an opening order is made
again; an order that Flow e-mails is not, for the payer has it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ....exceptions import GatewayError, NotFound, Refused
from ...actions import again, asking
from ...base import AGAIN, WAIT, Attempt, NextStep, Outcome, PaymentSnapshot, Step
from .. import results, statuses
from ..client import FlowClient
from .context import Action, Context
from .subscribing import LATEST_COMMIT

PAID_BEFORE = "1605"
# How long a payer who came back may have to wait until Flow knows of the payment.
PATIENCE = timedelta(seconds=20)
# Flow's reminders of an order that it e-mailed: how many days apart, how many.
REMIND_AFTER_DAYS, REMIND_TIMES = 2, 2


def _order(context: Context) -> Step:
    attempt = context.attempt
    with asking():
        paid = _paid(context) if attempt.data.get("tokens") else None
    if paid:
        return paid
    try:
        made = context.client.payment.create(
            **_terms(context), extra=context.options.get("ORDER_EXTRA") or None
        )
    except Refused as error:
        return _paid_before(error)
    return Step(NextStep("go", made.link), data=_made(attempt, made), token=made.token)


def _paid_before(error: Refused) -> Step:
    """There is a paid order of that name: it is looked for."""
    if error.code != PAID_BEFORE:
        raise error
    return Step(AGAIN, data={"order": {"url": ""}, "lost": True})


def _terms(context: Context) -> dict[str, Any]:
    attempt = context.attempt
    left = int((attempt.closes_at - attempt.now).total_seconds())
    return {
        "commerce_order": attempt.order,
        "subject": attempt.subject,
        "amount": attempt.price.amount.amount,
        "currency": attempt.price.currency,
        "email": attempt.email,
        "url_confirmation": attempt.notice_url,
        "url_return": attempt.return_url,
        "timeout": max(left, 60),
    }


def _made(attempt: Attempt, made: results.PayResponse) -> dict[str, Any]:
    """Every token that was ever told: each may be paid as long as its order stands."""
    return {"order": {"url": made.link}, "tokens": [*attempt.data.get("tokens", []), made.token]}


def _paid(context: Context) -> Step | None:
    try:
        order = find(context.client, context.attempt)
    except NotFound:
        return None
    return _settled(context.attempt) if order.status == statuses.ORDER_PAID else None


def _settled(attempt: Attempt) -> Step:
    """Flow keeps no subscription of it: our order's name stands for it there."""
    return Step(AGAIN, data={"order": {"url": ""}}, subscription_reference=attempt.order)


def _find_order(context: Context) -> Step:
    """Made again unless it is paid: the payer never got the address of the one that was lost."""
    return _paid(context) or Step(AGAIN, data={"lost": True})


def _ask_for_payment(context: Context) -> Step:
    attempt = context.attempt
    try:
        with asking():
            order = find(context.client, attempt)
    except NotFound:  # of an order that we were told of: Flow will know it again
        return Step(WAIT)
    if order.status == statuses.ORDER_PAID:
        return _settled(attempt)
    if order.status in (statuses.ORDER_REJECTED, statuses.ORDER_ANNULLED):
        return _turned_down(context, order)
    waits = order.pending_info is not None and order.pending_info.media is not None
    is_back = attempt.returned_at is not None and attempt.now - attempt.returned_at < PATIENCE
    url = attempt.data["order"]["url"]
    return Step(WAIT if waits or is_back or not url else NextStep("go", url))


def _turned_down(context: Context, order: results.PaymentStatus) -> Step:
    """Nothing was paid; the payer may try again, on an order of the same name."""
    code = "annulled"
    if order.status == statuses.ORDER_REJECTED:
        code = _why(context, order) or "rejected"
    return Step(NextStep("retry"), data={"order": None}, reason=code)


def _why(context: Context, order: results.PaymentStatus) -> str:
    try:
        extended = context.client.payment.get_status_by_flow_order_extended(order.flow_order)
    except GatewayError:  # the payer can do without
        return ""
    return (extended.last_error.code if extended.last_error else "") or ""


def _send(context: Context) -> Step:
    """Flow e-mails the order, and reminds of it while it is unpaid."""
    options = context.options
    try:
        made = context.client.payment.create_email(
            **_terms(context),
            forward_days_after=options.get("REMIND_AFTER_DAYS", REMIND_AFTER_DAYS),
            forward_times=options.get("REMIND_TIMES", REMIND_TIMES),
        )
    except Refused as error:
        return _paid_before(error)
    return Step(AGAIN, data=_made(context.attempt, made))


def _find_sent(context: Context) -> Step:
    """Found is done: the payer has the mail. Absence counts when seen twice, the last time at least ten
    minutes after the call ended: then it is sent."""
    attempt = context.attempt
    try:
        find(context.client, attempt)
    except NotFound:
        since = attempt.in_doubt_since or attempt.now
        if attempt.data.get("seen_absent") and attempt.now - since >= LATEST_COMMIT:
            return Step(AGAIN, data={"seen_absent": False})
        return Step(WAIT, Outcome.UNKNOWN, data={"seen_absent": True})
    return Step(AGAIN, data={"order": {"url": ""}, "lost": True})


# --- what became of it --------------------------------------------------------------------------


def find(client: FlowClient, attempt: Attempt) -> results.PaymentStatus:
    """The order as it stands: the paid one, where it was made more than once; else the newest that the
    payer knows of. Raises NotFound."""
    return _chosen(_all(client, attempt))


def _chosen(found: list[results.PaymentStatus]) -> results.PaymentStatus:
    if not found:
        raise NotFound("Flow does not know the order", service="payment/getStatus")
    return next((order for order in found if order.status == statuses.ORDER_PAID), found[0])


def _all(client: FlowClient, attempt: Attempt) -> list[results.PaymentStatus]:
    """Whatever bears our name: by each token that we were told, the newest first, and by the name where
    a token may have been lost."""
    found = []
    for token in reversed(attempt.data.get("tokens", [])):
        with suppress(NotFound):
            found.append(client.payment.get_status(token))
    if not found or attempt.data.get("lost"):
        with suppress(NotFound):
            found.append(client.payment.get_status_by_commerce_id(attempt.order))
    return [order for order in found if order.commerce_order in (None, attempt.order)]


def payment(client: FlowClient, attempt: Attempt) -> PaymentSnapshot:
    """The same as the core reads it. Flow lets two orders of one name be paid, if both stood unpaid."""
    found = _all(client, attempt)
    paid = {order.flow_order for order in found if order.status == statuses.ORDER_PAID}
    url = (attempt.data.get("order") or {}).get("url", "")
    told = statuses.order(_chosen(found), attempt.order, url)
    return replace(told, oddity="double" if len(paid) > 1 else "")


def _is_made(attempt: Attempt) -> bool:
    return bool(attempt.data.get("order"))


ORDER = Action(_is_made, _order, _find_order)
PAYMENT = Action(lambda attempt: bool(attempt.subscription_reference), _ask_for_payment, again)
LETTER = Action(_is_made, _send, _find_sent)

OPENING = (ORDER, PAYMENT)
RENEWAL = (LETTER,)
