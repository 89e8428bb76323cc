"""Every charge ever attempted: the truth that a test compares its merchant with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .records import Order


@dataclass
class Entry:
    time: datetime
    outcome: str  # taken or declined
    kind: str  # order, charge, collect, invoice
    media: str
    customer_id: str | None
    card: str | None  # last four
    commerce_order: str
    flow_order: int
    invoice_id: int | None
    subscription_id: str | None
    amount: Decimal
    currency: str
    code: int | None = None
    reversed_at: datetime | None = None


@dataclass
class Books:
    entries: list[Entry] = field(default_factory=list)

    def write(
        self, order: Order, time: datetime, media: str, card: str | None, code: int | None = None
    ) -> None:
        self.entries.append(
            Entry(
                time=time,
                outcome="taken" if code is None else "declined",
                kind=order.kind,
                media=media,
                customer_id=order.customer_id,
                card=card,
                commerce_order=order.commerce_order,
                flow_order=order.flow_order,
                invoice_id=order.invoice_id,
                subscription_id=order.subscription_id,
                amount=order.amount,
                currency=order.currency,
                code=code,
            )
        )

    def taken(self, **fields: object) -> list[Entry]:
        """Money that moved; narrow it by any field (``customer_id=...``, ``invoice_id=...``)."""
        return self._where("taken", fields)

    def declined(self, **fields: object) -> list[Entry]:
        return self._where("declined", fields)

    def total(self, currency: str = "CLP", **fields: object) -> Decimal:
        """What was taken and not given back."""
        kept = (entry for entry in self.taken(currency=currency, **fields) if entry.reversed_at is None)
        return sum((entry.amount for entry in kept), Decimal(0))

    def twice(self) -> list[str]:
        """What was charged more than once: orders and invoices of more than one taking."""
        taken = [entry for entry in self.taken() if entry.reversed_at is None]
        orders = Counter(entry.commerce_order for entry in taken)
        invoices = Counter(f"invoice {entry.invoice_id}" for entry in taken if entry.invoice_id)
        return [what for what, times in (orders + invoices).items() if times > 1]

    def reverse(self, flow_order: int, time: datetime) -> None:
        for entry in self.taken(flow_order=flow_order):
            entry.reversed_at = time

    def _where(self, outcome: str, fields: dict[str, object]) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if entry.outcome == outcome and all(getattr(entry, k) == v for k, v in fields.items())
        ]
