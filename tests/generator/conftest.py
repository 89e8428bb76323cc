"""The generator as a process of its own: its settings never meet those of the tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

SPANISH = {"LANG": "es_CL.UTF-8"}
Ran = subprocess.CompletedProcess[str]
OURS = (
    "FLOW_",
    "STRIPE_",
    "DJANGO_",
    "DATABASE_URL",
    "SECRET_KEY",
    "DEBUG",
    "BASE_URL",
    "LC_",
    "LANG",
    "EMAIL_",
)


class Run(Protocol):
    def __call__(
        self, *arguments: str, folder: Path | None = None, told: str = "", **variables: str
    ) -> Ran: ...


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Python with arguments, in ``tmp_path`` or ``folder``; ``told`` is typed, by no terminal."""

    def run(*arguments: str, folder: Path | None = None, told: str = "", **variables: str) -> Ran:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return subprocess.run(
            [sys.executable, *arguments], cwd=folder or tmp_path, env=kept | SPANISH | variables,
            input=told, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


NEW = ("-m", "payment_subscriptions", "new")
