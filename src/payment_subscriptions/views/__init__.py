"""Thin views: read the request, call the core, say what is true."""

from .actions import cancel, card, portal, resume, retry, unpause
from .comeback import success
from .create import create
from .handover import hand_over
from .my_subscription import forget, my_subscription, prove
from .notice import notice
from .plan_change import change, undo_change
from .plans import plans
from .result import result

__all__ = [
    "cancel",
    "card",
    "change",
    "create",
    "forget",
    "hand_over",
    "my_subscription",
    "notice",
    "plans",
    "portal",
    "prove",
    "result",
    "resume",
    "retry",
    "success",
    "undo_change",
    "unpause",
]
