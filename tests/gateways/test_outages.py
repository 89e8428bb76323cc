"""What both clients do while the provider is in trouble, over real HTTP against the simulators."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from payment_subscriptions.exceptions import OutcomeUnknown, Refused
from payment_subscriptions.gateways.circuit import FAILURES, OPEN_SECONDS, Circuit
from payment_subscriptions.gateways.flow.client import FlowClient
from payment_subscriptions.gateways.stripe.client import Client as StripeClient
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.flow_simulator import flow_server, flow_simulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator
from tests.gateways.test_circuit import Hand, run
from tests.simulators.flow.test_faults import eventually

__all__ = ["flow_server", "flow_simulator", "stripe_server", "stripe_simulator"]


@dataclass
class FlowSide:
    """One account at Flow: a question, a command, and what a refusal is there."""

    simulator: FlowSimulator
    name: str = "flow"
    timeout: float = 3.0
    clock: Hand = field(default_factory=Hand)
    refusal = ("error", {"code": 1620, "message": "userEmail is not valid", "status": 400})

    def __post_init__(self) -> None:
        self.circuit = Circuit(self.name, self.clock)
        self.client = self._client()

    def _client(self) -> Any:
        at = self.simulator
        return FlowClient(at.api_key, at.secret_key, at.api_url, timeout=self.timeout, circuit=self.circuit)

    def read(self) -> None:
        list(self.client.customer.iterate())

    def change(self) -> None:
        self.client.customer.create(name="Ana", email="ana@correo.cl", external_id=os.urandom(8).hex())

    def fail(self, kind: str = "http_error", times: int | None = None, **options: Any) -> None:
        self.simulator.faults.add("*", kind, times=times, **options)

    @property
    def asked(self) -> int:
        return len(self.simulator.calls)

    @property
    def customers(self) -> int:
        return len(self.simulator.customers)

    def open_circuit(self) -> None:
        """By commands, which are not repeated; the provider is well again afterwards."""
        self.fail(times=FAILURES)
        for _time in range(FAILURES):
            with pytest.raises(OutcomeUnknown):
                self.change()
        assert self.circuit.is_open


@dataclass
class StripeSide(FlowSide):
    simulator: Any
    name: str = "stripe"
    refusal = ("error", {"type": "invalid_request_error", "code": "email_invalid", "status": 400})

    def _client(self) -> Any:
        return StripeClient(
            self.simulator.api_key, self.simulator.api_url, timeout=self.timeout, circuit=self.circuit
        )

    def read(self) -> None:
        self.client.every(self.client.v1.customers.list, {})

    def change(self) -> None:
        self.client.call(self.client.v1.customers.create, params={"name": "Ana"}, key=os.urandom(8).hex())

    @property
    def customers(self) -> int:
        return len(self.simulator.table("customers"))


@pytest.fixture(params=["flow", "stripe"])
def side(
    request: pytest.FixtureRequest, flow_simulator: FlowSimulator, stripe_simulator: StripeSimulator
) -> Iterator[FlowSide]:
    yield FlowSide(flow_simulator) if request.param == "flow" else StripeSide(stripe_simulator)
    for simulator in (flow_simulator, stripe_simulator):
        simulator.faults.clear()
        simulator.start()


# Within a call


def test_a_question_is_repeated_and_a_command_is_not(side: FlowSide) -> None:
    side.fail(times=2, status=429)
    side.read()
    assert side.asked == 3
    side.fail(times=1, status=503)
    with pytest.raises(OutcomeUnknown) as caught:
        side.change()
    assert (side.asked, caught.value.is_outage) == (4, True)


@pytest.mark.parametrize("side", ["flow"], indirect=True)
def test_pauses_and_tries_stay_within_the_time_of_the_call(side: FlowSide) -> None:
    side.client.timeout = 0.05
    side.fail()
    began = time.monotonic()
    for _time in range(FAILURES - 1):
        with pytest.raises(OutcomeUnknown):
            side.read()
    assert time.monotonic() - began < 1


def test_what_retry_after_asks_for_is_kept_to(side: FlowSide) -> None:
    side.fail(times=1, status=429, retry_after="1")
    began = time.monotonic()
    side.read()
    assert 1 <= time.monotonic() - began < 2.5
    assert side.asked == 2


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_what_does_not_fit_into_the_call_ends_it_at_once(side: FlowSide, status: int, form: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    side.fail(status=status, retry_after="600" if form == "seconds" else date)
    for verb in (side.read, side.change):
        began, before = time.monotonic(), side.asked
        with pytest.raises(OutcomeUnknown) as caught:
            verb()
        assert time.monotonic() - began < 1
        assert side.asked == before + 1
        assert 590 < caught.value.wait <= 600


@pytest.mark.parametrize(("status", "value"), [(503, "soon"), (429, "-1"), (500, "600"), (503, "")])
def test_what_cannot_be_read_or_has_no_meaning_is_passed_over(
    side: FlowSide, status: int, value: str
) -> None:
    side.fail(times=1, status=status, retry_after=value)
    side.read()
    side.fail(times=1, status=status, retry_after=value)
    with pytest.raises(OutcomeUnknown) as caught:
        side.change()
    assert caught.value.wait == 0


def test_stripe_s_own_429_was_turned_away_and_may_ask_to_wait(stripe_simulator: StripeSimulator) -> None:
    side = StripeSide(stripe_simulator)
    side.fail("rate_limit", times=1, retry_after="20")
    with pytest.raises(OutcomeUnknown) as caught:
        side.change()
    assert (caught.value.sent, caught.value.is_outage, caught.value.wait) == (False, True, 20)


# Across calls


@pytest.mark.parametrize(
    ("kind", "options"),
    [("http_error", {"status": 500}), ("http_error", {"status": 429}), ("reset_before_commit", {}),
     ("timeout_before_commit", {})],
)  # fmt: skip
def test_after_failures_in_a_row_nothing_is_sent(side: FlowSide, kind: str, options: dict[str, Any]) -> None:
    side.client.timeout = 0.1 if kind.startswith("timeout") else 3
    side.fail(kind, **options)
    for _time in range(FAILURES):
        with pytest.raises(OutcomeUnknown) as caught:
            side.change()
        assert caught.value.is_outage
    side.simulator.faults.clear()
    assert eventually(lambda: [side.asked] if side.asked == FAILURES else []) == [FAILURES]
    for verb in (side.read, side.change):
        with pytest.raises(OutcomeUnknown) as caught:
            verb()
        assert not caught.value.sent
        assert caught.value.is_outage
        assert 0 < caught.value.wait <= OPEN_SECONDS * 1.5
    assert (side.asked, side.customers) == (FAILURES, 0)


def test_nobody_there_opens_it_too(side: FlowSide) -> None:
    side.simulator.stop()
    for _time in range(FAILURES):
        with pytest.raises(OutcomeUnknown) as caught:
            side.change()
        assert not caught.value.sent
    assert side.circuit.is_open


def test_refusals_and_strange_answers_do_not_open_it(side: FlowSide) -> None:
    kind, options = side.refusal
    side.fail(kind, times=FAILURES, **options)
    for _time in range(FAILURES):
        with pytest.raises(Refused):
            side.change()
    side.fail("html_200", times=FAILURES)
    for _time in range(FAILURES):
        with pytest.raises(OutcomeUnknown) as caught:
            side.change()
        assert not caught.value.is_outage
    assert not side.circuit.is_open
    side.change()


@pytest.mark.parametrize("side", ["flow"], indirect=True)
def test_a_question_that_failed_three_times_is_one_failure(side: FlowSide) -> None:
    side.fail(times=3)
    with pytest.raises(OutcomeUnknown):
        side.read()
    side.fail(times=FAILURES - 2)
    for _time in range(FAILURES - 2):
        with pytest.raises(OutcomeUnknown):
            side.change()
    assert not side.circuit.is_open
    side.change()


def test_once_it_lapses_one_of_eight_threads_asks_once(side: FlowSide) -> None:
    side.open_circuit()
    side.fail("slow", times=1, seconds=0.8)
    side.clock.move(OPEN_SECONDS * 1.5)
    before, barrier = side.asked, threading.Barrier(8)
    outcomes: list[str] = []

    def ask() -> None:
        barrier.wait()
        try:
            side.read()
            outcomes.append("answered")
        except OutcomeUnknown as error:
            outcomes.append("sent" if error.sent else "turned away")

    run([threading.Thread(target=ask) for _thread in range(8)])
    assert sorted(outcomes) == ["answered"] + ["turned away"] * 7
    assert side.asked == before + 1
    side.read()
    assert not side.circuit.is_open


def test_the_one_that_asks_asks_once_and_keeps_it_open_where_it_fails(side: FlowSide) -> None:
    side.open_circuit()
    side.fail(times=1)
    side.clock.move(OPEN_SECONDS * 1.5)
    before = side.asked
    for _time in range(3):
        with pytest.raises(OutcomeUnknown):
            side.read()
    assert side.asked == before + 1
    side.clock.move(OPEN_SECONDS * 1.5)
    side.change()
    assert not side.circuit.is_open


def test_another_account_at_the_same_provider_is_not_touched(side: FlowSide) -> None:
    side.open_circuit()
    other = type(side)(side.simulator, "another")
    other.change()
    with pytest.raises(OutcomeUnknown):
        side.change()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_begins_closed_and_waits_for_no_lock(side: FlowSide) -> None:
    side.open_circuit()
    before = side.customers
    with side.circuit._lock:  # as another thread might hold it in that moment
        child = os.fork()
        if child == 0:
            signal.alarm(10)  # a lock that nobody gives back would be waited for for ever
            try:
                side.change()
            finally:
                os._exit(0)
    os.waitpid(child, 0)
    assert side.customers == before + 1
    assert side.circuit.is_open
