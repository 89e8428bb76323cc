"""Where a subscription's periods begin and end. Inclusive: the next begins the day after the end.

Each boundary is counted from the anchor, never from the last one, so that a subscription of
the 31st is back on the 31st after February.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

DAY, WEEK, MONTH, YEAR = 1, 2, 3, 4
_DAYS = {DAY: 1, WEEK: 7}
_MONTHS = {MONTH: 1, YEAR: 12}
INTERVALS = {*_DAYS, *_MONTHS}


def boundary(anchor: date, interval: int, count: int, number: int) -> date:
    """The first day of period ``number`` (0 is the one that begins on the anchor)."""
    if interval in _DAYS:
        return anchor + timedelta(days=_DAYS[interval] * count * number)
    return _add_months(anchor, _MONTHS[interval] * count * number)


def days_between(first: date, last: date) -> int:
    """How many days an inclusive period has."""
    return (last - first).days + 1


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
