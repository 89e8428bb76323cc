from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_subscriptions.exceptions import BadRequest
from payment_subscriptions.gateways.stripe.amounts import (
    CURRENCIES,
    THREE_DECIMALS,
    WITHOUT_DECIMALS,
    from_stripe,
    to_stripe,
)
from payment_subscriptions.money import Money


@pytest.mark.parametrize(
    ("amount", "currency", "sent"),
    [
        (5000, "CLP", 5000),
        ("5.00", "USD", 500),
        ("5.000", "BHD", 5000),
        ("0.50", "EUR", 50),
        (1000, "JPY", 1000),
        (1000, "UGX", 100_000),  # no decimals, written as if it had two
        (1000, "ISK", 100_000),
        ("12.34", "HUF", 1234),
        ("1.230", "KWD", 1230),
    ],
)
def test_money_as_stripe_writes_it(amount: object, currency: str, sent: int) -> None:
    assert to_stripe(Money(amount, currency)) == sent
    assert from_stripe(sent, currency.lower()) == Money(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency"), [("5.50", "CLP"), ("5.001", "BHD"), ("5.005", "USD"), ("0.5", "JPY")]
)
def test_an_amount_that_cannot_be_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(BadRequest):
        to_stripe(Money(amount, currency))


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 10**9))
def test_what_is_written_is_read_back(currency: str, sent: int) -> None:
    if currency in THREE_DECIMALS or currency in ("UGX", "ISK"):
        sent *= 100
    try:
        money = from_stripe(sent, currency)
    except BadRequest:  # of a currency to which babel gives fewer decimals than Stripe: no such money
        assert currency not in WITHOUT_DECIMALS
        return
    assert to_stripe(money) == sent
