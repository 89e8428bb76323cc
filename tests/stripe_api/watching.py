"""Everything that is said to a simulator of Stripe, and by it, held to the description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from payment_subscriptions.simulators.calls import Exchange
from payment_subscriptions.simulators.simulator import Simulator

from . import DOCUMENT, Request, judge


class Watch:
    """What was wrong, in ``requests``, in ``answers``: leave one out where it is wrong on purpose."""

    def __init__(self, *, requests: bool = True, answers: bool = True) -> None:
        self.complaints: list[str] = []
        self.seen: set[tuple[str, str]] = set()
        self._requests = requests
        self._answers = answers

    def __call__(self, exchange: Exchange) -> None:
        if not exchange.path.startswith("/v1/"):
            return
        request = Request(exchange.method, exchange.path, exchange.query, exchange.body)
        operation = judge().operation(request.method, request.path)
        if operation is not None:
            self.seen.add((operation.method, operation.address))
        if self._requests:
            self.complaints += judge().request(request)
        if self._answers and exchange.status is not None:
            verdict = judge().answer if exchange.status == 200 else judge().refusal
            self.complaints += verdict(request, json.loads(exchange.answer))


@contextmanager
def observed(simulator: Simulator, *, requests: bool = True, answers: bool = True) -> Iterator[Watch]:
    """Without a description at hand it sees nothing."""
    watch = Watch(requests=requests, answers=answers)
    if DOCUMENT.exists():
        simulator.observers.append(watch)
    try:
        yield watch
    finally:
        if watch in simulator.observers:
            simulator.observers.remove(watch)


@contextmanager
def watching(simulator: Simulator, *, requests: bool = True, answers: bool = True) -> Iterator[Watch]:
    """Fails at its end with all that was wrong."""
    with observed(simulator, requests=requests, answers=answers) as watch:
        yield watch
    if watch.complaints:
        pytest.fail("\n".join(dict.fromkeys(watch.complaints)), pytrace=False)
