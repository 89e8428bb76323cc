"""``record``: the one function that turns a Snapshot into rows and events.

It is the only writer of status and payments, besides opening and closing a subscription that
no provider has heard of. Safe to repeat in any order: what it writes depends on the snapshot
and the row alone, and a row that moved since it was read makes it Stale, so that the caller
asks the provider again.
"""

from .discrepancies import keep_foreign_payment, keep_lost, keep_unordered, settle
from .payments import standing, written
from .refunds import note_refund, record_refund
from .subscription import (
    DEFAULT_GRACE,
    Stale,
    adopt,
    bump,
    close,
    record,
    schedule_change,
    slot_key,
    work_out,
)

__all__ = [
    "DEFAULT_GRACE",
    "Stale",
    "adopt",
    "bump",
    "close",
    "keep_foreign_payment",
    "keep_lost",
    "keep_unordered",
    "note_refund",
    "record",
    "record_refund",
    "schedule_change",
    "settle",
    "slot_key",
    "standing",
    "work_out",
    "written",
]
