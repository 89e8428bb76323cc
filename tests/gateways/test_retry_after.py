from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from requests.structures import CaseInsensitiveDict

from payment_subscriptions.gateways import retry_after


def written(value: str) -> float:
    return retry_after.seconds(CaseInsensitiveDict({"retry-after": value}))


def http_date(**ahead: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(**ahead), usegmt=True)


@pytest.mark.parametrize(("value", "seconds"), [("120", 120), (" 7 ", 7), ("0", 0)])
def test_seconds(value: str, seconds: float) -> None:
    assert written(value) == seconds


def test_a_date() -> None:
    assert 298 < written(http_date(seconds=300)) <= 300
    assert written(http_date(hours=-1)) == 0


def test_more_than_an_hour_is_an_hour() -> None:
    assert written("86400") == written(http_date(days=400)) == retry_after.LONGEST == 3600


@pytest.mark.parametrize(
    "value",
    ["", "soon", "-5", "1.5", "nan", "inf", "9" * 5000, "Fri, 99 Foo 2026 25:61:61 GMT", "\x00", "١٢"],
)
def test_rubbish_asks_for_nothing(value: str) -> None:
    assert written(value) == 0


def test_nothing() -> None:
    assert retry_after.seconds({}) == 0
