"""The merchant's own part, in the web and in the workers: a handler, whose process the test may kill."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.utils import timezone

TABLE = "CREATE TABLE IF NOT EXISTS test_effect (event bigint NOT NULL)"


class Merchant(AppConfig):
    name = "tests.contrib"

    def ready(self) -> None:
        from payment_subscriptions.events import on

        on("payment.paid")(open_the_door)


def open_the_door(event: Any) -> None:
    """One row for each time that it happens; then it stands there as long as the folder says "hold"."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_effect (event) VALUES (%s)", [event.pk])
    hold = _folder() / "hold"
    if hold.exists():
        (_folder() / "held").write_text(str(os.getpid()))
        while hold.exists():
            time.sleep(0.02)


def now() -> datetime:
    """For CLOCK: real time, and as much ahead of it as the folder says."""
    ahead = _folder() / "ahead"
    return timezone.now() + timedelta(seconds=float(ahead.read_text()) if ahead.exists() else 0)


def _folder() -> Path:
    return Path(os.environ["TEST_FOLDER"])
