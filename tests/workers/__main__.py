"""``make workers N=10000``: so many notices while workers are killed; prints what it came to."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.postgres import running_postgres

if TYPE_CHECKING:
    from .run import Outcome


def main() -> int:
    parser = argparse.ArgumentParser(prog="workers", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=1000, help="how many notices (1000)")
    parser.add_argument("--seed", type=int, default=1, help="which copies come when, who is killed when")
    parser.add_argument("--json", type=Path, help="write it there too")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped
    with running_postgres({"autovacuum": "on"}) as url, tempfile.TemporaryDirectory() as folder:
        requeue = max(15, min(300, given.number // 20))
        os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.workers.settings"}
        os.environ["WORKERS_REQUEUE"] = str(requeue)
        outcome = _lived(given.number, given.seed, Path(folder))
    for name, value in asdict(outcome).items():
        print(f"{name:14} {value}")
    if given.json:
        given.json.write_text(json.dumps(asdict(outcome)))
    return 1 if outcome.wrong else 0


def _lived(number: int, seed: int, folder: Path) -> Outcome:
    import django

    django.setup()
    from django.core.management import call_command

    from benchmarks.site import make_tables

    from .run import run

    call_command("migrate", verbosity=0)
    make_tables()
    return run(number, seed, folder)


if __name__ == "__main__":
    sys.exit(main())
