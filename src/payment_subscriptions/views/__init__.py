"""Thin views: read the request, call the core, say what is true."""

from .actions import cancel, card, portal, resume, retry, unpause
from .comeback import success
from .create import create
from .handover import hand_over
from .my_subscription import my_subscription, subscription
from .notice import notice
from .plan_change import change, undo_change
from .plans import plans
from .portal_links import forget, prove, send_link
from .receipts import receipt
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
    "receipt",
    "result",
    "resume",
    "retry",
    "send_link",
    "subscription",
    "success",
    "undo_change",
    "unpause",
]
