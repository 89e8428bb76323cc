"""Remove what is kept of notices no longer than it is of use: bodies name people, unknown ones are rubbish.

A notice that is not done, or that waits for a person, keeps its body.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from . import conf
from .clock import now
from .models import Notice
from .models.notice import NoticeQuerySet


def prune(limit: int) -> int:
    """Remove bodies and unknown notices whose time is over, at most ``limit`` of each; how many it were."""
    bodies = Notice.objects.with_body_before(_days_ago(conf.get("KEEP_NOTICE_BODIES_DAYS")))
    removed = bodies.filter(pk__in=_oldest(bodies, limit)).update(body="")
    unknown = Notice.objects.unknown_before(_days_ago(conf.get("KEEP_UNKNOWN_NOTICES_DAYS")))
    deleted, _each = unknown.filter(pk__in=_oldest(unknown, limit)).delete()
    return removed + deleted


def _days_ago(days: int) -> datetime:
    return now() - timedelta(days=days)


def _oldest(notices: NoticeQuerySet, limit: int) -> list[int]:
    """Looked for beforehand; that they are still to go is asked again by the statement that removes."""
    return list(notices.order_by("done_at").values_list("pk", flat=True)[:limit])
