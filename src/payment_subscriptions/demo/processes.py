"""The processes of a demo: started, waited for, and ended with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import requests

PATIENCE = 30.0


class Trouble(Exception):
    """The demo cannot run; the message says why and what to do."""


class Processes:
    """``with Processes(folder, [...]) as processes:`` ends all that it started, whatever happens.

    They run in ``folder``; ``manage`` is what Python is given to run a command of Django's there:
    ``["manage.py"]``, or ``["-m", "django"]``.
    """

    def __init__(self, folder: Path, manage: Sequence[str]) -> None:
        self._folder = folder
        self._manage = manage
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: dict[str, str] = {}

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *error: object) -> None:
        for process in reversed(self._running.values()):
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def simulator(self, kind: str, port: int, log: IO[bytes], *arguments: str) -> str:
        """The simulator of "flow" or "stripe"; its address."""
        module = f"payment_subscriptions.simulators.{kind}"
        self._start(f"{kind} simulator", ["-m", module, "--port", str(port), *arguments], log)
        return self._wait(f"{kind} simulator", f"http://127.0.0.1:{port}", "/control/clock")

    def web(self, port: int, log: IO[bytes] | None = None) -> str:
        """The site, by Django's development server; its address. Without ``log`` it writes to stderr."""
        # "--insecure" serves the static files without DEBUG.
        serve = ["runserver", f"127.0.0.1:{port}", "--noreload", "--insecure"]
        self._start("web", [*self._manage, *serve], log)
        return self._wait("web", f"http://localhost:{port}", "/")

    def check(self) -> None:
        """Raises Trouble when one of them has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                where = f"; what it wrote: {self._logs[name]}" if name in self._logs else ""
                raise Trouble(f"The process {name!r} has ended (exit code {process.returncode}){where}")

    def _start(self, name: str, arguments: list[str], log: IO[bytes] | None) -> None:
        if log:
            self._logs[name] = log.name
        self._running[name] = subprocess.Popen(  # noqa: S603
            [sys.executable, *arguments],
            cwd=self._folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            # What each says on stdout is for whoever starts it by hand: runserver names another
            # address, the simulator its test keys. The logs go to stderr.
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # Ctrl-C is ours to handle: the site first, then the simulator
        )

    def _wait(self, name: str, address: str, path: str) -> str:
        end = time.monotonic() + PATIENCE
        while not answers(address + path):
            self.check()
            if time.monotonic() > end:
                raise Trouble(f"The process {name!r} does not answer at {address}.")
            time.sleep(0.05)
        return address


def answers(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=10).status_code < 500
        except requests.RequestException:
            return False


def is_free(port: int) -> bool:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def remove_sqlite(path: Path) -> None:
    """With what SQLite keeps beside it."""
    for file in path.parent.glob(path.name + "*"):
        file.unlink()
