"""A clock that follows real time plus an offset, and an agenda of what is due on it.

``advance`` and ``to`` run everything that falls due on the way, in order of time. Jobs run
under the simulator's lock; what they caused (callbacks) goes out after each of them, outside
the lock, because the merchant asks back while it handles a callback.
"""

from __future__ import annotations

import heapq
import threading
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

Job = Callable[[], object]

_PATIENCE = 60.0


class ClockBusy(RuntimeError):
    """Somebody else is moving the clock."""


class Clock:
    def __init__(self, zone: str, lock: threading.RLock, between: Callable[[], object]) -> None:
        self.zone = ZoneInfo(zone)
        self._lock = lock
        self._between = between
        self._moving = threading.Lock()
        self._numbers = count()
        self._agenda: list[tuple[datetime, int, Job]] = []
        self._offset = timedelta(0)
        self._held: datetime | None = None

    # --- reading -------------------------------------------------------------------------

    def now(self) -> datetime:
        """The moment, with its zone."""
        return (self._held or datetime.now(UTC) + self._offset).astimezone(self.zone)

    def local(self) -> datetime:
        """What a wall clock shows there: naive, whole seconds."""
        return self.now().replace(tzinfo=None, microsecond=0)

    def instant(self, wall: datetime) -> datetime:
        """The moment at which a wall clock shows ``wall`` (the first one, where it shows it twice)."""
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def after(self, **span: float) -> datetime:
        """The moment that lies this far ahead; days and longer are of the calendar there."""
        months, days = int(span.pop("months", 0)), span.pop("days", 0) + 7 * span.pop("weeks", 0)
        now = self.now()
        wall = _add_months(now.replace(tzinfo=None), months) + timedelta(days=days)
        moment = self.instant(wall) if months or days else now.astimezone(UTC)
        return moment + timedelta(**span)

    # --- the agenda ----------------------------------------------------------------------

    def at(self, moment: datetime, job: Job) -> None:
        """Run ``job`` then: when the clock is moved past it, or when real time gets there."""
        with self._lock:
            heapq.heappush(self._agenda, (moment.astimezone(UTC), next(self._numbers), job))

    def at_wall(self, wall: datetime, job: Job) -> None:
        self.at(self.instant(wall), job)

    def due(self) -> bool:
        return bool(self._agenda) and self._agenda[0][0] <= self.now()

    # --- moving --------------------------------------------------------------------------

    def advance(self, **span: float) -> datetime:
        """Move ahead: ``days``, ``weeks``, ``months``, ``hours``, ``minutes``, ``seconds``."""
        return self._move(lambda: self.after(**span))

    def to(self, wall: datetime | str) -> datetime:
        """Move ahead to a wall time ("2026-03-01" or "2026-03-01 09:30:00")."""
        return self._move(lambda: self.instant(_wall(wall)))

    def set(self, wall: datetime | str | None) -> None:
        """Start afresh at ``wall`` (None: real time), with an empty agenda. Runs nothing."""
        with self._lock:
            self._agenda.clear()
            self._held = None
            self._offset = self.instant(_wall(wall)) - datetime.now(UTC) if wall else timedelta(0)

    def run_due(self) -> None:
        """Run what real time has brought; does nothing while somebody moves the clock."""
        if self._moving.acquire(blocking=False):
            try:
                self._run_until(self.now)
            finally:
                self._moving.release()

    def _move(self, target: Callable[[], datetime]) -> datetime:
        if not self._moving.acquire(timeout=_PATIENCE):
            raise ClockBusy("another request is moving the clock")
        try:
            moment = target().astimezone(UTC)
            if moment < self.now() - timedelta(seconds=1):
                raise ValueError("the clock only moves ahead; reset it to go back")
            self._travel(moment)
        finally:
            self._moving.release()
        return self.local()

    def _travel(self, moment: datetime) -> None:
        try:
            self._run_until(lambda: moment, hold=True)
            reached = moment
        except BaseException:
            reached = self._held or self.now()
            raise
        finally:
            with self._lock:
                self._offset = reached - datetime.now(UTC)
                self._held = None

    def _run_until(self, end: Callable[[], datetime], *, hold: bool = False) -> None:
        self._between()
        while True:
            with self._lock:
                if not self._agenda or self._agenda[0][0] > end():
                    return
                moment, _, job = heapq.heappop(self._agenda)
                if hold:
                    self._held = max(moment, self.now())
                job()
            self._between()


def _wall(value: datetime | str) -> datetime:
    wall = datetime.fromisoformat(value) if isinstance(value, str) else value
    if wall.tzinfo is not None:
        raise ValueError("a wall time has no zone")
    return wall


def _add_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
