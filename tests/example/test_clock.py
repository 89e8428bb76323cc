from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from payment_subscriptions.demo import simulator
from payment_subscriptions.demo.clock import SimulatorClock
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.stripe import StripeSimulator


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


def test_where_the_hour_changes_a_month_is_one_for_stripe_too(settings: Any) -> None:
    """In Chile the clocks go forward on 5 September 2027: that day has 23 hours."""
    with (
        FlowSimulator(now="2027-08-26 12:00:00") as flow,
        StripeSimulator(now="2027-08-26 16:00:00") as stripe,
    ):
        settings.SIMULATOR_URL, settings.STRIPE_SIMULATOR_URL = flow.url, stripe.url
        billed = stripe.clock.after(months=1).replace(microsecond=0)  # it counts whole seconds
        simulator.move(months=1)
        assert stripe.clock.now() >= billed
        assert abs(stripe.clock.now() - flow.clock.now()) < timedelta(seconds=5)
