"""The tasks as Django's Tasks want them: what stands in a queue is a dotted path, at which a worker wants to
find a Task and not a function.

Each is made when it is asked for: by then the settings are known, and without workers no framework is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import isfunction
from typing import Any

from . import conf, dispatch, tasks


def __getattr__(name: str) -> Any:
    function = vars(tasks).get(name)
    if not isfunction(function) or function.__module__ != tasks.__name__:
        raise AttributeError(f"There is no task {name!r}")
    return dispatch.as_task(_found_here(function), conf.get("TASKS_BACKEND"))


def _found_here(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function under this module's name, which goes into the queue."""

    @wraps(function)
    def task(*arguments: int | str) -> Any:
        return function(*arguments)

    task.__module__ = __name__
    return task
