"""Queues for TASKS, backends as any other: one that is down, and one that keeps what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import django

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks.backends.dummy import DummyBackend
else:
    from django.tasks.backends.dummy import DummyBackend


class DownBackend(DummyBackend):
    """It reaches nobody."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> NoReturn:
        raise ConnectionError("the queue")


class KeepingBackend(DummyBackend):
    """What it is given, by all threads, in turn: (task, key of the row)."""

    kept: list[tuple[str, int]] = []

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        self.kept.append((task.name, *args))


class FullBackend(KeepingBackend):
    """It takes two, and is down then."""

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        if len(self.kept) >= 2:
            raise ConnectionError("the queue")
        return super().enqueue(task, args, kwargs)
