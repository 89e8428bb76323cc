"""The calls that more than one verb makes."""

from __future__ import annotations

import logging
from contextlib import suppress

from django.db.models import F

from ..exceptions import Refused
from ..gateways import gateways
from ..models import Subscription

logger = logging.getLogger("payment_subscriptions.verbs")


def ask_to_cancel(row: Subscription) -> Refused | None:
    """Raises OutcomeUnknown. A refusal is given back: the fetch that follows tells whether it matters,
    or whether it was cancelled already. Where the periods are ours nobody has to be asked: the wish
    itself ends it."""
    gateway = gateways.of(row)
    if not gateway.renews(row.strategy):
        return None
    at_period_end = row.cancel_requested == "period_end"
    try:
        if row.successor_reference:  # it has not begun: what ends with the period must not go on after it
            gateway.cancel(row.successor_reference, at_period_end=False)
        if row.next_price_key:  # a change would take its balance before the end
            with suppress(Refused):
                gateway.undo_change(row.reference or "")
        gateway.cancel(row.reference or "", at_period_end=at_period_end)
    except Refused as error:
        logger.warning("Cancel refused", extra={"subscription": row.pk, "code": error.code})
        Subscription.objects.filter(pk=row.pk).update(version=F("version") + 1, cancel_requested="")
        return error
    return None
