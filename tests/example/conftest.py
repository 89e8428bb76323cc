"""The example as its own process has it: its settings never meet those of the tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).resolve().parents[2]
MEANT_FOR_THE_EXAMPLE = (
    "FLOW_",
    "STRIPE_",
    "DJANGO_",
    "DATABASE_URL",
    "PORT",
    "SECRET_KEY",
    "DEBUG",
    "ENV_FILE",
    "DEMO_",
)
Ran = subprocess.CompletedProcess[str]


class Run(Protocol):
    def __call__(self, *arguments: str, **variables: str) -> Ran: ...


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Ours without what is meant for the example, and what it is told."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(MEANT_FOR_THE_EXAMPLE)}
    own = {"ENV_FILE": os.devnull, "DEMO_FOLDER": str(folder), "DJANGO_SETTINGS_MODULE": "example.settings"}
    return kept | own | variables


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Python with arguments and variables, in the example's environment."""

    def run(*arguments: str, **variables: str) -> Ran:
        return subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=environment(tmp_path, **variables),
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def running_demo(folder: Path, **variables: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``make demo`` on free ports: its address and process. Ends with everything that it started."""
    port, flow, stripe = free_port(), free_port(), free_port()
    told = {
        "PORT": str(port),
        "FLOW_API_URL": f"http://127.0.0.1:{flow}/api",
        "STRIPE_API_URL": f"http://127.0.0.1:{stripe}",
        "PYTHONUNBUFFERED": "1",
    }
    told |= variables
    log = (folder / "demo.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "example.demo"], cwd=ROOT, env=environment(folder, **told),
        stdout=subprocess.PIPE, stderr=log, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C" in line:
                break
        else:
            pytest.fail(f"the demo did not start: {''.join(said)}{(folder / 'demo.log').read_text()}")
        yield f"http://localhost:{port}", process
    finally:
        process.terminate()
        process.wait(20)
        log.close()
        if process.stdout:
            process.stdout.close()
