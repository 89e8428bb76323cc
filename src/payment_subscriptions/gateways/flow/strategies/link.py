"""Strategy ``link``: Flow bills each period and e-mails a link; the payer pays it where they like.

For merchants without a contract for automatic charges, and for payers without a card. Nobody comes
back from a bill's link, so that a page of ours waits. Flow e-mails the next ones by itself.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from ....exceptions import GatewayError
from ...actions import again, asking
from ...base import AGAIN, WAIT, NextStep, Step
from .. import results, statuses
from .context import Action, Context
from .subscribing import BEFORE, CUSTOMER, SUBSCRIPTION


def _ask_for_payment(context: Context) -> Step:
    """Until the first bill is paid. One that was voided was not: what is left of the subscription is
    ended when the attempt expires."""
    with asking():
        subscription = context.client.subscription.get(context.attempt.subscription_reference)
    bill = next((each for each in subscription.invoices if each.status == statuses.UNPAID), None)
    if _is_over(subscription) or (bill is None and not _is_voided(subscription)):
        return Step(AGAIN, data={"billed": True})
    if bill is None or not bill.payment_link:
        return Step(WAIT)
    return Step(NextStep("pay", bill.payment_link), reason=_refusal(context, bill.payment_link))


def _is_over(subscription: results.Subscription) -> bool:
    paid = any(invoice.status == statuses.PAID for invoice in subscription.invoices)
    return paid or subscription.status == statuses.CANCELLED


def _is_voided(subscription: results.Subscription) -> bool:
    """A trial has no bill yet, which is another thing."""
    return any(invoice.status == statuses.VOID for invoice in subscription.invoices)


def _refusal(context: Context, link: str) -> str:
    """Why the bank refused the last try at the link, if one was refused: it can be tried again."""
    token = parse_qs(urlsplit(link).query).get("token", [""])[0]
    try:
        order = context.client.payment.get_status_extended(token) if token else None
    except GatewayError:  # the payer can do without
        return ""
    if order is None or order.status != statuses.ORDER_REJECTED:
        return ""
    return (order.last_error.code if order.last_error else "") or "rejected"


BILL = Action(lambda attempt: bool(attempt.data.get("billed")), _ask_for_payment, again)

OPENING = (CUSTOMER, BEFORE, SUBSCRIPTION, BILL)
