"""What Flow owes the merchant, day by day: what was taken, less its commission, less what went back.

The settlement of a day exists once the day is over and something moved in it. What a day leaves
owing (more went back than came in) is where the next one begins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from . import money
from .account import Account
from .books import Entry
from .records import Order, Receipt


@dataclass
class Settlement:
    date: date
    initial: Decimal = Decimal(0)
    payments: list[tuple[Order, Receipt]] = field(default_factory=list)
    returns: list[Entry] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(f"{self.date:%Y%m%d}")

    @property
    def paid(self) -> Decimal:
        return sum((receipt.amount for _, receipt in self.payments), Decimal(0))

    @property
    def fees(self) -> Decimal:
        """With tax."""
        return sum((receipt.fee for _, receipt in self.payments), Decimal(0))

    @property
    def returned(self) -> Decimal:
        return sum((entry.moved for entry in self.returns), Decimal(0))

    @property
    def transferred(self) -> Decimal:
        return max(self._balance, Decimal(0))

    @property
    def final(self) -> Decimal:
        return min(self._balance, Decimal(0))

    @property
    def _balance(self) -> Decimal:
        return self.initial + self.paid - self.fees - self.returned


def commission(receipt: Receipt) -> Decimal:
    """Without tax."""
    return money.commission(receipt.amount, receipt.currency)


def of(account: Account) -> dict[int, Settlement]:
    """Every settlement until yesterday, by id, oldest first."""
    days: dict[date, Settlement] = {}
    for order in account.orders.values():
        if order.receipt:
            day = order.receipt.date.date()
            days.setdefault(day, Settlement(day)).payments.append((order, order.receipt))
    for entry in account.books.given_back():
        day = entry.time.date()
        days.setdefault(day, Settlement(day)).returns.append(entry)
    today = account.clock.local().date()
    over = [days[day] for day in sorted(days) if day < today]
    for before, after in pairwise(over):
        after.initial = before.final
    return {each.id: each for each in over}
