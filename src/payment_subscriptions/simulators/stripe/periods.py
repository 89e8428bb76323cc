"""When periods begin and end: by the calendar, from the day on which it all began."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .account import Thing

_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "year": 12}


def end_after(anchor: int, moment: int, recurring: Thing) -> int:
    """The end of the period that holds ``moment``: the 31st is the last day of a shorter month."""
    number = 1
    while (end := _step(anchor, number, recurring)) <= moment:
        number += 1
    return end


def _step(anchor: int, number: int, recurring: Thing) -> int:
    begin = datetime.fromtimestamp(anchor, UTC)
    interval, count = recurring["interval"], recurring["interval_count"] * number
    if interval in _DAYS:
        return int((begin + timedelta(days=_DAYS[interval] * count)).timestamp())
    year, month = divmod(begin.year * 12 + begin.month - 1 + _MONTHS[interval] * count, 12)
    day = min(begin.day, monthrange(year, month + 1)[1])
    return int(begin.replace(year=year, month=month + 1, day=day).timestamp())
