"""Take a subscription up again that was to end with its period."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from .. import checkout, recording
from ..clock import now
from ..exceptions import Busy, NotPossible, Refused
from ..gateways import gateways
from ..lifecycle import ALLOWED, CheckoutStatus
from ..models import Subscription
from ..outbox import News, write
from ..transactions import refuse_inside_one
from .syncing import read, sync


def resume(subscription: Subscription) -> Subscription:
    """Go on where it would have ended: nothing is charged before the paid period is over.

    Where the provider cannot take a cancellation back, a successor is opened there that begins when
    the old one ends; the row stays the same. Returns it: still cancelling while the provider has not
    answered, which the sweep waits for. Raises NotPossible, Refused, Busy, ConfigurationError.
    """
    refuse_inside_one()
    row = read(subscription.pk)
    if row.checkouts.running().filter(purpose="change").exists():  # at which price would it go on?
        raise Busy(_("Your earlier change is being confirmed. Wait for its result."))
    able = gateways.of(row).capabilities_of(row.strategy).resume
    if able == "none" or not _can_resume(row):
        raise NotPossible(_("This subscription cannot be taken up again: subscribe anew."))
    if gateways.of(row).renews(row.strategy):
        attempt = checkout.go_on(checkout.open_resumption(row))
        if attempt.status == CheckoutStatus.REFUSED:
            raise Refused(attempt.reason or None, code=attempt.reason)
        return read(row.pk)
    try:
        with transaction.atomic(durable=True):
            recording.bump(row, cancel_requested="", cancel_at_period_end=False, next_sync_at=now())
            write(row, [News("subscription.resumed")])
    except recording.Stale:
        raise Busy from None
    return sync(row)


def _can_resume(row: Subscription) -> bool:
    ends = row.period_end or row.trial_end
    return (
        row.is_cancelling
        and row.status in ALLOWED["resume"]
        and not row.cancel_requested
        and not row.successor_reference
        and ends is not None
        and ends > now()
    )
