"""What a comparison finds: plain data, and what it comes to in people and money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from ..money import Money


class Kind(StrEnum):
    """What can differ. In the order in which it is told: people and money first."""

    ACCESS_WITHOUT_PAYMENT = "access_without_payment"
    PAID_WITHOUT_ACCESS = "paid_without_access"
    PAID_NOT_HERE = "paid_not_here"
    PAID_HERE_ONLY = "paid_here_only"
    GIVEN_BACK = "given_back"
    DISPUTED = "disputed"
    DUPLICATE = "duplicate"
    AMOUNT = "amount"
    ORPHAN_SUBSCRIPTION = "orphan_subscription"
    ORPHAN_PAYMENT = "orphan_payment"
    ORPHAN_CUSTOMER = "orphan_customer"
    GONE = "gone"
    CUSTOMER_GONE = "customer_gone"
    STATUS = "status"
    LEAVING = "leaving"
    PRICE = "price"
    PAYMENT = "payment"
    PERIOD = "period"


class Cause(StrEnum):
    """Why it differs, most likely."""

    NOTICE_LOST = "notice_lost"
    PANEL = "panel"
    BANK = "bank"
    ANSWER_LOST = "answer_lost"
    MADE_ELSEWHERE = "made_elsewhere"
    BOOKS_LOST = "books_lost"
    OTHER_ACCOUNT = "other_account"
    NOT_AGREED = "not_agreed"
    BOUGHT_TWICE = "bought_twice"
    WRITTEN_HERE = "written_here"


class Outcome(StrEnum):
    """What became of it. ``remains``: a person has to act."""

    FOUND = "found"
    REPAIRED = "repaired"
    REMAINS = "remains"


@dataclass(frozen=True)
class Finding:
    """One difference. ``payer`` tells payers apart, and may hold an e-mail: it is never shown. ``here`` and
    ``there`` are words of the life cycle, or amounts; ``names``: all that it is about, where it is several.
    ``repairs``: whether recording what the provider says, or tying it to its row, ends it."""

    kind: Kind
    provider: str
    mode: str
    cause: Cause
    payer: str = ""
    subscription: str = ""
    reference: str = ""
    payment: str = ""
    customer: str = ""
    here: str = ""
    there: str = ""
    money: Money | None = None
    names: tuple[str, ...] = ()
    repairs: bool = False
    outcome: Outcome = Outcome.FOUND

    def repaired(self) -> Finding:
        return replace(self, outcome=Outcome.REPAIRED if self.repairs else Outcome.REMAINS)

    def left(self) -> Finding:
        return replace(self, outcome=Outcome.REMAINS)


@dataclass
class Others:
    """What the account has besides, that is not ours by any sign: counted, and left alone."""

    customers: int = 0
    subscriptions: int = 0
    payments: int = 0


@dataclass
class Account:
    """One account, and whether it was compared: all of it, or (``reason``) nothing. The numbers are of what
    it listed, and of our ``rows``. ``unanswered``: rows that it gave no answer about when asked singly."""

    provider: str
    mode: str
    reason: str = ""
    customers: int = 0
    subscriptions: int = 0
    payments: int = 0
    rows: int = 0
    others: Others = field(default_factory=Others)
    unanswered: list[str] = field(default_factory=list)

    @property
    def compared(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class Line:
    """All findings of one kind: how many payers, and what it comes to in each currency."""

    kind: Kind
    findings: int
    payers: int
    money: tuple[Money, ...]


@dataclass
class Report:
    """What was compared and found."""

    since: datetime
    dry_run: bool
    accounts: list[Account] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was to be compared was."""
        return all(account.compared and not account.unanswered for account in self.accounts)

    @property
    def has_drift(self) -> bool:
        return bool(self.findings)

    @property
    def remaining(self) -> list[Finding]:
        return [found for found in self.findings if found.outcome != Outcome.REPAIRED]

    def summary(self) -> list[Line]:
        return list(summed(self.findings))


def summed(findings: Iterable[Finding]) -> Iterator[Line]:
    by_kind: dict[Kind, list[Finding]] = {}
    for found in findings:
        by_kind.setdefault(found.kind, []).append(found)
    for kind in Kind:
        if here := by_kind.get(kind):
            payers = {found.payer or found.reference or found.customer for found in here}
            yield Line(kind, len(here), len(payers), tuple(total(found.money for found in here)))


def total(amounts: Iterable[Money | None]) -> list[Money]:
    """One sum for each currency: pesos and dollars are never added."""
    sums: dict[str, Money] = {}
    for money in amounts:
        if money is not None:
            code = money.currency.code
            sums[code] = sums[code] + money if code in sums else money
    return [sums[code] for code in sorted(sums)]
