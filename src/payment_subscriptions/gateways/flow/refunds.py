"""Giving money back at Flow: a card's charge is reversed on its own day, anything else is offered to its
payer, who has to accept it."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, time, timedelta

from ...exceptions import NotFound, OutcomeUnknown, Refused
from ...lifecycle import RefundStatus
from ...money import Money
from ..base import RefundRequest, RefundSnapshot
from . import results, statuses
from .client import FlowClient
from .results.values import SANTIAGO

REVERSAL, OFFER = "reversal", "offer"
# A day of charges runs from 14:00 to 14:00 (Flow's reference of customer/reverseCharge).
CLOSES = time(14)
# Flow's words for a charge that was reversed before are not documented; these are taken for it.
REVERSED_BEFORE = re.compile(
    r"(previously|already|previamente|ya (ha sido|fue)) (been )?revers", re.IGNORECASE
)

# Flow's words of a refund's status.
STATUSES: dict[str, RefundStatus] = {
    "created": RefundStatus.OFFERED,
    "accepted": RefundStatus.ACCEPTED,
    "rejected": RefundStatus.REJECTED,
    "refunded": RefundStatus.REFUNDED,
    "canceled": RefundStatus.CANCELLED,
}


def methods(request: RefundRequest) -> tuple[str, ...]:
    """A reversal is whole, of a card that Flow charged by itself, and in its window only. What was not
    paid through Flow (an invoice marked as paid outside), or in a money that it does not tell, cannot be
    given back by it."""
    if not request.payment_order or request.amount.currency.code == "CLF":
        return ()
    reversible = request.strategy == "card" and request.is_whole and _in_window(request)
    return (REVERSAL, OFFER) if reversible else (OFFER,)


def _in_window(request: RefundRequest) -> bool:
    if request.paid_at is None:
        return False
    paid = request.paid_at.astimezone(SANTIAGO)
    closing = datetime.combine(paid.date(), CLOSES, SANTIAGO)
    last = closing if paid < closing else datetime.combine(paid.date() + timedelta(days=1), CLOSES, SANTIAGO)
    return request.now < last


def give_back(client: FlowClient, request: RefundRequest) -> RefundSnapshot:
    """One call. Raises Refused, scope *strategy* where a reversal was refused, or OutcomeUnknown."""
    if request.method == REVERSAL:
        return _reverse(client, request)
    _refuse_unpaid(client, request)
    return _snapshot(
        client.refund.create(
            refund_commerce_order=request.order,
            receiver_email=request.email,
            amount=request.amount.amount,
            url_callback=request.notice_url,
            commerce_trx_id=request.payment_order,
        ),
        request,
    )


def _refuse_unpaid(client: FlowClient, request: RefundRequest) -> None:
    """What Flow no longer calls paid has been given back by somebody else: it is not offered as well."""
    try:
        order = client.payment.get_status_by_commerce_id(request.payment_order)
    except NotFound:
        return
    except OutcomeUnknown as error:
        error.sent = False  # a question: nothing was begun
        raise
    if order.status != statuses.ORDER_PAID:
        raise Refused("Flow does not call it paid any more: look in its panel", code="not_paid")


def _reverse(client: FlowClient, request: RefundRequest) -> RefundSnapshot:
    """A charge is reversed once: one that was reversed before has been given back, and is not offered as
    well. What was paid by the invoice's link is no charge of the card, and is refused by an error."""
    try:
        answer = client.customer.reverse_charge(commerce_order=request.payment_order)
    except Refused as error:
        raise Refused(str(error), scope="strategy", code=error.code, service=error.service) from error
    if not answer.reversed and not REVERSED_BEFORE.search(answer.message or ""):
        raise Refused("Flow did not reverse the charge", scope="strategy", code="not_reversed")
    return RefundSnapshot(RefundStatus.REFUNDED)


def fetch(client: FlowClient, request: RefundRequest) -> RefundSnapshot:
    """What became of it. A reversal without an answer is asked for again: a charge can be reversed once.
    A refund order without one is told by its callback, or by a person: there is no asking by our name."""
    if request.token:
        return _snapshot(client.refund.get_status(request.token), request)
    if request.method == REVERSAL and _in_window(request):
        with suppress(Refused):  # a question that is refused answers nothing
            return _reverse(client, request)
    raise OutcomeUnknown("Nobody can be asked: Flow's callback or a person tells", service=request.method)


def _snapshot(answer: results.RefundStatus, request: RefundRequest) -> RefundSnapshot:
    status = STATUSES.get(answer.status or "")
    if status is None:
        raise OutcomeUnknown("Flow's answer has a status that nobody knows", service="refund/getStatus")
    amount = None if answer.amount is None else Money(answer.amount, request.amount.currency)
    return RefundSnapshot(status, answer.refund_order or "", answer.token, amount)
