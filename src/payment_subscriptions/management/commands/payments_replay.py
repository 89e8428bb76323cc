from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ... import inbox
from ...models import Notice
from ...models.notice import NoticeState
from ..errors import told_plainly


class Command(BaseCommand):
    help = "Work notices once more, as if they had just arrived. Repeating it does no harm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("notices", nargs="*", type=int, metavar="pk", help="numbers of notices")
        parser.add_argument("--dead", action="store_true", help="all that were given up")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = 0
        pks = _chosen(options["notices"], options["dead"])
        for pk in pks:
            with told_plainly():
                inbox.replay(Notice.objects.get(pk=pk))
            notice = Notice.objects.get(pk=pk)
            self.stdout.write(f"{pk}: {notice.state}{f' ({notice.error})' if notice.error else ''}")
            failed += notice.state in (NoticeState.RECEIVED, NoticeState.DEAD)
        if failed:
            raise CommandError(f"{failed} of {len(pks)} did not work; the sweep tries them again.")
        if not pks:
            self.stdout.write("No notice was given up.")


def _chosen(pks: list[int], dead: bool) -> list[int]:
    """Raises CommandError before anything is done, where one does not exist."""
    if bool(pks) == dead:
        raise CommandError("Give numbers of notices, or --dead.")
    if dead:
        return list(Notice.objects.dead().order_by("pk").values_list("pk", flat=True))
    missing = set(pks) - set(Notice.objects.filter(pk__in=pks).values_list("pk", flat=True))
    if missing:
        raise CommandError(f"There is no notice {', '.join(map(str, sorted(missing)))}.")
    return pks
