"""The tasks as Django's Tasks want them: what stands in a queue is a dotted path, at which a worker wants to
find a Task and not a function.

Each is made when it is first asked for: by then the settings are known, and without workers no framework is
needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from inspect import isfunction
from typing import Any

from . import conf, dispatch, tasks


def __getattr__(name: str) -> Any:
    function = vars(tasks).get(name)
    if not isfunction(function) or function.__module__ != tasks.__name__:
        raise AttributeError(f"There is no task {name!r}")
    return _task(function, conf.get("TASKS_BACKEND"))


@cache
def _task(function: Callable[..., Any], backend: str | None) -> Any:
    """A Task of that backend, found under this module's name. It knows its backend by the alias, and looks
    it up each time it is enqueued."""

    @wraps(function)
    def task(*arguments: int | str) -> Any:
        return function(*arguments)

    task.__module__ = __name__
    return dispatch.as_task(task, backend)
