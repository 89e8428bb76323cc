"""Ask the provider and record what it says."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from django.db.models import F

from .. import checkout, conf, recording, renewals
from ..backoff import after
from ..clock import now
from ..exceptions import Busy, ConfigurationError, GatewayError, NotFound
from ..gateways import gateways
from ..gateways.base import Snapshot
from ..lifecycle import ENDED
from ..models import Subscription
from ..recording import Stale, record
from ..transactions import refuse_inside_one
from .calls import ask_to_cancel

# How often a row may move under us before we let the sweep do it.
MOST_FETCHES = 5


def sync(subscription: Subscription) -> Subscription:
    """Ask the provider and record what it says; the row as it is then.

    Raises OutcomeUnknown when the provider gives no answer, Busy when others keep writing.
    """
    return sync_row(read(subscription.pk))


def sync_row(row: Subscription) -> Subscription:
    """The same for a row that was read just now, its customer with it."""
    refuse_inside_one()
    for _try in range(MOST_FETCHES):
        if not row.reference:
            return row
        try:
            snapshot = fetch(row)
        except NotFound:
            recording.keep_lost(row)
            _ask_again(row)
            return row
        except (GatewayError, ConfigurationError) as error:
            _ask_again(row, error)
            raise
        try:
            row = record(row, snapshot)
        except Stale:
            row = read(row.pk)
            continue
        renewals.keep_due(row)
        return row
    _ask_again(row)
    raise Busy


def fetch(row: Subscription) -> Snapshot:
    """The subscription now: as its provider keeps it, or by our own calendar and its orders there."""
    gateway = gateways.of(row)
    if not gateway.renews(row.strategy):
        return renewals.snapshot(row)
    snapshot = gateway.fetch(row.reference or "")
    if row.successor_reference:
        return succession(snapshot, gateway.fetch(row.successor_reference))
    return snapshot


def succession(old: Snapshot, new: Snapshot) -> Snapshot:
    """One subscription out of a cancelled one and the one that goes on where it ends."""
    payments = old.payments + new.payments
    if new.status in ENDED and not new.payments:  # it was called off before it began
        return old
    if old.status in ENDED:
        return replace(new, payments=payments)
    return replace(
        old,
        cancel_at_period_end=False,
        next_charge_at=new.next_charge_at or old.period_end,
        payments=payments,
        successor_reference=new.reference,
    )


def sync_due(subscription: Subscription) -> Subscription:
    """What the sweep does with one whose time has come: finish a cancellation, close what was
    abandoned, ask about the rest, order the next period where that is ours to do. One process only
    does it: claimed by moving ``next_sync_at``."""
    claimed = (
        Subscription.objects.due_for_sync()
        .filter(pk=subscription.pk)
        .update(next_sync_at=now() + timedelta(seconds=conf.get("LEASE_SECONDS")))
    )
    row = read(subscription.pk)
    if not claimed:
        return row
    if not row.reference:
        return _close_abandoned(row)
    if row.cancel_requested:
        with suppress(GatewayError, ConfigurationError):  # logged where it arose; the wish stays, due again
            ask_to_cancel(row)
    row = sync(row)
    renewals.open_due(row)
    return row


def _close_abandoned(row: Subscription) -> Subscription:
    """A pending subscription that nobody works on any more frees its seat."""
    if row.checkouts.running().exists():
        return row
    checkout.close(row)
    return row


def read(pk: int) -> Subscription:
    return Subscription.objects.select_related("customer").get(pk=pk)


def _ask_again(row: Subscription, told: object = None) -> None:
    Subscription.objects.filter(pk=row.pk).update(
        sync_tries=F("sync_tries") + 1, next_sync_at=after(row.sync_tries + 1, told)
    )
