"""Two workers of which one after another is killed, and the sweep as cron would run it: real processes."""

from __future__ import annotations

import random
import secrets
import signal
import subprocess
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection
from django_tasks_db.models import DBTaskResult

from benchmarks.processes import begin, begin_worker, end

WORKERS = 2
# Seconds between two kills, and from the end of a sweep to the next one.
BETWEEN_KILLS = (3.0, 6.0)
BETWEEN_SWEEPS = 1.0
# Every so many times two sweeps run at once.
TWO_AT_ONCE = 4


@dataclass
class Worker:
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.process = begin_worker(self.name)


@dataclass
class Crew:
    """``complaints``: what went wrong that nobody did on purpose."""

    chance: random.Random
    killed: int = 0
    sweeps: int = 0
    complaints: list[str] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=lambda: [Worker() for _number in range(WORKERS)])

    def kill_one(self) -> None:
        """Of those that are in the middle of a task, and begin another one in its place."""
        at_it = {
            name
            for names in DBTaskResult.objects.running().values_list("worker_ids", flat=True)
            for name in names
        }
        if found := [number for number, worker in enumerate(self.workers) if worker.name in at_it]:
            which = self.chance.choice(found)
            self.workers[which].process.kill()
            self._expect(self.workers[which].process.wait(), -signal.SIGKILL)
            self.killed += 1
            self.workers[which] = Worker()

    def sweep(self) -> None:
        number = 1 if self.sweeps % TWO_AT_ONCE else 2
        self.sweeps += number
        for process in [begin("django", "payments_sweep") for _number in range(number)]:
            self._expect(process.wait(), 0)

    def dismiss(self) -> None:
        for worker in self.workers:
            self._expect(worker.process.poll(), None)
            end(worker.process)

    def _expect(self, ended: int | None, how: int | None) -> None:
        if ended != how:
            self.complaints.append(f"a process ended by {ended} and not by {how}")


@contextmanager
def at_work(chance: random.Random) -> Iterator[Crew]:
    """They work, are killed and swept up after, until the block ends; then they finish their tasks."""
    crew, over = Crew(chance), threading.Event()

    def repeat(act: Callable[[], None], pause: Callable[[], float]) -> None:
        try:
            while not over.wait(pause()):
                act()
        except Exception:
            crew.complaints.append(traceback.format_exc())
        finally:
            connection.close()

    threads = [
        threading.Thread(target=repeat, args=(crew.kill_one, lambda: chance.uniform(*BETWEEN_KILLS))),
        threading.Thread(target=repeat, args=(crew.sweep, lambda: BETWEEN_SWEEPS)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield crew
    finally:
        over.set()
        for thread in threads:
            thread.join()
        crew.dismiss()
