"""How Flow writes amounts and dates. Many numbers travel as strings: that is how the real one does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

Json = dict[str, object]
JsonList = list[Json]


def moment(value: datetime | None) -> str | None:
    return value.strftime("%Y-%m-%d %H:%M:%S") if value else None


def midnight(value: date | None) -> str | None:
    return f"{value:%Y-%m-%d} 00:00:00" if value else None


def plain(amount: Decimal) -> str:
    """ "1000", "0.238": as an order's amount is written."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def four(amount: Decimal) -> str:
    return f"{amount:.4f}"


def two(amount: Decimal) -> str:
    return f"{amount:.2f}"


def number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def page(rows: Sequence[Json], total: int, start: int) -> Json:
    return {"total": total, "hasMore": int(start + len(rows) < total), "data": list(rows)}
