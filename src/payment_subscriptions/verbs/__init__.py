"""What is asked of a provider for a subscription that exists, or for a payment of it.

Each verb is safe to repeat. What was asked for is stored before the call, so that a lost answer
or a killed process leaves something that the sweep finishes.
"""

from .cancelling import cancel, leave_word
from .pausing import pause, unpause
from .plan_changes import PreviewChanged, change_plan, choices, preview_change, undo_change
from .previews import seal_preview, unseal_preview
from .refunding import call_off_refund, go_on_with_refund, receive_refund, refund, settle_refund
from .resuming import resume
from .syncing import fetch, sync, sync_due, sync_row

__all__ = [
    "PreviewChanged",
    "call_off_refund",
    "cancel",
    "change_plan",
    "choices",
    "fetch",
    "go_on_with_refund",
    "leave_word",
    "pause",
    "preview_change",
    "receive_refund",
    "refund",
    "resume",
    "seal_preview",
    "settle_refund",
    "sync",
    "sync_due",
    "sync_row",
    "undo_change",
    "unpause",
    "unseal_preview",
]
