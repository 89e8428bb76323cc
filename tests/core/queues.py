"""A queue that is down, for TASKS: a backend as any other, which reaches nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import django

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks.backends.dummy import DummyBackend
else:
    from django.tasks.backends.dummy import DummyBackend


class DownBackend(DummyBackend):
    def enqueue(self, task: Any, args: Any, kwargs: Any) -> NoReturn:
        raise ConnectionError("the queue")
