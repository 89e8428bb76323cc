"""Opening a checkout, from the form to the way to the gateway, against the bare limit; worked by the stub
gateway in the same process."""

from __future__ import annotations

from collections.abc import Iterator

from . import notices
from .figures import Figure
from .processes import gunicorn
from .store import Kind

ROUNDS, REQUESTS = 5, 300


def run() -> Iterator[Figure]:
    with gunicorn() as (port, pid):
        bare, opening = Kind("bare", notices.bare, port, pid), Kind("opening", notices.opening, port, pid)
        for kind in (bare, opening):
            kind.go(100)
        for _round in range(ROUNDS):
            for kind in (bare, opening):
                kind.rounds.append(kind.go(REQUESTS))
    yield Figure("opening", "checkouts opened", opening.rate, "1/s")
    yield Figure("opening", "CPU of the web for one", opening.cpu * 1000, "ms")
    yield Figure("opening", "p99", opening.latency(99), "ms")
    yield Figure("opening", "rate against bare", opening.rate / bare.rate, "×")
