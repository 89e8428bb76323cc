"""The Celery app of a project, as docs/celery.md has it; what worker and beat are started with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import task_prerun

from payment_subscriptions.contrib.celery import beat_schedule

app = Celery("tests")
app.config_from_object("django.conf:settings", namespace="CELERY")

# A minute is long for a test: all spans of the schedule, by the same factor.
SCALE = float(os.environ.get("BEAT_SCALE", "1"))


def scaled(entry: dict[str, Any]) -> dict[str, Any]:
    options = {name: span * SCALE for name, span in entry["options"].items()}
    return entry | {"schedule": entry["schedule"] * SCALE, "options": options}


app.conf.beat_schedule = {name: scaled(entry) for name, entry in beat_schedule.items()}


def note(task: Any, **_: Any) -> None:
    """Which task has begun, for the test to read."""
    if folder := os.environ.get("TEST_FOLDER"):
        with (Path(folder) / "begun").open("a") as begun:
            begun.write(f"{task.name}\n")


task_prerun.connect(note)
