"""Storing a notice against the bare limit, with a gateway that answers at once and after 100 ms.

Rounds of each kind alternate, so that whatever else the machine does hits all alike; the medians of the
rounds are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from django.core.exceptions import SuspiciousOperation
from django_tasks_db.models import DBTaskResult

from . import notices
from .figures import Figure, at_least, at_most
from .load import Sent, send
from .processes import cpu, gunicorn

ROUNDS, WARM_UP, REQUESTS = 5, 200, 1000


@dataclass
class Kind:
    """What is posted, and to whom."""

    name: str
    request: Callable[[], bytes]
    port: int
    pid: int
    rounds: list[tuple[Sent, float]] = field(default_factory=list)

    def go(self, requests: int) -> tuple[Sent, float]:
        """A round, and the processor seconds of the web processes for one request."""
        prepared = [self.request() for _number in range(requests)]
        before = cpu(self.pid)
        sent = send(self.port, prepared)
        if sent.failures:
            raise SystemExit(f"{self.name}: {sent.failures} of {requests} were not answered 200")
        return sent, (cpu(self.pid) - before) / requests

    def middle(self, of: Callable[[Sent, float], float]) -> float:
        return median(of(*found) for found in self.rounds)

    @property
    def rate(self) -> float:
        return self.middle(lambda sent, _: sent.rate)

    @property
    def cpu(self) -> float:
        return self.middle(lambda _, seconds: seconds)

    def latency(self, percent: float) -> float:
        return self.middle(lambda sent, _: sent.percentile(percent))


def run() -> Iterator[Figure]:
    with ExitStack() as stack:
        port, pid = stack.enter_context(gunicorn(BENCH_TASKS="nowhere"))
        slow_port, slow_pid = stack.enter_context(gunicorn(BENCH_TASKS="nowhere", BENCH_DELAY="0.1"))
        queue_port, queue_pid = stack.enter_context(gunicorn(BENCH_TASKS="database"))
        bare = Kind("bare", notices.bare, port, pid)
        stripe = Kind("Stripe", notices.stripe, port, pid)
        flow = Kind("Flow", notices.flow, port, pid)
        slow = Kind("Stripe, gateway slow", notices.stripe, slow_port, slow_pid)
        queued = Kind("Stripe, and queued", notices.stripe, queue_port, queue_pid)
        kinds = [bare, stripe, flow, slow, queued]
        for kind in kinds:
            kind.go(WARM_UP)
        if not queue_works():
            kinds.remove(queued)
        for number in range(ROUNDS):
            for kind in kinds if number % 2 else reversed(kinds):
                kind.rounds.append(kind.go(REQUESTS))
    yield from figures(bare, stripe, flow, slow)
    if queued.rounds:
        yield from told(queued)
        yield Figure("store", f"{queued.name}: rate against bare", queued.rate / bare.rate, "×")


def queue_works() -> bool:
    """Whether what the warm-up put into the database's queue can be taken out of it."""
    first = DBTaskResult.objects.first()
    try:
        return first is not None and bool(first.task)
    except SuspiciousOperation:
        return False


def told(kind: Kind) -> Iterator[Figure]:
    yield Figure("store", f"{kind.name}: rate", kind.rate, "1/s")
    yield Figure("store", f"{kind.name}: CPU of the web for one", kind.cpu * 1000, "ms")
    yield Figure("store", f"{kind.name}: p50", kind.latency(50), "ms")
    yield Figure("store", f"{kind.name}: p99", kind.latency(99), "ms")


def figures(bare: Kind, stripe: Kind, flow: Kind, slow: Kind) -> Iterator[Figure]:
    for kind in (bare, stripe, flow, slow):
        yield from told(kind)
    for kind in (stripe, flow):
        yield at_least("store", f"{kind.name}: rate against bare", kind.rate / bare.rate, 0.8)
        yield at_most("store", f"{kind.name}: p99 against bare", kind.latency(99) / bare.latency(99), 1.5)
    yield at_least("store", "Stripe: rate, gateway slow against quick", slow.rate / stripe.rate, 0.9)
