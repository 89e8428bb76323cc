from __future__ import annotations

import json
from argparse import ArgumentTypeError
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ...sweep import sweep
from ..errors import told_plainly


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError("give a number, 1 or more")
    return int(text)


class Command(BaseCommand):
    help = "Find what is due and have it done. Run it each minute, from cron, a timer or a scheduler."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--limit", type=_at_least_one, default=1000, help="at most so many of each kind (1000)"
        )
        parser.add_argument("--json", action="store_true", help="say it as one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_plainly():
            swept = sweep(options["limit"])
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(swept), "total": swept.total}))
        else:
            found = asdict(swept)
            pruned = found.pop("pruned")
            told = ", ".join(f"{number} {kind}" for kind, number in found.items())
            self.stdout.write(f"Found due: {told}.{f' Pruned: {pruned}.' if pruned else ''}")
