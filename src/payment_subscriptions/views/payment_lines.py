"""A subscription's payments, numbered: the first is its number 1 for good, by which its receipt is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..lifecycle import GIVEN_BACK, PAYING
from ..models import Payment, Subscription


@dataclass(frozen=True)
class Line:
    payment: Payment
    number: int

    @property
    def has_receipt(self) -> bool:
        """It was paid once, whatever became of it."""
        return self.payment.status in PAYING | GIVEN_BACK and self.payment.paid_at is not None


@dataclass(frozen=True)
class Lines:
    """``older``: from which number down there are more, None where there are none."""

    shown: list[Line]
    older: int | None = None


def lines_of(subscription: Subscription, most: int, until: int | None = None) -> Lines:
    """Newest first, from the number ``until`` down (None: the newest), ``most`` at a time. Three queries."""
    count = subscription.payments.count()
    begin = count if until is None else min(count, until)
    rows = subscription.payments.order_by("-pk").prefetch_related("refunds")
    shown = numbered(rows[count - begin : count - begin + most], begin)
    left = begin - len(shown)
    return Lines(shown, left if left > 0 else None)


def numbered(payments: Iterable[Payment], newest: int) -> list[Line]:
    """Newest first; ``newest`` is the number of the first of them."""
    return [Line(payment, newest - behind) for behind, payment in enumerate(payments)]
