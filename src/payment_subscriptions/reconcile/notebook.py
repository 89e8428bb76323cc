"""What one account listed, kept while it is compared: in a file of SQLite's own that is gone with it, so that
a million rows take no memory. Nothing of it is in the project's database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..gateways.base import ListedCustomer, ListedPayment, ListedSubscription, PaymentSnapshot
from ..lifecycle import BEGUN, GIVEN_BACK, PAYING, PaymentStatus
from ..money import Money

#: Rows that are read, written or looked up at once.
BATCH = 500

TABLES = """
CREATE TABLE customer (reference TEXT PRIMARY KEY, key TEXT, email TEXT);
CREATE TABLE subscription (
    reference TEXT PRIMARY KEY, customer TEXT, own_order TEXT, status TEXT, is_live INT, price_id TEXT,
    quantity INT, period_end TEXT, leaves INT, next_price_id TEXT, here INT, slot TEXT
);
CREATE INDEX subscription_customer ON subscription (customer);
CREATE TABLE payment (
    reference TEXT PRIMARY KEY, subscription TEXT, customer TEXT, own_order TEXT, is_ours INT, status TEXT,
    amount TEXT, currency TEXT, refunded TEXT, paid TEXT, paid_currency TEXT, paid_at TEXT
);
CREATE INDEX payment_subscription ON payment (subscription);
"""


@dataclass(frozen=True)
class Customer:
    """As listed."""

    reference: str
    key: str
    email: str


@dataclass(frozen=True)
class Subscription:
    """As listed. ``here``: the pk of our row, once it is known. ``slot``: of the catalogue's plan whose
    price it is; "" where it is none of ours."""

    reference: str
    customer: str
    order: str
    status: str
    is_live: bool
    price_id: str
    quantity: int
    period_end: datetime | None
    leaves: bool
    next_price_id: str
    here: int | None
    slot: str


@dataclass(frozen=True)
class Payment:
    """As listed. ``paid`` is what left the payer's hand; ``refunded`` None where nobody tells."""

    reference: str
    subscription: str
    customer: str
    order: str
    is_ours: bool
    status: PaymentStatus
    amount: Money
    refunded: Decimal | None
    paid: Money
    paid_at: datetime | None

    @property
    def is_paid(self) -> bool:
        return self.status in PAYING

    @property
    def was_paid(self) -> bool:
        """Also where it was given back since."""
        return self.status in PAYING | GIVEN_BACK


