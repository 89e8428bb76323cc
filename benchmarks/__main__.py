"""``python -m benchmarks [store processing ...] [--json PATH]``."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from scripts.postgres import running_postgres

from .figures import Figure, shown, write

BENCHMARKS = ("migrate", "store", "processing", "opening", "lists", "reconcile", "memory", "peak")
# As a server has them that must lose nothing: a commit is on the disk before it is answered.
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="What it costs, in ratios.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(BENCHMARKS)}; else all")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures there too")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.names) - set(BENCHMARKS)):
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped
    with running_postgres(DURABLE) as url:
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "benchmarks.settings"}
        figures = list(measured(arguments.names or BENCHMARKS))
        if arguments.json:
            write(arguments.json, machine(), figures)
    missed = [figure for figure in figures if figure.met is False]
    print(f"{len(missed)} targets missed" if missed else "every target met")
    return 1 if missed else 0


def measured(names: Any) -> Iterator[Figure]:
    import django

    django.setup()
    for found in migrated():
        if "migrate" in names:
            yield told(found)
    for name in names:
        if name != "migrate":
            run: Callable[[], Iterator[Figure]] = import_module(f"benchmarks.{name}").run
            for figure in run():
                yield told(figure)


def migrated() -> Iterator[Figure]:
    from django.core.management import call_command

    from .figures import at_most
    from .site import make_tables

    begun = time.perf_counter()
    call_command("migrate", verbosity=0)
    yield at_most("migrate", "on an empty database", time.perf_counter() - begun, 10, "s")
    make_tables()


def told(figure: Figure) -> Figure:
    print(shown(figure), flush=True)
    return figure


def machine() -> dict[str, Any]:
    import django
    from django.db import connection

    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "postgresql": str(connection.pg_version),  # type: ignore[attr-defined]
        "day": time.strftime("%Y-%m-%d"),
    }


if __name__ == "__main__":
    sys.exit(main())
