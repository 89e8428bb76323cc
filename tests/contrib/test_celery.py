"""The Celery backend as the web has it: what it sends, what it refuses, how long it waits."""

from __future__ import annotations

import base64
import inspect
import socket
import subprocess
import sys
import threading
import time
from typing import Any

import django
import pytest
from celery import Celery
from django.core.checks import run_checks
from django.utils.module_loading import import_string

from payment_subscriptions import dispatch, tasks
from payment_subscriptions.contrib import celery
from payment_subscriptions.exceptions import ConfigurationError

from .redis_server import RedisServer

FRAMEWORK = "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"
PAYMENTS = {"TASKS_BACKEND": "payments"}
NOBODY = "redis://127.0.0.1:1/0"


def found() -> dict[str | None, Any]:
    return {message.id: message for message in run_checks(tags=["payments"])}


def test_every_task_is_one_of_celery_s() -> None:
    functions = {name for name, each in vars(tasks).items() if inspect.isfunction(each)}
    assert set(celery.TASKS) == functions


def test_a_message_is_a_task_s_name_and_a_row_s_key(
    redis: RedisServer, celery_app: Celery, settings: Any
) -> None:
    celery_app.conf.broker_url = redis.url
    settings.PAYMENT_SUBSCRIPTIONS = PAYMENTS
    assert found() == {}
    dispatch.run("process_notice", 17)
    with celery_app.connection_for_read() as broker, broker.SimpleQueue("celery") as queue:
        message = queue.get(timeout=5)
        assert message.headers["task"] == "payment_subscriptions.process_notice"
        assert message.headers["ignore_result"] is True
        arguments, named, _more = message.payload
        assert (arguments, named) == ([17], {})


def test_the_result_tells_of_a_message_and_of_nothing_more(redis: RedisServer, celery_app: Celery) -> None:
    celery_app.conf.broker_url = redis.url
    task = import_string(f"{FRAMEWORK}.task")(backend="payments")(tasks.deliver)
    result = task.enqueue(3)
    assert (result.args, result.backend, result.is_finished) == ([3], "payments", False)
    with pytest.raises(NotImplementedError):
        task.get_result(result.id)


def test_a_broker_that_was_restarted_is_reached_again(redis: RedisServer, celery_app: Celery) -> None:
    celery_app.conf.broker_url = redis.url
    task = import_string(f"{FRAMEWORK}.task")(backend="payments")(tasks.deliver)
    task.enqueue(1)
    redis.die()
    redis.start()
    task.enqueue(2)


def test_a_broker_that_is_down_is_logged_at_once_whatever_the_app_says_of_tries(
    celery_app: Celery, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    celery_app.conf.update(
        broker_url=NOBODY,
        broker_transport_options={"max_retries": 100},
        task_publish_retry_policy={"max_retries": None},
    )
    settings.PAYMENT_SUBSCRIPTIONS = PAYMENTS
    dispatch.run("process_notice", 1)  # the client's modules are imported now
    began = time.monotonic()
    assert dispatch.run("process_notice", 17) is None
    assert time.monotonic() - began < 0.5
    assert "the sweep will take it up" in caplog.text


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_says_nothing_is_not_waited_for(
    celery_app: Celery, settings: Any, caplog: pytest.LogCaptureFixture, scheme: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Timer(6, silent.close).start()  # whoever waits still, fails
        celery_app.conf.broker_url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}//"
        settings.TASKS = {"payments": {**settings.TASKS["payments"], "OPTIONS": {"TIMEOUT": 0.2}}}
        settings.PAYMENT_SUBSCRIPTIONS = PAYMENTS
        dispatch.run("process_notice", 1)  # the client's modules are imported now
        began = time.monotonic()
        dispatch.run("process_notice", 17)
        assert 0.1 < time.monotonic() - began < 0.9
    assert "the sweep will take it up" in caplog.text


def test_tasks_of_others_are_refused(celery_app: Celery) -> None:
    celery_app.conf.broker_url = NOBODY
    with pytest.raises(ConfigurationError, match="payment_subscriptions only"):
        import_string(f"{FRAMEWORK}.task")(backend="payments")(base64.b64encode)


def test_an_app_without_a_broker_is_a_check(celery_app: Celery, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = PAYMENTS
    assert "Celery knows no broker" in found()["payments.E016"].msg
    assert "__init__.py" in found()["payments.E016"].hint


def test_without_celery_the_check_says_what_to_install(
    celery_app: Celery, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "celery"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, celery.__name__)
    settings.PAYMENT_SUBSCRIPTIONS = PAYMENTS
    assert 'pip install "payment-subscriptions[celery]"' in found()["payments.E016"].msg


def test_a_project_s_celery_py_may_import_it_while_settings_are_being_read() -> None:
    imported = "import payment_subscriptions.contrib.celery; from django.conf import settings"
    assert said(f"{imported}; print(settings.configured)") == "False"


def test_nobody_else_imports_celery() -> None:
    code = "import sys, django; django.setup(); from payment_subscriptions import tasks, urls; "
    told = said(f"{code}print('celery' in sys.modules)", DJANGO_SETTINGS_MODULE="tests.settings")
    assert told == "False"


def said(code: str, **environment: str) -> str:
    """By a Python of its own."""
    python = [sys.executable, "-c", code]
    return subprocess.run(python, env=environment, capture_output=True, text=True, check=True).stdout.strip()
