"""Every charge ever attempted and every refund: the truth that a test compares its merchant with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .records import Order, Refund

TAKEN, DECLINED, GIVEN_BACK = "taken", "declined", "given back"


@dataclass
class Entry:
    time: datetime
    outcome: str  # taken, declined or given back
    kind: str  # order, charge, collect, invoice; of what was given back: refund, reversal
    media: str
    customer_id: str | None
    card: str | None  # last four
    commerce_order: str
    flow_order: int
    invoice_id: int | None
    subscription_id: str | None
    amount: Decimal
    currency: str
    moved: Decimal = Decimal(0)  # of the country's money: a UF is taken in pesos
    code: int | None = None
    reversed_at: datetime | None = None
    refund: str | None = None  # its token


@dataclass
class Books:
    entries: list[Entry] = field(default_factory=list)

    # --- writing ----------------------------------------------------------------------------

    def take(self, order: Order, time: datetime, media: str, card: str | None) -> None:
        self._write(order, time, TAKEN, order.kind, media=media, card=card)

    def decline(self, order: Order, time: datetime, media: str, card: str | None, code: int) -> None:
        self._write(order, time, DECLINED, order.kind, media=media, card=card, code=code)

    def reverse(self, order: Order, time: datetime) -> None:
        """The whole charge goes back."""
        for entry in self.taken(flow_order=order.flow_order):
            entry.reversed_at = time
        self._write(order, time, GIVEN_BACK, "reversal")

    def refund(self, refund: Refund, order: Order | None, time: datetime, currency: str) -> None:
        """``order`` is what is given back, where the refund names one."""
        entry = self._write(order, time, GIVEN_BACK, "refund")
        entry.amount = entry.moved = refund.amount
        entry.currency, entry.refund = currency, refund.token

    def _write(
        self, order: Order | None, time: datetime, outcome: str, kind: str, *,
        media: str = "", card: str | None = None, code: int | None = None,
    ) -> Entry:  # fmt: skip
        moved = order.receipt.amount if order and order.receipt and outcome != DECLINED else Decimal(0)
        entry = Entry(
            time=time,
            outcome=outcome,
            kind=kind,
            media=media,
            customer_id=order.customer_id if order else None,
            card=card,
            commerce_order=order.commerce_order if order else "",
            flow_order=order.flow_order if order else 0,
            invoice_id=order.invoice_id if order else None,
            subscription_id=order.subscription_id if order else None,
            amount=order.amount if order else Decimal(0),
            currency=order.currency if order else "",
            moved=moved,
            code=code,
        )
        self.entries.append(entry)
        return entry

    # --- asking -----------------------------------------------------------------------------

    def taken(self, **fields: object) -> list[Entry]:
        """Money that moved; narrow it by any field (``customer_id=...``, ``invoice_id=...``)."""
        return self._where(TAKEN, fields)

    def declined(self, **fields: object) -> list[Entry]:
        return self._where(DECLINED, fields)

    def given_back(self, **fields: object) -> list[Entry]:
        """Refunds that were paid out, and reversals. A refund is of the country's money, also of UF."""
        return self._where(GIVEN_BACK, fields)

    def total(self, currency: str = "CLP", **fields: object) -> Decimal:
        """What was taken and not given back."""
        taken = self.taken(currency=currency, **fields)
        numbers = {entry.flow_order for entry in taken}
        back = (entry for entry in self.given_back(currency=currency) if entry.flow_order in numbers)
        return _sum(entry.amount for entry in taken) - _sum(entry.amount for entry in back)

    def twice(self) -> list[str]:
        """What moved more than once: orders and invoices of more than one taking, and payments of
        which more was given back than had been taken."""
        taken = [entry for entry in self.taken() if entry.reversed_at is None]
        orders = Counter(entry.commerce_order for entry in taken)
        invoices = Counter(f"invoice {entry.invoice_id}" for entry in taken if entry.invoice_id)
        charged = [what for what, times in (orders + invoices).items() if times > 1]
        return charged + [f"given back {order}" for order in self._given_back_too_much()]

    def _given_back_too_much(self) -> list[str]:
        balance: dict[int, Decimal] = defaultdict(Decimal)
        for entry in self.taken():
            balance[entry.flow_order] += entry.moved
        for entry in self.given_back():
            if entry.flow_order:
                balance[entry.flow_order] -= entry.moved
        owing = {number for number, left in balance.items() if left < 0}
        return sorted({entry.commerce_order for entry in self.entries if entry.flow_order in owing})

    def _where(self, outcome: str, fields: dict[str, object]) -> list[Entry]:
        return [
            entry
            for entry in self.entries
            if entry.outcome == outcome and all(getattr(entry, k) == v for k, v in fields.items())
        ]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
