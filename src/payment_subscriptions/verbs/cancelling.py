"""Cancel: with the paid period, or now."""

from __future__ import annotations

from contextlib import nullcontext, suppress

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from .. import checkout
from ..backoff import after
from ..clock import now
from ..exceptions import BadRequest, Busy, NotPossible
from ..gateways import gateways
from ..lifecycle import ALLOWED, CancelReason
from ..models import Subscription
from ..models.subscription import MOST_SAID
from ..outbox import News, write
from ..transactions import refuse_inside_one
from .calls import ask_to_cancel
from .syncing import read, sync


def cancel(subscription: Subscription, *, at_period_end: bool = True) -> Subscription:
    """End it with the paid period, or now, together with all that is owed.

    Returns the row as the provider then reports it. Raises NotPossible, Refused, or OutcomeUnknown:
    then the wish is kept, and the sweep carries it out and asks.
    """
    refuse_inside_one()
    row = read(subscription.pk)
    if row.is_pending:
        row = _give_up(row)
        if row.is_ended:
            return row
    _call_off(row)
    row = read(row.pk)
    if row.is_cancelling and at_period_end and not row.successor_reference:
        return row
    if row.status not in ALLOWED["cancel"] or not _can_cancel(row, at_period_end):
        raise NotPossible(
            _("This subscription cannot be cancelled: it has ended, or its provider does not allow it.")
        )
    at_once = not at_period_end or row.cancel_requested == "now"  # a wish in doubt is not weakened
    row.cancel_requested = "now" if at_once else "period_end"
    Subscription.objects.filter(pk=row.pk).update(
        version=F("version") + 1, cancel_requested=row.cancel_requested, next_sync_at=after(1)
    )
    refusal = ask_to_cancel(row)
    if refusal:  # its payer is told, and nothing is kept; the sweep keeps what it was told to finish
        Subscription.objects.filter(pk=row.pk).update(version=F("version") + 1, cancel_requested="")
    row = sync(row)
    if refusal and row.is_open and not row.is_cancelling:
        raise refusal
    return row


def leave_word(subscription: Subscription, reason: str = "", comment: str = "") -> None:
    """Keep why its payer cancels, or cancelled, in place of what they said another time. ``reason``: a word
    of CancelReason, or "". Raises BadRequest."""
    if reason and reason not in CancelReason.values:
        raise BadRequest(_("There is no such reason."), field="reason", code="reason")
    said = comment.replace("\0", "").strip()[:MOST_SAID]
    with transaction.atomic(durable=True):
        Subscription.objects.filter(pk=subscription.pk).update(
            version=F("version") + 1, cancel_reason=reason, cancel_comment=said, updated_at=now()
        )
        if reason or said:
            write(subscription, [News("payer.left_word", {"reason": reason})])


def _call_off(row: Subscription) -> None:
    """What was begun for it and has not reached the provider. Raises Busy while nobody knows whether it is
    being taken up again: it would go on although it was cancelled. A change of plan is never repeated,
    and is no reason to wait."""
    for attempt in row.checkouts.running().filter(purpose__in=("resume", "change")):
        with nullcontext() if attempt.purpose == "resume" else suppress(Busy):
            checkout.expire(attempt)


def _can_cancel(row: Subscription, at_period_end: bool) -> bool:
    able = gateways.of(row).capabilities_of(row.strategy)
    return able.cancel_at_period_end if at_period_end else able.cancel_now


def _give_up(row: Subscription) -> Subscription:
    """A pending one is cancelled by giving up its attempt; one that the provider has by then is as it is
    there. Raises Busy while that is in doubt."""
    attempt = row.checkouts.running().filter(purpose="open").last()
    if attempt:
        checkout.expire(attempt)
        return read(row.pk)
    if row.reference:
        return row
    checkout.close(row)
    return row
