"""Give money back: one refund of a payment at a time, each call begun only once its row stands."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from .. import conf, recording
from ..addresses import refund_notice_url
from ..backoff import after, counts
from ..clock import now
from ..exceptions import (
    BadRequest,
    Busy,
    ConfigurationError,
    GatewayError,
    NotPossible,
    OutcomeUnknown,
    Refused,
)
from ..gateways import gateways
from ..gateways.base import RefundRequest, RefundSnapshot
from ..lifecycle import RefundStatus
from ..models import Payment, Refund
from ..money import Money, format_money, make
from ..transactions import refuse_inside_one

logger = logging.getLogger("payment_subscriptions.verbs")

# How often one that its receiver has not answered, or that is to be paid out, is asked about.
LOOK = timedelta(days=1)
# How long one in doubt is asked about by itself before it is a person's.
LONGEST_WAIT = timedelta(hours=6)


def refund(payment: Payment, amount: Money | None = None, *, by: str = "", reason: str = "") -> Refund:
    """Give a payment back, whole (None) or in part; in the money that was paid, pesos for a bill in UF.

    Returns the refund as it stands: given back, waiting for the payer's acceptance, refused, or in
    doubt: that one is never tried again by code. ``by`` and ``reason`` are kept with it. It is of
    the payment as the caller has read it: where money of it has been given back since, by somebody
    who asked for the same at the same time perhaps, nothing is (Busy): read it again and decide.
    Raises BadRequest for an amount that cannot be given back, NotPossible, Busy, ConfigurationError.
    """
    refuse_inside_one()
    seen = payment.refunded_amount
    payment = Payment.objects.select_related("subscription__customer").get(pk=payment.pk)
    wanted = payment.refundable if amount is None else amount
    _check(payment, wanted)
    _expect_unchanged(payment, seen)
    row = _open(payment, wanted, by, reason, seen)
    return go_on_with_refund(row)


def _check(payment: Payment, wanted: Money) -> None:
    able = gateways.of(payment.subscription).capabilities_of(payment.subscription.strategy)
    if payment.refundable.amount <= 0 or not able.refund:
        raise NotPossible(_("There is nothing of this payment that can be given back."))
    if payment.subscription.customer.erased_at:
        raise NotPossible(_("Its payer has been erased: nobody could be told of the money."))
    make(wanted.amount, wanted.currency.code)
    if wanted.currency != payment.paid_money.currency or not 0 < wanted.amount <= payment.refundable.amount:
        text = _("At most %(most)s can be given back.") % {"most": format_money(payment.refundable)}
        raise BadRequest(text, field="amount", code="amount")
    if wanted != payment.paid_money and not able.partial_refund:
        raise BadRequest(_("This payment can be given back whole only."), field="amount", code="partial")


def _expect_unchanged(payment: Payment, seen: Decimal) -> None:
    if payment.refunded_amount != seen:
        raise Busy(_("Money of this payment has been given back since it was looked at: look again."))


def _open(payment: Payment, wanted: Money, by: str, reason: str, seen: Decimal) -> Refund:
    """Its row. Looked at once more after it is written: another one may have been paid out since, and
    the row itself keeps others from beginning."""
    row = Refund(
        payment=payment,
        provider=payment.provider,
        mode=payment.mode,
        amount=wanted.amount,
        currency=wanted.currency.code,
        requested_by=by[:150],
        reason=reason[:300],
        due_at=now() + timedelta(seconds=conf.get("LEASE_SECONDS")),
    )
    if not gateways.of(payment.subscription).refund_methods(_request(row)):
        raise NotPossible(_("There is nothing of this payment that can be given back."))
    try:
        with transaction.atomic(durable=True):
            row.save(force_insert=True)
            payment.refresh_from_db()
            _check(payment, wanted)
            _expect_unchanged(payment, seen)
            recording.note_refund(row)
    except IntegrityError:
        raise Busy(_("A refund of this payment is under way: wait for what becomes of it.")) from None
    return row


# --- going on ---------------------------------------------------------------------------------


def go_on_with_refund(refund: Refund) -> Refund:
    """Whatever it needs now: its call, an answer to a doubt, or news of what its receiver did."""
    refuse_inside_one()
    row = read(refund.pk)
    if row.status == RefundStatus.REQUESTED and row.call_begun_at is None:
        return _give_back(row)
    if row.is_running:
        return _ask(row)
    return row


def _give_back(row: Refund) -> Refund:
    """By the first of the gateway's ways that does not refuse."""
    gateway = gateways.of(row.payment.subscription)
    refusal = ""
    for method in gateway.refund_methods(_request(row)):
        if not _begin(row, method):
            return read(row.pk)
        row = read(row.pk)
        try:
            told = gateway.refund(_request(row))
        except Refused as error:
            logger.warning("Refund refused", extra={"refund": row.pk, "method": method, "code": error.code})
            refusal = error.code or "refused"
            Refund.objects.filter(pk=row.pk).update(call_begun_at=None, failure_code=refusal)
            if error.scope != "strategy":
                break
        except ConfigurationError:
            _put_off(row)
            raise
        except (OutcomeUnknown, Busy) as error:
            return _lost(row, error)
        else:
            return recording.record_refund(row, told, due_at=_next_look(told))
    return recording.record_refund(row, RefundSnapshot(RefundStatus.REFUSED), due_at=None)


