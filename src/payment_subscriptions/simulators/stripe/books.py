"""Every charge ever tried, and all that was given back: what a test compares its merchant with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

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
