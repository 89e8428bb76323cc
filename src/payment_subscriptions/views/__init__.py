"""Thin views: read the request, call the core, say what is true."""

from .actions import cancel, card, retry
from .comeback import success
from .create import create
from .handover import hand_over
from .notice import notice
from .plans import plans
from .result import result

__all__ = ["cancel", "card", "create", "hand_over", "notice", "plans", "result", "retry", "success"]
