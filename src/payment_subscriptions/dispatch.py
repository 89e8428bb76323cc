"""Run this later: the bottom port to Django's Tasks.

What is to run is a task of tasks.py, named by its dotted path so that nothing here imports
upward. Without ``TASKS_BACKEND`` it runs at once, in this process: an error is logged and the
row stays due, so the sweep takes it. With it, Django's Tasks (6.0 on) or django-tasks run it: they
find it in queued.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string

from . import conf
from .exceptions import ConfigurationError

logger = logging.getLogger("payment_subscriptions.dispatch")

_TASKS = "payment_subscriptions.tasks."
_QUEUED = "payment_subscriptions.queued."


def later(task: str, *arguments: int | str) -> None:
    """Run the task once the running transaction has committed; never raises what it raises."""
    transaction.on_commit(partial(run, task, *arguments), robust=True)


def run(task: str, *arguments: int | str) -> Any:
    """Run the task now, or hand it to the workers; the result, where there is one already.

    Errors of the task, or of a queue that is down, are logged, not raised: its row is still due.
    """
    if not is_inline():
        give(task, *arguments)
        return None
    try:
        return import_string(_TASKS + task)(*arguments)
    except Exception:
        _log(task, *arguments)
        return None


def give(task: str, *arguments: int | str) -> bool:
    """Hand the task to the workers; False, and logged, where the queue does not take it."""
    try:
        _enqueue(task, *arguments)
    except Exception:
        _log(task, *arguments)
        return False
    return True


def is_inline() -> bool:
    """Whether work is done in the process that finds it."""
    return not conf.get("TASKS_BACKEND")


def backend() -> Any:
    """What TASKS_BACKEND names. Raises ImproperlyConfigured where it cannot be built."""
    return _framework().task_backends[conf.get("TASKS_BACKEND")]


def has_framework() -> bool:
    """Whether TASKS_BACKEND can mean anything here."""
    try:
        return bool(_framework())
    except ConfigurationError:
        return False


def as_task(function: Callable[..., Any], backend: str | None) -> Any:
    """The framework's Task of a function; ``backend``: an alias in TASKS, None the default one.

    Raises ConfigurationError.
    """
    return _framework().task(**({"backend": backend} if backend else {}))(function)


def _enqueue(task: str, *arguments: int | str) -> None:
    import_string(_QUEUED + task).enqueue(*arguments)


def _log(task: str, *arguments: int | str) -> None:
    logger.exception(
        "Task failed; the sweep will take it up", extra={"task": task, "task_arguments": arguments}
    )


def _framework() -> Any:
    for path in ("django.tasks", "django_tasks"):
        try:
            return __import__(path, fromlist=["task"])
        except ImportError:
            continue
    raise ConfigurationError(
        "TASKS_BACKEND is set, but there is no Tasks framework",
        hint="Use Django 6.0 or later, or install django-tasks.",
    )
