"""Run it later: inline, or handed to Django's Tasks."""

from __future__ import annotations

from typing import Any

import django
import pytest
from django.db import transaction
from django.utils.module_loading import import_string

from payment_subscriptions import dispatch
from payment_subscriptions import tasks as work
from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.lifecycle import CheckoutStatus
from payment_subscriptions.models import Notice
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.sweep import sweep
from tests.core.test_inbox import post, told
from tests.foreign import (
    LOST_BEFORE,
    MONTHLY,
    ForeignProvider,
    clock,
    come_back,
    foreign_settings,
    payer,
    subscribe,
    sweep_later,
)

FRAMEWORK = "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"


@pytest.fixture
def tasks(settings: Any, request: pytest.FixtureRequest) -> Any:
    """The backend "queue" of Django's Tasks: "dummy" keeps them, "immediate" runs them."""
    kind = request.param
    backend = f"{FRAMEWORK}.backends.{kind}.{kind.capitalize()}Backend"
    settings.TASKS = {"default": {"BACKEND": backend}, "queue": {"BACKEND": backend}}
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(TASKS_BACKEND="queue")
    return import_string(f"{FRAMEWORK}.task_backends")["queue"]


@pytest.mark.parametrize("tasks", ["dummy"], indirect=True)
def test_with_a_backend_work_is_enqueued_and_not_done(foreign: ForeignProvider, tasks: Any) -> None:
    checkout = come_back(payer().subscribe(MONTHLY))
    assert checkout.status == CheckoutStatus.DONE
    assert foreign.called("fetch") == 0
    post(foreign.renew("S1"))
    queued = [(result.task.module_path, result.args) for result in tasks.results]
    assert queued == [
        ("payment_subscriptions.queued.sync_subscription", [checkout.subscription_id]),
        ("payment_subscriptions.queued.process_notice", [Notice.objects.get().pk]),
    ]


@pytest.mark.parametrize("tasks", ["dummy"], indirect=True)
def test_at_what_stands_in_the_queue_a_worker_finds_a_task(tasks: Any) -> None:
    """As django-tasks-db looks for it, by a name alone, and made once."""
    task_class = import_string(f"{FRAMEWORK}.base.Task")
    names = [name for name, found in vars(work).items() if getattr(found, "__module__", "") == work.__name__]
    assert len(names) == 7
    for name in names:
        task = import_string(f"payment_subscriptions.queued.{name}")
        assert isinstance(task, task_class)
        assert import_string(task.module_path) is task
        assert (task.name, task.backend) == (name, "queue")
    with pytest.raises(ImportError):
        import_string("payment_subscriptions.queued.checkout")


@pytest.mark.parametrize("tasks", ["dummy"], indirect=True)
def test_the_sweep_enqueues_all_that_is_due(foreign: ForeignProvider, tasks: Any) -> None:
    come_back(payer().subscribe(MONTHLY))
    post(foreign.renew("S1"))
    payer("other").subscribe(MONTHLY)
    tasks.results.clear()
    clock.move(minutes=2)
    assert sweep().total == 3
    assert sorted(result.task.name for result in tasks.results) == [
        "go_on_with_checkout",
        "process_notice",
        "sync_due_subscription",
    ]


@pytest.mark.parametrize("tasks", ["immediate"], indirect=True)
def test_what_the_workers_run_is_the_same(foreign: ForeignProvider, tasks: Any) -> None:
    subscription = subscribe()
    assert subscription.access.allowed
    answer = post(foreign.renew("S1"))
    assert answer.status_code == 200
    assert Notice.objects.get().state == NoticeState.DONE
    assert told("payment.paid") == 2


@pytest.mark.parametrize("tasks", ["immediate"], indirect=True)
def test_an_error_that_the_backend_swallows_stays_due(foreign: ForeignProvider, tasks: Any) -> None:
    subscribe()
    foreign.fault("locate", LOST_BEFORE)
    post(foreign.renew("S1"))
    assert told("payment.paid") == 1
    sweep_later()
    assert told("payment.paid") == 2


def test_inline_an_error_is_logged_and_not_raised(
    foreign: ForeignProvider, caplog: pytest.LogCaptureFixture
) -> None:
    assert dispatch.run("process_notice", 12345) is None
    assert "the sweep will take it up" in caplog.text


def test_later_waits_for_the_commit_and_a_rollback_forgets_it(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    asked = foreign.called("fetch")
    with transaction.atomic():
        dispatch.later("sync_subscription", subscription.pk)
        assert foreign.called("fetch") == asked
    assert foreign.called("fetch") == asked + 1
    with transaction.atomic():
        dispatch.later("sync_subscription", subscription.pk)
        transaction.set_rollback(True)
    assert foreign.called("fetch") == asked + 1


def test_a_queue_that_is_down_costs_no_answer_and_loses_nothing(
    foreign: ForeignProvider, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The notice is stored: Flow is to hear 200, and the sweep takes it up when the queue is back."""
    subscribe()
    settings.TASKS = {"queue": {"BACKEND": "tests.core.queues.DownBackend"}}
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(TASKS_BACKEND="queue")
    assert post(foreign.renew("S1")).status_code == 200
    assert sweep().notices == 1
    assert "the sweep will take it up" in caplog.text
    assert "ConnectionError: the queue" in caplog.text
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    sweep_later()
    assert told("payment.paid") == 2


def test_without_a_tasks_framework_the_setting_is_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in ("django.tasks", "django_tasks"):
        monkeypatch.setitem(sys.modules, name, None)
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(TASKS_BACKEND="queue")
    with pytest.raises(ConfigurationError, match="no Tasks framework"):
        dispatch._framework()
