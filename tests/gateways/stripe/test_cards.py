"""What Stripe tells of a card: good to the last day of the month that it bears."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from payment_subscriptions.gateways.base import Card
from payment_subscriptions.gateways.stripe.statuses import card_of


@pytest.mark.parametrize(
    ("month", "year", "expires"),
    [(1, 2027, date(2027, 2, 1)), (11, 2026, date(2026, 12, 1)), (12, 2026, date(2027, 1, 1))],
)
def test_the_first_day_on_which_it_is_no_longer_valid(month: int, year: int, expires: date) -> None:
    told = {"brand": "visa", "last4": "4242", "exp_month": month, "exp_year": year}
    assert card_of(paid_by(told)) == Card("Visa", "4242", expires)


def test_a_wallet_that_tells_no_month() -> None:
    assert card_of(paid_by({"brand": "visa", "last4": "4242"})) == Card("Visa", "4242", None)


def paid_by(card: dict[str, Any]) -> dict[str, Any]:
    return {"default_payment_method": {"card": card}, "customer": None}
