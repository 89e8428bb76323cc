from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from payment_subscriptions.simulators.flow.periods import DAY, MONTH, WEEK, YEAR, boundary, days_between

anchors = st.dates(date(2000, 1, 1), date(2090, 12, 31))
intervals = st.sampled_from([DAY, WEEK, MONTH, YEAR])


@given(anchors, intervals, st.integers(1, 6), st.integers(0, 24))
def test_periods_follow_one_another_without_a_gap(anchor: date, interval: int, count: int, n: int) -> None:
    start, after = boundary(anchor, interval, count, n), boundary(anchor, interval, count, n + 1)
    assert start < after
    assert start + timedelta(days=days_between(start, after - timedelta(days=1))) == after


@given(anchors, st.integers(1, 6), st.integers(0, 24))
def test_months_keep_the_day_of_the_anchor_where_there_is_one(anchor: date, count: int, n: int) -> None:
    day = boundary(anchor, MONTH, count, n)
    assert day.day == anchor.day or (day.day < anchor.day and (day + timedelta(days=1)).day == 1)


def test_the_documented_period() -> None:
    assert boundary(date(2026, 7, 5), MONTH, 1, 1) == date(2026, 8, 5)
    assert boundary(date(2024, 2, 29), YEAR, 1, 1) == date(2025, 2, 28)
    assert boundary(date(2024, 2, 29), YEAR, 1, 4) == date(2028, 2, 29)
