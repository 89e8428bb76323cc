from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...doctor import examine, telling
from ..errors import told_plainly

ERRORS, CALLED_WRONGLY = 1, 2


class Command(BaseCommand):
    help = (
        "Look at the whole set-up: settings, keys, plans, the way back of callbacks, the gateways' "
        "customers, the clock, the sweep and the workers. Says what is wrong, what it means, what to do and "
        "the command for it. Charges nobody, repairs nothing. Ends with 1 where something is an error."
    )
    requires_system_checks: list[str] = []  # it tells of them itself, with all the rest

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--provider", action="append", default=[], help="this account only, by its alias in GATEWAYS"
        )
        parser.add_argument("--json", action="store_true", help="say it as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with told_plainly(), quietly():
                report = examine(options["provider"])
        except CommandError as error:
            error.returncode = CALLED_WRONGLY
            raise
        if options["json"]:
            self.stdout.write(json.dumps(telling.as_json(report)))
        else:
            self.stdout.write("\n".join(telling.lines(report, self._paint)))
        if not report.is_healthy:
            sys.exit(ERRORS)

    def _paint(self, name: str, text: str) -> str:
        paints: dict[str, Callable[[str], str]] = {
            "head": self.style.MIGRATE_HEADING,
            "fine": self.style.SUCCESS,
            "error": self.style.ERROR,
            "warning": self.style.WARNING,
        }
        return paints[name](text)


@contextmanager
def quietly() -> Iterator[None]:
    """What goes wrong is in the report, and wakes nobody up by a log that raises alarms."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
