from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from example.clock import SimulatorClock
from payment_subscriptions.simulators.flow import FlowSimulator


def test_it_is_as_late_here_as_at_the_simulator(settings: Any) -> None:
    clock = SimulatorClock()
    with FlowSimulator(now="2027-03-01 12:00:00") as flow:
        settings.SIMULATOR_URL = flow.url
        assert abs(clock.now() - datetime(2027, 3, 1, 15, tzinfo=UTC)) < timedelta(seconds=5)
        with clock.moving():
            flow.clock.advance(days=1)
            assert abs(clock.now() - flow.clock.now()) < timedelta(seconds=5)
        flow.clock.advance(days=1)
        assert abs(clock.now() - flow.clock.now()) < timedelta(seconds=5)
        assert clock.now().tzinfo is not None


def test_an_answer_holds_for_a_moment(settings: Any) -> None:
    clock = SimulatorClock(fresh=60)
    with FlowSimulator() as flow:
        settings.SIMULATOR_URL = flow.url
        asked = [clock.now() for _look in range(20)]
        flow.clock.advance(days=1)
        assert clock.now() - asked[0] < timedelta(hours=1)


def test_without_a_simulator_it_is_real_time(settings: Any) -> None:
    clock = SimulatorClock()
    settings.SIMULATOR_URL = "http://127.0.0.1:9"
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