def _begin(row: Refund, method: str) -> bool:
    """Store "call begun", in one committed statement; False where another process has done so."""
    return bool(
        Refund.objects.filter(pk=row.pk, status=RefundStatus.REQUESTED, call_begun_at__isnull=True).update(
            method=method,
            call_begun_at=now(),
            due_at=now() + timedelta(seconds=conf.get("LEASE_SECONDS")),
        )
    )


def _put_off(row: Refund, told: object = None) -> None:
    Refund.objects.filter(pk=row.pk).update(
        call_begun_at=None, due_at=after(row.tries + 1, told), tries=F("tries") + 1
    )


def _lost(row: Refund, error: Exception) -> Refund:
    if not getattr(error, "sent", False):  # it provably never left
        _put_off(row, error)
        return read(row.pk)
    logger.warning("Refund in doubt", extra={"refund": row.pk, "method": row.method})
    return recording.record_refund(row, RefundSnapshot(RefundStatus.IN_DOUBT), due_at=after(1, error))


def _ask(row: Refund) -> Refund:
    """What became of it. One whose process was killed is in doubt from then on."""
    if row.status == RefundStatus.REQUESTED:
        if row.due_at and row.due_at > now():
            return row  # its call may still be under way
        row = recording.record_refund(row, RefundSnapshot(RefundStatus.IN_DOUBT), due_at=after(1))
    try:
        told = gateways.of(row.payment.subscription).fetch_refund(_request(row))
    except (GatewayError, ConfigurationError) as error:
        logger.info(
            "Refund could not be asked about", extra={"refund": row.pk, "error": type(error).__name__}
        )
        since = row.in_doubt_since or now()
        is_a_persons = row.is_in_doubt and now() - since > LONGEST_WAIT and counts(error, since)
        due = None if is_a_persons else after(row.tries + 1, error)
        Refund.objects.filter(pk=row.pk).update(due_at=due, tries=F("tries") + 1)
        return read(row.pk)
    return recording.record_refund(row, told, due_at=_next_look(told))


def _next_look(told: RefundSnapshot) -> datetime | None:
    return now() + LOOK if told.status in (RefundStatus.OFFERED, RefundStatus.ACCEPTED) else None


# --- from outside -------------------------------------------------------------------------------


def receive_refund(public_id: str, token: str = "") -> Refund:
    """A callback came for it: ask what it says, by the token that it brought, if any.

    Raises Refund.DoesNotExist, and what the gateway raises.
    """
    refuse_inside_one()
    row = read(Refund.objects.get(public_id=public_id).pk)
    request = replace(_request(row), token=row.token or token)
    told = gateways.of(row.payment.subscription).fetch_refund(request)
    return recording.record_refund(row, told, due_at=_next_look(told))


def call_off_refund(refund: Refund) -> Refund:
    """Call off one that its receiver has not accepted. Raises NotPossible, Refused, OutcomeUnknown."""
    refuse_inside_one()
    row = read(refund.pk)
    if row.status != RefundStatus.OFFERED:
        raise NotPossible(_("Only a refund that waits for the payer can be called off."))
    refusal = None
    try:
        gateways.of(row.payment.subscription).cancel_refund(_request(row))
    except Refused as error:  # called off already, or answered meanwhile: what is asked next tells
        refusal = error
    except OutcomeUnknown as error:
        Refund.objects.filter(pk=row.pk).update(due_at=after(1, error))
        raise
    row = _ask(read(row.pk))
    if refusal and row.status != RefundStatus.CANCELLED:
        raise refusal
    return row


def settle_refund(refund: Refund, *, happened: bool, by: str, note: str) -> Refund:
    """A person has looked: one in doubt was given back, or it was not. Raises NotPossible."""
    row = read(refund.pk)
    if not row.is_in_doubt:
        raise NotPossible(_("This refund is not in doubt."))
    status = RefundStatus.REFUNDED if happened else RefundStatus.REFUSED
    return recording.record_refund(row, RefundSnapshot(status), due_at=None, settled={"by": by, "note": note})


def read(pk: int) -> Refund:
    return Refund.objects.select_related("payment__subscription__customer").get(pk=pk)


def _request(row: Refund) -> RefundRequest:
    return row.as_request(refund_notice_url(gateways.of(row.payment.subscription), row))
