"""Every charge ever tried, and all that was given back: what a test compares its merchant with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .account import Account, Thing

TAKEN, DECLINED, GIVEN_BACK, DISPUTED = "taken", "declined", "given back", "disputed"


@dataclass(frozen=True)
class Entry:
    """``amount`` in Stripe's integers; ``card`` the last four."""

    time: datetime
    outcome: str
    amount: int
    currency: str
    card: str
    customer: str
    intent: str
    invoice: str = ""
    code: str = ""


@dataclass
class Books:
    entries: list[Entry] = field(default_factory=list)

    def taken(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.outcome == TAKEN]

    def total(self, currency: str) -> int:
        """What was taken and kept."""
        signs = {TAKEN: 1, GIVEN_BACK: -1}
        return sum(
            signs.get(entry.outcome, 0) * entry.amount for entry in self.entries if entry.currency == currency
        )

    def twice(self) -> list[str]:
        """Bills and single payments that were charged more than once."""
        counted = Counter(entry.invoice or entry.intent for entry in self.taken())
        return [name for name, number in counted.items() if number > 1]


def book(account: Account, charge: Thing, outcome: str, amount: int) -> None:
    """Note what became of a charge after it was taken."""
    account.books.entries.append(
        Entry(
            account.clock.now(),
            outcome,
            amount,
            charge["currency"],
            charge["payment_method_details"]["card"]["last4"],
            charge["customer"] or "",
            charge["payment_intent"],
            invoice_of(account, charge["payment_intent"]),
        )
    )


def invoice_of(account: Account, intent: str) -> str:
    return next(
        (
            str(each["invoice"])
            for each in account.invoice_payments.values()
            if each["payment"]["payment_intent"] == intent
        ),
        "",
    )