class Notebook:
    """Of one account. Things that were listed twice are kept as they were last."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # a temporary file, gone when it is closed
        self._file.executescript(TABLES)

    def close(self) -> None:
        self._file.close()

    # Writing

    def add_customers(self, listed: Iterable[ListedCustomer]) -> None:
        rows = [astuple(each) for each in listed]
        self._file.executemany("INSERT OR REPLACE INTO customer VALUES (?, ?, ?)", rows)

    def add_subscriptions(self, listed: Sequence[ListedSubscription]) -> None:
        """With the payments that they tell of."""
        rows = [_subscription_row(each) for each in listed]
        self._file.executemany(f"INSERT OR REPLACE INTO subscription VALUES ({_marks(12)})", rows)  # noqa: S608
        self.add_payments(
            ListedPayment(payment, each.snapshot.reference, each.snapshot.customer_reference)
            for each in listed
            for payment in each.snapshot.payments
        )

    def add_payments(self, listed: Iterable[ListedPayment]) -> None:
        rows = [_payment_row(each) for each in listed]
        self._file.executemany(f"INSERT OR REPLACE INTO payment VALUES ({_marks(12)})", rows)  # noqa: S608

    def tie(self, known: Iterable[tuple[int | None, str, str]]) -> None:
        """Note (our row's pk, the slot of its plan, its reference there) of subscriptions."""
        self._file.executemany("UPDATE subscription SET here = ?, slot = ? WHERE reference = ?", list(known))

    # Reading

    def count(self, table: str) -> int:
        return int(self._file.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608

    def customers(self) -> Iterator[list[Customer]]:
        for rows in self._batches("customer"):
            yield [Customer(*row) for row in rows]

    def subscriptions(self) -> Iterator[list[Subscription]]:
        for rows in self._batches("subscription"):
            yield [_subscription(row) for row in rows]

    def payments(self) -> Iterator[list[Payment]]:
        for rows in self._batches("payment"):
            yield [_payment(row) for row in rows]

    def payments_of(self, references: Sequence[str]) -> list[Payment]:
        """Of those subscriptions."""
        return [_payment(row) for row in self._found("payment", "subscription", references)]

    def customers_by(self, references: Sequence[str]) -> dict[str, Customer]:
        return {row[0]: Customer(*row) for row in self._found("customer", "reference", references)}

    def unseen(self, table: str, references: Sequence[str]) -> set[str]:
        """Those of them that were not listed."""
        return set(references) - {row[0] for row in self._found(table, "reference", references)}

    def doubles(self, identity: str) -> Iterator[list[Subscription]]:
        """Live subscriptions of ours for one slot that several have who are one by ``identity``: the
        customer's "reference", "key" or "email". Those of one row of ours are one."""
        groups = self._file.execute(
            f"""
            SELECT group_concat(s.reference, char(10)) FROM subscription s
            LEFT JOIN customer c ON c.reference = s.customer
            WHERE s.is_live AND s.slot != '' AND {_IDENTITIES[identity]} != ''
            GROUP BY lower({_IDENTITIES[identity]}), s.slot
            HAVING count(DISTINCT coalesce(CAST(s.here AS TEXT), s.reference)) > 1
            """  # noqa: S608 - our own words
        )
        for (names,) in groups:
            found = self._found("subscription", "reference", sorted(names.split("\n")))
            yield [_subscription(row) for row in found]

    def _batches(self, table: str) -> Iterator[list[Any]]:
        last = 0
        while rows := self._file.execute(
            f"SELECT rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT {BATCH}",  # noqa: S608
            (last,),
        ).fetchall():
            last = rows[-1][0]
            yield [row[1:] for row in rows]

    def _found(self, table: str, column: str, values: Sequence[str]) -> list[Any]:
        where = f"{column} IN ({_marks(len(values))}) ORDER BY rowid"
        return self._file.execute(f"SELECT * FROM {table} WHERE {where}", list(values)).fetchall()  # noqa: S608


_IDENTITIES = {"reference": "s.customer", "key": "c.key", "email": "c.email"}


def _marks(number: int) -> str:
    return ", ".join("?" * number)


def _subscription_row(listed: ListedSubscription) -> tuple[Any, ...]:
    told = listed.snapshot
    return (
        told.reference,
        told.customer_reference,
        listed.order,
        told.status.value,
        told.status in BEGUN,
        told.price_id,
        told.quantity,
        told.period_end.isoformat() if told.period_end else None,
        told.cancel_at_period_end,
        told.next_price_id,
        None,
        "",
    )


def _subscription(row: Sequence[Any]) -> Subscription:
    reference, customer, order, status, live, price_id, quantity, end, leaves, next_price_id, here, slot = row
    return Subscription(
        reference,
        customer,
        order,
        status,
        bool(live),
        price_id,
        quantity,
        _moment(end),
        bool(leaves),
        next_price_id,
        here,
        slot,
    )


def _payment_row(listed: ListedPayment) -> tuple[Any, ...]:
    told: PaymentSnapshot = listed.payment
    paid = told.settled or told.amount
    return (
        told.reference,
        listed.subscription_reference,
        listed.customer_reference,
        listed.order or told.order,
        listed.is_ours,
        told.status.value,
        str(told.amount.amount),
        told.amount.currency.code,
        None if told.refunded is None else str(told.refunded.amount),
        str(paid.amount),
        paid.currency.code,
        told.paid_at.isoformat() if told.paid_at else None,
    )


def _payment(row: Sequence[Any]) -> Payment:
    reference, subscription, customer, order, is_ours, status, amount, currency, refunded, paid, unit, at = (
        row
    )
    return Payment(
        reference,
        subscription,
        customer,
        order,
        bool(is_ours),
        PaymentStatus(status),
        Money(amount, currency),
        None if refunded is None else Decimal(refunded),
        Money(paid, unit),
        _moment(at),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
