"""What a web process weighs, with its share of what processes share, against a bare Django."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from . import notices
from .figures import Figure
from .load import send
from .processes import family, gunicorn, memory

WARM_UP = 400


def run() -> Iterator[Figure]:
    bare = weight("benchmarks.bare_wsgi", notices.bare)
    ours = weight("benchmarks.wsgi", notices.stripe)
    yield Figure("memory", "a web process of a bare Django", bare, "MiB")
    yield Figure("memory", "a web process with us", ours, "MiB")
    yield Figure("memory", "with us against bare", ours / bare, "×")


def weight(application: str, request: object) -> float:
    with gunicorn(application, BENCH_TASKS="nowhere") as (port, pid):
        send(port, [request() for _number in range(WARM_UP)])  # type: ignore[operator]
        return mean(memory(each) for each in family(pid)[1:])
