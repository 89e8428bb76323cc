"""How much time the work under way may still take.

Flow gives a callback 15 seconds; what is worked inside that request must end well before.
A budget set at the edge (a view) bounds every call to a gateway made beneath it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends_at: ContextVar[float | None] = ContextVar("payment_subscriptions_budget", default=None)


@contextmanager
def time_budget(seconds: float) -> Iterator[None]:
    """Let everything inside take ``seconds`` in all; an outer, shorter budget stays in force."""
    ends_at = time.monotonic() + seconds
    outer = _ends_at.get()
    token = _ends_at.set(min(ends_at, outer) if outer is not None else ends_at)
    try:
        yield
    finally:
        _ends_at.reset(token)


def remaining(at_most: float) -> float:
    """Seconds that a call may take now: ``at_most``, or less when a budget is running out.

    Never negative; 0.0 means that the budget is spent and no call should be begun.
    """
    ends_at = _ends_at.get()
    if ends_at is None:
        return at_most
    return max(0.0, min(at_most, ends_at - time.monotonic()))
