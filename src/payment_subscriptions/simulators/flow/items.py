"""Additional items: what is charged (or taken off) with every invoice, besides the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

MOST = 999


@dataclass
class AdditionalItem:
    """``amount`` below zero takes something off."""

    id: int
    name: str
    amount: Decimal
    currency: str
    created: datetime
    status: int = 1


@dataclass
class AddedItem:
    """An item on a subscription: name and amount are its own, until an edit for "all" changes them."""

    id: int
    item_id: int
    name: str
    amount: Decimal
    currency: str
    quantity: int
    created: datetime
    updated: datetime

    @property
    def total(self) -> Decimal:
        return self.amount * self.quantity

    @property
    def subject(self) -> str:
        return self.name if self.quantity == 1 else f"{self.name} x {self.quantity}"
