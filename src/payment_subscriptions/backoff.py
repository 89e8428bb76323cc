"""When to try again what failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from .clock import now

FIRST = timedelta(seconds=10)
LONGEST = timedelta(hours=1)


def after(tries: int) -> datetime:
    """The moment of the next try after ``tries`` failures: 10 s, 20 s, 40 s ... at most an hour."""
    wait: timedelta = min(FIRST * 2 ** max(0, min(tries, 20) - 1), LONGEST)
    return now() + wait
