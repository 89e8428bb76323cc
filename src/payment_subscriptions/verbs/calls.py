"""The calls that more than one verb makes."""

from __future__ import annotations

import logging
from contextlib import suppress

from ..exceptions import Refused
from ..gateways import gateways
from ..lifecycle import BEGUN
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
        if row.successor_reference:  # what ends with the period must not go on after it; begun, it is paid
            begun = gateway.fetch(row.successor_reference).status in BEGUN
            gateway.cancel(row.successor_reference, at_period_end=at_period_end and begun)
        if gateway.capabilities_of(row.strategy).change_at_period_end:
            with suppress(Refused):  # a change would take its balance before the end, also one in doubt
                gateway.undo_change(row.reference or "")
        gateway.cancel(row.reference or "", at_period_end=at_period_end)
    except Refused as error:
        logger.warning("Cancel refused", extra={"subscription": row.pk, "code": error.code})
        return error
    return None
