"""Real processes, which are killed or stand still at some statement, or are two at once.

Each is a fork of this one, with a connection to the database and gateways of its own. What it did
before it died is all that is left of it.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from django.db import connection, connections
from django.db.utils import OperationalError

from payment_subscriptions.exceptions import ConfigurationError, PaymentsError
from payment_subscriptions.gateways import gateways

from . import clock

Work = Callable[[], object]
#: "": it is left alone. "stopped": for some hours; "overtaken": until the others have ended.
Fate = Literal["", "killed", "stopped", "overtaken"]
Point = Literal["statement", "transaction", "question", "change"]
PATIENCE = 60  # seconds after which a process is taken to hang
ANSWERED, TURNED_DOWN, BUSY, BROKEN = range(4)


@dataclass(frozen=True)
class Doom:
    """What becomes of a process as it is about to send that statement, to begin that transaction (what was
    read before is about to be written), to ask the provider that question, or to ask for that change there,
    counted from 0."""

    fate: Fate = ""
    point: Point = "statement"
    number: int = 0

    def __str__(self) -> str:
        return f"{self.fate} at {self.point} {self.number}" if self.fate else "left alone"


LEFT_ALONE = Doom()


class Processes:
    """``complaints``: what went wrong in a process that nothing was done to, and should not have."""

    def __init__(self, folder: Path) -> None:
        self.complaints: list[str] = []
        self._stopped: list[int] = []
        self._said = folder / "said"

    def run(self, work: Work, doom: Doom, beside: Work | None = None, its_doom: Doom = LEFT_ALONE) -> bool:
        """Do it in a process of its own, ``beside`` at the same time in another; whether it came to an
        answer."""
        self._said.unlink(missing_ok=True)
        connections.close_all()
        clock.now()  # so that they know it too
        pid = self._start(work, doom)
        ended = self._wait(pid) if doom.fate == "overtaken" else None  # before the other begins
        if beside:
            self._keep(other := self._start(beside, its_doom), self._wait(other))
        if doom.fate == "overtaken" and ended is None:
            os.kill(pid, signal.SIGCONT)
        if ended is None:
            self._keep(pid, ended := self._wait(pid))
        return bool(ended)

    def go_on(self) -> None:
        """Those that stand still do the rest of their work."""
        stopped, self._stopped = self._stopped, []
        clock.now()
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
            self._wait(pid)

    def _keep(self, pid: int, ended: bool | None) -> None:
        if ended is None:
            self._stopped.append(pid)

    def _start(self, work: Work, doom: Doom) -> int:
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            os._exit(_live(work, doom, self._said))
        return pid

    def _wait(self, pid: int) -> bool | None:
        """Whether it came to an answer, None where it stands still."""
        _pid, status = os.waitpid(pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return None
        if os.WIFSIGNALED(status):
            if os.WTERMSIG(status) != signal.SIGKILL:
                self.complaints.append(f"a process ended by signal {os.WTERMSIG(status)}: it hung")
            return False
        code = os.WEXITSTATUS(status)
        if code == BROKEN:
            self.complaints.append(self._said.read_text() if self._said.exists() else "a process broke")
        return code == ANSWERED


def _live(work: Work, doom: Doom, said: Path) -> int:
    """In the process of its own: how it ended."""
    signal.alarm(PATIENCE)
    gateways.forget()  # no connection is shared
    fate = _Fate(doom)
    sys.addaudithook(fate.hear)
    try:
        with connection.execute_wrapper(fate):
            work()
    except (PaymentsError, ConfigurationError):
        return TURNED_DOWN
    except OperationalError as error:
        if "locked" in str(error):
            return BUSY
        said.write_text(traceback.format_exc())
        return BROKEN
    except BaseException:
        said.write_text(traceback.format_exc())
        return BROKEN
    finally:
        with suppress(Exception):
            connection.close()
    return ANSWERED


class _Fate:
    """Strikes once. Who stands still holds no lock: a machine that sleeps inside a transaction has the
    database waiting for it, which is another story."""

    def __init__(self, doom: Doom) -> None:
        self._left = doom.number if doom.fate else -1
        self._doom = doom

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self._come_nearer("statement")
        if sql.startswith("BEGIN"):
            self._come_nearer("transaction")
        return execute(sql, params, many, context)

    def hear(self, event: str, given: tuple[Any, ...]) -> None:
        """Python tells before it sends a request; its body may follow by itself."""
        method = bytes(given[1][:4]) if event == "http.client.send" else b""
        if method in (b"GET ", b"POST"):
            self._come_nearer("question")
        if method == b"POST":
            self._come_nearer("change")

    def _come_nearer(self, point: Point) -> None:
        if self._doom.point != point:
            return
        stands_still = self._doom.fate != "killed"
        if self._left == 0 and not (stands_still and connection.in_atomic_block):
            self._left = -1
            os.kill(os.getpid(), signal.SIGSTOP if stands_still else signal.SIGKILL)
        elif self._left > 0:
            self._left -= 1
