"""The request log of a simulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Call:
    """One line of the request log: what was asked and how it went, nothing secret."""

    time: datetime
    method: str
    service: str
    status: int | None
    code: str | None
    fault: str | None
    seconds: float
