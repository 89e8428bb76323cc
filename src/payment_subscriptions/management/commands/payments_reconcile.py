from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError
from datetime import date, datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from ...clock import now
from ...reconcile import SINCE, reconcile, telling
from ..errors import told_plainly
from ..progress import ProgressBar

DRIFT, INCOMPLETE = 1, 2


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("give a day as 2026-12-31") from None


class Command(BaseCommand):
    help = (
        "Compare what the gateways have with our rows, both ways: people and money first, then row by row "
        "what differs, why, and what to do. Repairs by recording what the provider says; moves no money and "
        "cancels nothing. Ends with 0 where nothing differed, 1 where something did (repaired or not), "
        "2 where not everything could be compared."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--provider", action="append", default=[], help="this gateway only, by its alias in GATEWAYS"
        )
        parser.add_argument(
            "--since",
            type=_day,
            help=f"compare charges from that day on ({SINCE.days} days ago); the rest whatever its age",
        )
        parser.add_argument("--dry-run", action="store_true", help="write nothing at all")
        parser.add_argument("--json", action="store_true", help="say it as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        bar = ProgressBar(sys.stderr)
        try:
            with told_plainly():
                report = reconcile(
                    options["provider"],
                    since=_begin(options["since"]),
                    dry_run=options["dry_run"],
                    progress=bar,
                )
        except CommandError as error:
            error.returncode = INCOMPLETE
            raise
        finally:
            bar.close()
        if options["json"]:
            self.stdout.write(json.dumps(telling.as_json(report)))
        else:
            self.stdout.write("\n".join(telling.lines(report)))
        if not report.is_complete:
            raise CommandError(_("Not everything was compared."), returncode=INCOMPLETE)
        if report.has_drift:
            raise CommandError(telling.conclusion(report), returncode=DRIFT)


def _begin(day: date | None) -> datetime | None:
    """Its first moment here. Raises CommandError for a day that is to come."""
    if day is None:
        return None
    begins = timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
    if begins > now():
        raise CommandError(_("That day is still to come."), returncode=INCOMPLETE)
    return begins
