"""Pause a subscription, and let it go on."""

from __future__ import annotations

from django.utils.translation import gettext as _

from ..clock import now
from ..exceptions import NotPossible
from ..gateways import gateways
from ..lifecycle import ALLOWED
from ..models import Subscription
from ..transactions import refuse_inside_one
from .syncing import read, sync


def pause(subscription: Subscription) -> Subscription:
    """Charge nothing for it until further notice; what is paid goes on being used. One that is paused stays
    so.

    Returns the row as the provider then reports it. Raises NotPossible, Refused, or OutcomeUnknown: then the
    sweep asks what became of it, and pausing once more does no harm.
    """
    refuse_inside_one()
    row = read(subscription.pk)
    if row.is_paused:
        return row
    leaves = row.cancel_at_period_end or row.cancel_requested
    if row.status not in ALLOWED["pause"] or leaves or not _is_able(row):
        raise NotPossible(_("This subscription cannot be paused."))
    _look_soon(row)
    gateways.of(row).pause(row.reference or "")
    return sync(row)


def unpause(subscription: Subscription) -> Subscription:
    """Charge it again from its next period on. One that goes on does so. Returns and raises as ``pause``."""
    refuse_inside_one()
    row = read(subscription.pk)
    if row.is_active:
        return row
    if row.status not in ALLOWED["unpause"] or not _is_able(row):
        raise NotPossible(_("It is not paused."))
    _look_soon(row)
    gateways.of(row).unpause(row.reference or "")
    return sync(row)


def _is_able(row: Subscription) -> bool:
    return gateways.of(row).capabilities_of(row.strategy).pause


def _look_soon(row: Subscription) -> None:
    """Before the call: should its answer be lost, or this process die, the sweep asks what became of it."""
    Subscription.objects.filter(pk=row.pk).update(next_sync_at=now())
