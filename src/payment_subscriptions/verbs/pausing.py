"""Pause a subscription, and let it go on."""

from __future__ import annotations

from django.utils.translation import gettext as _

from ..backoff import after
from ..exceptions import NotPossible, OutcomeUnknown
from ..gateways import gateways
from ..lifecycle import ALLOWED
from ..models import Subscription
from ..transactions import refuse_inside_one
from .syncing import read, sync


def pause(subscription: Subscription) -> Subscription:
    """Charge nothing for it until further notice; what is paid goes on being used.

    Returns the row as the provider then reports it. Raises NotPossible, Refused, or OutcomeUnknown: then the
    sweep asks what became of it, and pausing once more does no harm.
    """
    return _turn(subscription, "pause")


def unpause(subscription: Subscription) -> Subscription:
    """Charge it again from its next period on. Returns and raises as ``pause``."""
    return _turn(subscription, "unpause")


def _turn(subscription: Subscription, verb: str) -> Subscription:
    refuse_inside_one()
    row = read(subscription.pk)
    gateway = gateways.of(row)
    if row.status not in ALLOWED[verb] or not gateway.capabilities_of(row.strategy).pause:
        raise NotPossible(
            _("This subscription cannot be paused.") if verb == "pause" else _("It is not paused.")
        )
    try:
        (gateway.pause if verb == "pause" else gateway.unpause)(row.reference or "")
    except OutcomeUnknown:
        Subscription.objects.filter(pk=row.pk).update(next_sync_at=after(1))
        raise
    return sync(row)
