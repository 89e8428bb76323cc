"""The time as the simulator has it, so that a month moved on there is a month here too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from . import simulator

# For how many seconds an answer holds: a page asks for the time many times over.
FRESH = 0.2

_offset = timedelta(0)
_asked_at = float("-inf")
_moves = 0


def now() -> datetime:
    """The simulator's moment; the last known offset, or real time, where it does not answer."""
    global _offset, _asked_at
    if _moves or time.monotonic() - _asked_at > FRESH:
        try:
            there = datetime.fromisoformat(simulator.get("clock", timeout=2)["instant"])
            _offset = there - datetime.now(UTC)
        except simulator.Unreachable:
            pass
        _asked_at = time.monotonic()
    return datetime.now(UTC) + _offset


@contextmanager
def moving() -> Iterator[None]:
    """While this process moves the simulator's clock: it stands still at each callback on the way,
    so that every look asks anew."""
    global _asked_at, _moves
    _moves += 1
    try:
        yield
    finally:
        _moves -= 1
        _asked_at = float("-inf")
