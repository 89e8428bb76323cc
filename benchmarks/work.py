"""``python -m benchmarks.work SHARE OF``: a worker that takes due notices from the table itself, so that what
is measured is our work and no queue's. Several divide the rows between them by number."""

from __future__ import annotations

import sys
import time

import django
from django.db.models import F


def main(share: int, of: int) -> None:
    django.setup()
    from payment_subscriptions import inbox
    from payment_subscriptions.models import Notice

    while True:
        due = Notice.objects.due().annotate(share=F("pk") % of).filter(share=share).order_by("due_at")
        pks = list(due.values_list("pk", flat=True)[:50])
        for pk in pks:
            inbox.process(pk)
        if not pks:
            time.sleep(0.02)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
