"""The tasks of tasks.py and the sweep as Celery's, for teams that run Celery.

Nothing rests on the broker: every piece of work is a row that says whether it is due. A message that is
lost, doubled or late is a hint that is lost, doubled or late, and the sweep gives what is due again. So
Celery retries nothing (the rows have a back-off of their own), keeps no results, and a message says no
more than a task's name and a row's key.

Importing this reads no settings and no models: a project's ``celery.py`` may do it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django
from django.utils import timezone
from django.utils.module_loading import import_string

from ..exceptions import ConfigurationError

try:
    from celery import current_app, shared_task
    from kombu.pools import producers
except ModuleNotFoundError as error:
    # Still an ImportError: Django tells of it as of any backend that it cannot import.
    raise ImportError('There is no Celery: pip install "payment-subscriptions[celery]"') from error

if TYPE_CHECKING or django.VERSION < (6, 0):
    from django_tasks import TaskResult, TaskResultStatus
    from django_tasks.backends.base import BaseTaskBackend
    from django_tasks.signals import task_enqueued
else:
    from django.tasks import TaskResult, TaskResultStatus
    from django.tasks.backends.base import BaseTaskBackend
    from django.tasks.signals import task_enqueued

PACKAGE = "payment_subscriptions"
TASKS = (
    "process_notice",
    "go_on_with_checkout",
    "sync_subscription",
    "sync_due_subscription",
    "go_on_with_refund",
    "deliver",
    "beat",
)

# Acknowledged when it is done: what a killed process was at is given to another one.
_OPTIONS: dict[str, Any] = {
    "acks_late": True,
    "reject_on_worker_lost": True,
    "ignore_result": True,
    "max_retries": 0,
    "serializer": "json",
}

# How many seconds a request may wait for the broker, each time that it has something for it.
_TIMEOUT = 0.5

# Sweeps that found no worker for a minute are not made up for.
SWEEP_EVERY = 60.0
beat_schedule: dict[str, dict[str, Any]] = {
    "payments_sweep": {
        "task": f"{PACKAGE}.sweep",
        "schedule": SWEEP_EVERY,
        "options": {"expires": SWEEP_EVERY},
    }
}


def _shared(name: str, path: str) -> None:
    """Register the function at ``path``, which is not imported before its first message."""

    def run(*arguments: int) -> None:
        import_string(path)(*arguments)

    shared_task(run, name=f"{PACKAGE}.{name}", **_OPTIONS)


for _name in TASKS:
    _shared(_name, f"{PACKAGE}.tasks.{_name}")
_shared("sweep", f"{PACKAGE}.sweep.sweep")


class CeleryBackend(BaseTaskBackend):
    """For an alias in TASKS that TASKS_BACKEND names; ``OPTIONS``: ``TIMEOUT``, in seconds.

    A broker that is down or silent costs that time at most, whatever the Celery app's own settings say of
    tries: then kombu's OperationalError is raised. The project's Celery app must have been imported; without
    a broker of its own, ConfigurationError.
    """

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self._timeout = float(self.options.get("TIMEOUT", _TIMEOUT))
        if not current_app.conf.broker_write_url:
            raise ConfigurationError(
                "Celery knows no broker, or the project's Celery app is not imported",
                hint="Import the app in the project's __init__.py and give it broker_url.",
            )

    def validate_task(self, task: Any) -> None:
        """Refuse what is none of ours: a message must not be able to name any function there is."""
        super().validate_task(task)
        if task.name not in TASKS or task.func.__module__.partition(".")[0] != PACKAGE:
            raise ConfigurationError(
                f"The backend {self.alias!r} runs the tasks of {PACKAGE} only",
                hint="Give your own tasks another alias in TASKS, or make them tasks of Celery's.",
            )

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> TaskResult[Any]:
        """Send one message, trying once. Raises kombu's OperationalError."""
        self.validate_task(task)
        registered = current_app.tasks[f"{PACKAGE}.{task.name}"]
        with self._producers().acquire(block=True, timeout=self._timeout) as producer:
            sent = registered.apply_async(args, kwargs, producer=producer, retry=False)
        result: TaskResult[Any] = TaskResult(
            task=task,
            id=sent.id,
            status=TaskResultStatus.READY,
            enqueued_at=timezone.now(),
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        task_enqueued.send(type(self), task_result=result)
        return result

    def _producers(self) -> Any:
        """A pool apart from the app's own, whose connections try for ever by default."""
        limits = {
            "max_retries": 0,
            # Redis reads the first two, RabbitMQ's client the others.
            "socket_connect_timeout": self._timeout,
            "socket_timeout": self._timeout,
            "read_timeout": self._timeout,
            "write_timeout": self._timeout,
        }
        return producers[
            current_app.connection_for_write(connect_timeout=self._timeout, transport_options=limits)
        ]
