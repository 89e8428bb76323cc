"""Leave a provider in trouble alone: after failures in a row, what follows fails at once, at the door.

One circuit for each account in each process: nothing is shared, no thread waits, and another account's is not
touched. A failure is no answer, a 5xx or a 429; a refusal is an answer.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

logger = logging.getLogger("payment_subscriptions.circuit")

# How many calls in a row must fail, and for how many seconds it is then open, up to half as long again: so
# that not all processes come back in the same moment.
FAILURES = 5
OPEN_SECONDS = 30.0


class Circuit:
    """Closed at first. Open, it lets one call through each time that it lapses; an answer closes it.

    ``name``: the account, for the log. ``now``: the clock that it goes by. Threads may share it.
    """

    def __init__(self, name: str, now: Callable[[], datetime] = timezone.now) -> None:
        self.name = name
        self._now = now
        self.begin_anew()

    def begin_anew(self) -> None:
        """Closed, and with a lock that no thread of another process holds: for one that was forked."""
        self._lock = threading.Lock()
        self._failures = 0
        self._shut_from = self._shut_until = datetime.min
        self.is_open = False

    def knock(self, seconds: float) -> float:
        """How many seconds to stay away; 0.0 lets a call through that may take ``seconds``."""
        if not self._failures:
            return 0.0
        with self._lock:
            if not self.is_open:
                return 0.0
            # A clock that was set back must not keep it open. Looked at under the lock: else a thread that
            # looked before the one that was let through would pass for that.
            moment = self._now()
            if self._shut_from <= moment < self._shut_until:
                return (self._shut_until - moment).total_seconds()
            # The next one's turn, should this one never report.
            self._shut(moment, max(seconds, OPEN_SECONDS))
            return 0.0

    def succeeded(self) -> None:
        """An answer came, whatever it says."""
        if not self._failures:
            return
        with self._lock:
            was_open, self.is_open, self._failures = self.is_open, False, 0
        if was_open:
            logger.warning("The gateway %s answers again", self.name, extra={"gateway": self.name})

    def failed(self, asked: float = 0.0) -> None:
        """No answer came, or one of trouble; ``asked``: for how many seconds it wants to be left alone."""
        with self._lock:
            self._failures += 1
            if self._failures < FAILURES:
                return
            opens, self.is_open = not self.is_open, True
            away = max(asked, OPEN_SECONDS) * random.uniform(1, 1.5)  # noqa: S311 - jitter, no secret
            self._shut(self._now(), away)
        if opens:
            logger.warning(
                "The gateway %s is in trouble: %s calls in a row failed. It is left alone for %.0f s",
                self.name,
                FAILURES,
                away,
                extra={"gateway": self.name},
            )

    def _shut(self, moment: datetime, seconds: float) -> None:
        self._shut_from, self._shut_until = moment, moment + timedelta(seconds=seconds)
