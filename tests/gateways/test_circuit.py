"""The circuit by itself, on a clock of its own."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from payment_subscriptions.gateways.circuit import FAILURES, OPEN_SECONDS, Circuit


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 13, 13, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def circuit(clock: Hand) -> Circuit:
    return Circuit("acme", clock)


def fail(circuit: Circuit, times: int = FAILURES, asked: float = 0.0) -> None:
    for _time in range(times):
        assert circuit.knock(10) == 0
        circuit.failed(asked)


def test_it_opens_after_failures_in_a_row_only(circuit: Circuit) -> None:
    fail(circuit, FAILURES - 1)
    circuit.succeeded()
    fail(circuit, FAILURES - 1)
    fail(circuit, 1)
    assert circuit.knock(10) > 0
    assert circuit.is_open


def test_it_is_open_for_half_a_minute_and_a_little_by_chance() -> None:
    waits = set()
    for _process in range(20):
        circuit = Circuit("acme", Hand())
        fail(circuit)
        waits.add(circuit.knock(10))
    assert OPEN_SECONDS <= min(waits) < max(waits) <= OPEN_SECONDS * 1.5


def test_it_is_open_for_as_long_as_was_asked(circuit: Circuit, clock: Hand) -> None:
    fail(circuit, asked=300)
    assert 300 <= circuit.knock(10) <= 450
    clock.move(299)
    assert circuit.knock(10) > 0
    clock.move(152)
    assert circuit.knock(10) == 0


def test_one_call_is_let_through_and_its_answer_closes_it(circuit: Circuit, clock: Hand) -> None:
    fail(circuit)
    clock.move(OPEN_SECONDS * 1.5)
    assert [circuit.knock(10) > 0 for _caller in range(4)] == [False, True, True, True]
    circuit.succeeded()
    assert not circuit.is_open
    fail(circuit, FAILURES - 1)
    assert not circuit.is_open


def test_one_that_fails_keeps_it_open(circuit: Circuit, clock: Hand) -> None:
    fail(circuit)
    for _turn in range(3):
        clock.move(OPEN_SECONDS * 1.5)
        fail(circuit, 1)
        assert circuit.knock(10) >= OPEN_SECONDS


def test_one_that_never_reports_leaves_its_turn_to_the_next(circuit: Circuit, clock: Hand) -> None:
    fail(circuit)
    clock.move(OPEN_SECONDS * 1.5)
    assert circuit.knock(60) == 0
    clock.move(59)
    assert circuit.knock(60) > 0
    clock.move(1)
    assert circuit.knock(60) == 0


def test_a_clock_that_is_set_back_does_not_keep_it_open(circuit: Circuit, clock: Hand) -> None:
    fail(circuit)
    clock.move(-3600)
    assert circuit.knock(10) == 0
    assert circuit.knock(10) > 0


class Restless(Hand):
    """A clock that goes on between two looks, and is slow to tell."""

    def __call__(self) -> datetime:
        self.move(0.001)
        moment = self.moment
        time.sleep(random.uniform(0, 0.002))
        return moment


def test_of_threads_at_once_one_is_let_through() -> None:
    clock = Restless()
    circuit = Circuit("acme", clock)
    for _round in range(20):
        fail(circuit)
        clock.move(OPEN_SECONDS * 1.5)
        barrier = threading.Barrier(8)
        found: list[float] = []

        def knock(barrier: threading.Barrier = barrier, found: list[float] = found) -> None:
            barrier.wait()
            found.append(circuit.knock(10))

        threads = [threading.Thread(target=knock) for _thread in range(8)]
        run(threads)
        assert sorted(wait > 0 for wait in found) == [False] + [True] * 7
        circuit.succeeded()


def run(threads: list[threading.Thread]) -> None:
    act: Callable[[threading.Thread], None]
    for act in (threading.Thread.start, threading.Thread.join):
        for thread in threads:
            act(thread)


def test_it_is_logged_once_when_it_opens_and_once_when_it_closes(
    circuit: Circuit, clock: Hand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "payment_subscriptions.circuit")
    fail(circuit)
    for _turn in range(3):
        circuit.knock(10)
        clock.move(OPEN_SECONDS * 1.5)
        fail(circuit, 1)
    circuit.succeeded()
    circuit.succeeded()
    opened, closed = (record.getMessage() for record in caplog.records)
    assert opened.startswith(f"The gateway acme is in trouble: {FAILURES} calls in a row failed.")
    assert closed == "The gateway acme answers again"
