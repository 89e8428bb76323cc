from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery._state import get_current_app
from django.db import connection
from redis import Redis

from payment_subscriptions import events
from payment_subscriptions.contrib.celery import CeleryBackend
from payment_subscriptions.models import Notice
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.simulators.flow import FlowSimulator
from tests.shop import Shop, shop_settings

from . import merchant
from .redis_server import NO_REDIS, REDIS, RedisServer

QUEUE = {"BACKEND": f"{CeleryBackend.__module__}.{CeleryBackend.__qualname__}"}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis, or a skip that says how to get one (a failure where REQUIRE_REDIS is set)."""
    if REDIS is None:
        if os.environ.get("REQUIRE_REDIS"):
            pytest.fail(f"REQUIRE_REDIS is set, but {NO_REDIS}")
        pytest.skip(NO_REDIS)
    with RedisServer(tmp_path) as server:
        yield server


@pytest.fixture
def celery_app(settings: Any) -> Iterator[Celery]:
    """The app of the project, without a broker, as the web has it once it is imported; TASKS names it."""
    before = get_current_app()
    app = Celery("tests")
    app.set_default()  # for the web's threads, as in a process that starts with Django's settings
    settings.TASKS = {"default": QUEUE, "payments": QUEUE}
    yield app
    before.set_current()
    before.set_default()


class Project:
    """A merchant on a simulated Flow: the web here, worker and beat as processes of their own."""

    def __init__(self, shop: Shop, redis: RedisServer, folder: Path, web: str, settings: Any) -> None:
        self.shop, self.redis, self._folder, self._web = shop, redis, folder, web
        self._settings = settings
        self._said = (folder / "said").open("wb")
        self._processes: list[subprocess.Popen[bytes]] = []

    # --- what happens ---

    def renewal(self) -> str:
        """A month goes by; the token of the charge, whose callback nobody has had."""
        self.shop.flow.faults.add("callback", "lost")
        self.shop.flow.clock.advance(months=1)
        self.shop.flow.settle()
        ahead = self.shop.flow.clock.now() - datetime.now(UTC)
        (self._folder / "ahead").write_text(str(ahead.total_seconds()))
        return next(token for token, order in reversed(self.shop.flow.orders.items()) if order.invoice_id)

    def hear(self, token: str) -> tuple[int, float]:
        """Flow calls back: the web's answer, and how many seconds it took."""
        import requests

        began = time.monotonic()
        answer = requests.post(f"{self._web}/pagos/api/flow/webhook/", data={"token": token}, timeout=60)
        return answer.status_code, time.monotonic() - began

    # --- processes ---

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tests.contrib.celery_app", *command],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "tests.contrib.project",
                "TEST_PROJECT": json.dumps(self._told()),
                **environment,
            },
            stdout=self._said,
            stderr=self._said,
            start_new_session=True,
        )
        self._processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return self.start("worker", "--concurrency", "1", *quiet)

    def beat(self, scale: float) -> subprocess.Popen[bytes]:
        """A beat whose minute is that much shorter."""
        return self.start("beat", "--schedule", str(self._folder / "schedule"), BEAT_SCALE=str(scale))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """It and its children, in the middle of what they do."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        (self._folder / "hold").unlink(missing_ok=True)
        for process in self._processes:
            self.kill(process)
        self._said.close()
        print((self._folder / "said").read_text())  # shown where the test failed

    def _told(self) -> dict[str, Any]:
        names = ("ENGINE", "NAME", "HOST", "PORT", "USER", "PASSWORD", "OPTIONS")
        return {
            "databases": {"default": {name: connection.settings_dict[name] for name in names}},
            "payments": self._settings.PAYMENT_SUBSCRIPTIONS,
            "tasks": self._settings.TASKS,
            "broker": self.redis.url,
        }

    def messages(self) -> int:
        """That wait for a worker."""
        with Redis.from_url(self.redis.url) as client:
            return int(client.llen("celery"))

    # --- the handler ---

    def hold_the_handler(self) -> None:
        (self._folder / "held").unlink(missing_ok=True)
        (self._folder / "hold").touch()

    def held(self) -> int:
        """The process that stands in the handler, its effect written and not committed."""
        wait_until((self._folder / "held").exists)
        wait_until(lambda: bool((self._folder / "held").read_text()))
        return int((self._folder / "held").read_text())

    def let_go(self) -> None:
        """Whoever stands there may go on; nobody is held from now on."""
        (self._folder / "hold").unlink()

    # --- what became of it ---

    def begun(self, task: str) -> int:
        """How often the workers have begun that task."""
        path = self._folder / "begun"
        names = path.read_text().split() if path.exists() else []
        return names.count(f"payment_subscriptions.{task}")

    def effects(self) -> list[int]:
        """The event of each effect that was committed."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT event FROM test_effect ORDER BY event")
            return [row[0] for row in cursor.fetchall()]

    def wait_for_effects(self, number: int) -> None:
        wait_until(lambda: len(self.effects()) >= number)

    def waiting(self) -> int:
        """Notices that are still to be worked."""
        return Notice.objects.filter(state=NoticeState.RECEIVED).count()


def wait_until(holds: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


@pytest.fixture
def flow() -> Iterator[FlowSimulator]:
    with FlowSimulator(seed=1) as flow:
        yield flow


@pytest.fixture
def project(
    redis: RedisServer,
    celery_app: Celery,
    flow: FlowSimulator,
    live_server: Any,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Project]:
    """With one subscription that is active and paid for its first month; nothing waits, no worker runs."""
    monkeypatch.setenv("TEST_FOLDER", str(tmp_path))
    celery_app.conf.broker_url = redis.url
    settings.PAYMENT_SUBSCRIPTIONS = shop_settings(
        flow,
        live_server.url,
        CLOCK="tests.contrib.merchant.now",
        LEASE_SECONDS=2,
        INLINE_SECONDS=1,
    )
    before = {name: list(found) for name, found in events._handlers.items()}
    with connection.cursor() as cursor:
        cursor.execute(merchant.TABLE)
    shop = Shop(flow).open()
    shop.subscribe()
    events.on("payment.paid")(merchant.open_the_door)
    settings.PAYMENT_SUBSCRIPTIONS["TASKS_BACKEND"] = "payments"
    project = Project(shop, redis, tmp_path, live_server.url, settings)
    yield project
    project.close()
    shop.close()
    events._handlers.clear()
    events._handlers.update(before)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE test_effect")
