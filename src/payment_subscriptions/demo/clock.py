"""The time as the simulator has it, so that a month moved on there is a month here too."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from . import simulator

JITTER = timedelta(seconds=0.5)


class SimulatorClock:
    """``fresh``: for how many seconds an answer holds. A page asks for the time many times over."""

    def __init__(self, fresh: float = 0.2) -> None:
        self.fresh = fresh
        self._offset = timedelta(0)
        self._asked_at = float("-inf")
        self._moves = 0

    def now(self) -> datetime:
        """The simulator's moment; the last known offset, or real time, where it does not answer."""
        if self._moves or time.monotonic() - self._asked_at > self.fresh:
            try:
                there = datetime.fromisoformat(simulator.leading().get("clock", timeout=2)["instant"])
                self._follow(there - datetime.now(UTC))
            except simulator.Unreachable:
                pass
            self._asked_at = time.monotonic()
        return datetime.now(UTC) + self._offset

    def _follow(self, offset: timedelta) -> None:
        """Answers take a while, now more, now less: by that alone no moment comes before the last one."""
        if abs(offset - self._offset) > JITTER:
            self._offset = offset

    @contextmanager
    def moving(self) -> Iterator[None]:
        """While this process moves the simulator's clock: it stands still at each callback on the way,
        so that every look asks anew."""
        self._moves += 1
        try:
            yield
        finally:
            self._moves -= 1
            self._asked_at = float("-inf")


_clock = SimulatorClock()
now, moving = _clock.now, _clock.moving
