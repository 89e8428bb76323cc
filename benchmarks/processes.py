"""The processes that are measured: gunicorn, workers, PostgreSQL; what they have used of the processor."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

TICKS = os.sysconf("SC_CLK_TCK")
WORKERS, THREADS = 2, 4


@contextmanager
def gunicorn(application: str = "benchmarks.wsgi", **environment: str) -> Iterator[tuple[int, int]]:
    """Two workers of four threads each; the port and the main process's id."""
    port = free_port()
    arguments = ["--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread"]
    arguments += ["--bind", f"127.0.0.1:{port}", "--keep-alive", "60", "--log-level", "error"]
    with running("gunicorn", f"{application}:application", *arguments, **environment) as pid:
        wait_for_port(port)
        yield port, pid


def begin_worker(name: str) -> subprocess.Popen[bytes]:
    """A worker of the database's queue; its tasks bear its name."""
    arguments = ["--backend", "database", "--interval", "0.05", "--no-startup-delay", "--worker-id", name]
    return begin("django", "db_worker", *arguments)


@contextmanager
def running(module: str, *arguments: str, **environment: str) -> Iterator[int]:
    process = begin(module, *arguments, **environment)
    try:
        yield process.pid
    finally:
        end(process)


def begin(module: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """With our own settings, or the benchmarks'."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={"DJANGO_SETTINGS_MODULE": "benchmarks.settings", **os.environ, **environment},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """In order: a worker finishes its task."""
    process.send_signal(signal.SIGCONT)
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for_port(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid, *map(int, children.read_text().split())] if children.exists() else []


def cpu(pid: int) -> float:
    """Seconds that the process and its living children have used of the processors."""
    return sum(_seconds(each) for each in family(pid))


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int) -> float:
    """MiB that the process takes of the machine, what it shares counted by its share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"No Pss of {pid}")


def postgres_pid() -> int:
    """PostgreSQL's main process, where it is the one that scripts.postgres started; else 0."""
    folder = Path(unquote(urlsplit(os.environ["DATABASE_URL"]).hostname or ""))
    found = folder / "data" / "postmaster.pid"
    return int(found.read_text().split()[0]) if found.exists() else 0
