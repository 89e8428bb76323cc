"""Pesos have no cents: an amount that Flow would cut off or refuse never leaves, nor is it rounded."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payment_subscriptions.exceptions import BadRequest
from payment_subscriptions.money import Money, make, to_minor


@pytest.mark.parametrize("amount", [Decimal("5000.5"), "5000.01", "0.99"])
def test_clp_with_decimals_is_refused(amount: Decimal | str) -> None:
    with pytest.raises(BadRequest) as caught:
        make(amount, "CLP")
    assert (caught.value.field, caught.value.code) == ("amount", "decimals")
    with pytest.raises(BadRequest):
        to_minor(Money(amount, "CLP"))


def test_clp_written_with_zeros_is_whole() -> None:
    assert to_minor(Money("5000.00", "CLP")) == 5000
