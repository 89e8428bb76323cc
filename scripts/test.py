"""Run the suite on SQLite and then on PostgreSQL: ``make test``, ``make test ARGS="-k notice"``.

That is the quick run: each test once, without what is marked slow; on PostgreSQL the
core and what means something there only, on SQLite the rest. ``--whole`` runs everything, on both.

Everything after the options goes to pytest. PostgreSQL is the one that DATABASE_URL names, or a
server of our own for the length of the run. Tests that use no database, or a browser, run once,
on SQLite. With ``--sqlite`` or ``--postgres`` it is that one only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from scripts.postgres import running_postgres

ROOT = Path(__file__).resolve().parent.parent
INTERRUPTED, NO_TESTS = 2, 5  # exit codes of pytest
ON_POSTGRES = "core or postgres"  # what the quick run has there


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    only, arguments = database_and_arguments(sys.argv[1:])
    is_whole, arguments = "--whole" in arguments, [each for each in arguments if each != "--whole"]
    # Who names a test, or a choice of them, wants those, slow or not.
    quick = not is_whole and not arguments and only is None
    runs: dict[str, Callable[[list[str]], int]] = {
        "sqlite": lambda given: on_sqlite(given, quick=quick),
        "postgres": lambda given: on_postgres(given, quick=quick),
    }
    codes: list[int] = []
    for name, run in runs.items():
        if only in (None, name) and INTERRUPTED not in codes:
            codes.append(run(arguments))
    if all(code == NO_TESTS for code in codes):
        return NO_TESTS
    return next((code for code in codes if code not in (0, NO_TESTS)), 0)


def database_and_arguments(arguments: list[str]) -> tuple[str | None, list[str]]:
    for name in ("sqlite", "postgres"):
        if f"--{name}" in arguments:
            return name, [argument for argument in arguments if argument != f"--{name}"]
    return None, arguments


def on_sqlite(arguments: list[str], *, quick: bool) -> int:
    return pytest("SQLite", "", [*(["-m", f"not slow and not ({ON_POSTGRES})"] if quick else []), *arguments])


def on_postgres(arguments: list[str], *, quick: bool) -> int:
    chosen = ["-m", f"({ON_POSTGRES}) and not slow" if quick else "database and not browser"]
    given = os.environ.get("DATABASE_URL", "")
    with nullcontext(given) if given.startswith("postgres") else running_postgres() as url:
        return pytest("PostgreSQL", url, [*chosen, *arguments])


def pytest(database: str, url: str, arguments: list[str]) -> int:
    print(f"== {database} ==", flush=True)
    environment = {**os.environ, "DATABASE_URL": url, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "pytest", *workers(arguments), *arguments]
    return finish(subprocess.Popen(command, cwd=ROOT, env=environment))


def finish(process: subprocess.Popen[bytes]) -> int:
    """Its exit code. Ctrl-C reaches it as well as us: it may then still put its database away."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue
        except SystemExit:
            process.send_signal(signal.SIGINT)
            process.wait()
            raise


def workers(arguments: list[str]) -> list[str]:
    """One process a core for the whole suite; for a named file or a debugger, starting them costs more."""
    named = any(argument.startswith(("tests/", "-n", "--pdb", "-s", "-p")) for argument in arguments)
    return [] if named else ["-n", "auto", "--dist", "loadfile"]


if __name__ == "__main__":
    sys.exit(main())
