"""The request log of a simulator, and a whole exchange for who watches it."""

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


@dataclass(frozen=True)
class Exchange:
    """One request as it was on the wire, and its answer; headers, where keys are, stay out.

    ``status`` is None where the connection was dropped.
    """

    method: str
    path: str
    query: str
    body: str
    status: int | None
    answer: str
