"""What we ask of a provider for a subscription that exists: sync, cancel.

Each verb is safe to repeat. What was asked for is stored before the call, so that a lost answer
or a killed process leaves something that the sweep finishes.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from . import checkout, conf, recording
from .backoff import after
from .clock import now
from .exceptions import Busy, ConfigurationError, GatewayError, NotFound, NotPossible, Refused
from .gateways import gateways
from .lifecycle import ALLOWED
from .models import Subscription
from .recording import Stale, record
from .transactions import refuse_inside_one

logger = logging.getLogger("payment_subscriptions.verbs")

# How often a row may move under us before we let the sweep do it.
MOST_FETCHES = 5


def sync(subscription: Subscription) -> Subscription:
    """Ask the provider and record what it says; the row as it is then.

    Raises OutcomeUnknown when the provider gives no answer, Busy when others keep writing.
    """
    return sync_row(_read(subscription.pk))


def sync_row(row: Subscription) -> Subscription:
    """The same for a row that was read just now, its customer with it."""
    refuse_inside_one()
    for _try in range(MOST_FETCHES):
        if not row.reference:
            return row
        try:
            snapshot = gateways.of(row).fetch(row.reference)
        except NotFound:
            recording.keep_lost(row)
            _ask_again(row)
            return row
        except (GatewayError, ConfigurationError):
            _ask_again(row)
            raise
        try:
            return record(row, snapshot)
        except Stale:
            row = _read(row.pk)
    _ask_again(row)
    raise Busy


def sync_due(subscription: Subscription) -> Subscription:
    """What the sweep does with one whose time has come: finish a cancellation, close what was
    abandoned, ask about the rest. One process only does it: claimed by moving ``next_sync_at``."""
    claimed = (
        Subscription.objects.due_for_sync()
        .filter(pk=subscription.pk)
        .update(next_sync_at=now() + timedelta(seconds=conf.get("LEASE_SECONDS")))
    )
    row = _read(subscription.pk)
    if not claimed:
        return row
    if not row.reference:
        return _close_abandoned(row)
    if row.cancel_requested:
        with suppress(GatewayError, ConfigurationError):  # logged where it arose; the wish stays, due again
            _ask_to_cancel(row)
    return sync(row)


def cancel(subscription: Subscription, *, at_period_end: bool = True) -> Subscription:
    """End it with the paid period, or now, together with all that is owed.

    Returns the row as the provider then reports it. Raises NotPossible, Refused, or OutcomeUnknown:
    then the wish is kept, and the sweep carries it out and asks.
    """
    refuse_inside_one()
    row = _read(subscription.pk)
    if row.is_pending and not row.reference:
        return _give_up(row)
    if row.is_cancelling and at_period_end:
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
    refusal = _ask_to_cancel(row)
    row = sync(row)
    if refusal and row.is_open and not row.is_cancelling:
        raise refusal
    return row


def _can_cancel(row: Subscription, at_period_end: bool) -> bool:
    capabilities = gateways.of(row).capabilities
    return capabilities.cancel_at_period_end if at_period_end else capabilities.cancel_now


def _ask_to_cancel(row: Subscription) -> Refused | None:
    """Raises OutcomeUnknown. A refusal is given back: the fetch that follows tells whether it matters,
    or whether it was cancelled already."""
    try:
        gateways.of(row).cancel(row.reference or "", at_period_end=row.cancel_requested == "period_end")
    except Refused as error:
        logger.warning("Cancel refused", extra={"subscription": row.pk, "code": error.code})
        Subscription.objects.filter(pk=row.pk).update(version=F("version") + 1, cancel_requested="")
        return error
    return None


def _give_up(row: Subscription) -> Subscription:
    """A pending one is cancelled by giving up its attempt. Raises Busy while that is in doubt."""
    attempt = row.checkouts.running().filter(purpose="open").last()
    if attempt:
        checkout.expire(attempt)
        return _read(row.pk)
    with transaction.atomic(durable=True):
        recording.close(row)
    return row


def _close_abandoned(row: Subscription) -> Subscription:
    """A pending subscription that nobody works on any more frees its seat."""
    if row.checkouts.running().exists():
        return row
    with transaction.atomic(durable=True):
        recording.close(row)
    return row


def _read(pk: int) -> Subscription:
    return Subscription.objects.select_related("customer").get(pk=pk)


def _ask_again(row: Subscription) -> None:
    Subscription.objects.filter(pk=row.pk).update(
        sync_tries=F("sync_tries") + 1, next_sync_at=after(row.sync_tries + 1)
    )
