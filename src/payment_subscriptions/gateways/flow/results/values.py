"""Single values of Flow's JSON, read as what they mean. None: unreadable, or nothing there."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

SANTIAGO = ZoneInfo("America/Santiago")
MOST_DIGITS = 30  # an amount beyond that is no amount, and turning it into an int would take for ever

FLAGS: dict[object, bool] = {"1": True, "true": True, "0": False, "false": False}
DAY_FIRST = re.compile(r"(\d{2})-(\d{2})-(\d{4})(.*)", re.DOTALL)
DOTTED_SECONDS = re.compile(r"(\d{2}:\d{2})\.(\d{2})$")  # "hh:mm.ss", as some of Flow's texts have it


def words(value: object) -> str | None:
    """Text; a number becomes its digits."""
    if isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, str | int | Decimal) else None


def decimal(value: object) -> Decimal | None:
    """A finite number; never by way of a float."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS else None


def whole(value: object) -> int | None:
    """A whole number; true and false are 1 and 0."""
    if isinstance(value, bool):
        return int(value)
    number = decimal(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def flag(value: object) -> bool | None:
    """1/0, "1"/"0", true/false."""
    if isinstance(value, bool):
        return value
    return FLAGS.get((words(value) or "").strip().lower())


def json_value(value: object) -> object:
    """``optional``: an object, or JSON in a string; a string that is no JSON stays one."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, parse_float=Decimal)
    except (ValueError, RecursionError):
        return value or None


def moment(value: object) -> datetime | None:
    """An aware datetime in America/Santiago, the zone of Flow's naive dates.

    Clocks there change at midnight, so ``00:00:00`` can be an hour that does not exist (it is
    read as the first that does, 01:00), and 23:00 to 24:00 can come twice (the first is taken).
    """
    naive = _parsed(value)
    if naive is None:
        return None
    if naive.tzinfo is None:
        naive = naive.replace(tzinfo=SANTIAGO)
    try:
        return naive.astimezone(UTC).astimezone(SANTIAGO)
    except OverflowError:
        return None


def day(value: object) -> date | None:
    """The day alone, as written; what has an offset is told in Santiago's."""
    found = _parsed(value)
    if found is None:
        return None
    return found.date() if found.tzinfo is None else found.astimezone(SANTIAGO).date()


def _parsed(value: object) -> datetime | None:
    """yyyy-mm-dd or dd-mm-yyyy, with or without a time. MySQL's 0000-00-00 is no date."""
    if not isinstance(value, str):
        return None
    written = DOTTED_SECONDS.sub(r"\1:\2", DAY_FIRST.sub(r"\3-\2-\1\4", value.strip()))
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None
