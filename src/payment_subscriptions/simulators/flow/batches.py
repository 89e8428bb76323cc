"""Collecting from many customers at once: rows are checked when they come, and collected later."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from . import collecting, money, orders
from .account import Account
from .errors import ApiError
from .records import Order

#: Codes of rows: a namespace of their own (108 here is no signature).
MESSAGES = {
    100: "Mandatory field not sent",
    101: "Value is empty or cero",
    102: "Invalid field",
    103: "customer not exist or deleted",
    104: "CommerceOrder already sent",
    105: "CommerceOrder has been previously paid",
    106: "Currency is not soported",
    107: "Amount is not numeric",
    108: "Amount can not contain decimals for this currency",
    109: f"The minimum amount is {money.MINIMUM_CLP} CLP",
    110: "Optional values are not in JSON format",
}
_MANDATORY = ("customerId", "commerceOrder", "subject", "amount")
_KNOWN = {*_MANDATORY, "currency", "paymentMethod", "optional"}


class RowError(Exception):
    def __init__(self, code: int, parameter: str) -> None:
        self.code, self.parameter = code, parameter
        super().__init__(MESSAGES[code])


@dataclass
class Row:
    customer_id: str
    commerce_order: str
    subject: str
    amount: Decimal
    currency: str
    optional: str | None
    status: str = "unprocessed"  # then collected or uncollected
    kind: int | None = None  # 1 by card, 2 link, 3 e-mail
    order: Order | None = None
    error: int | None = None


@dataclass
class Batch:
    token: str
    created: datetime
    callback: str
    terms: collecting.Terms
    rows: list[Row] = field(default_factory=list)
    status: str = "created"  # processing, processed
    processed: datetime | None = None


# --- taking it --------------------------------------------------------------------------------


def checked(account: Account, batch: Batch, values: object) -> Row:
    """One row as it came, if all of it is right."""
    if not isinstance(values, dict):
        raise RowError(102, "row")
    _check_names(values)
    order = str(values["commerceOrder"])
    customer = account.customers.get(str(values["customerId"]))
    if customer is None or customer.status != "1":
        raise RowError(103, "customerId")
    if orders.is_paid(account, order):
        raise RowError(105, "commerceOrder")
    if _is_sent(account, batch, order):
        raise RowError(104, "commerceOrder")
    currency, amount = _amount(account, values)
    optional = _optional(values.get("optional"))
    return Row(customer.id, order, str(values["subject"]), amount, currency, optional)


def _check_names(values: dict[str, Any]) -> None:
    for name in _MANDATORY:
        if name not in values:
            raise RowError(100, name)
        if values[name] in (None, "", 0, "0"):
            raise RowError(101, name)
    for name in values:
        if name not in _KNOWN:
            raise RowError(102, name)


def _is_sent(account: Account, batch: Batch, order: str) -> bool:
    """In this batch, or in one that still waits."""
    waiting = [each for each in account.batches.values() if each.status != "processed"]
    return any(row.commerce_order == order for each in [batch, *waiting] for row in each.rows)


def _amount(account: Account, values: dict[str, Any]) -> tuple[str, Decimal]:
    try:
        currency = money.accepted_currency(account.options, values.get("currency"), uf=True)
    except ApiError:
        raise RowError(106, "currency") from None
    try:
        amount = Decimal(str(values["amount"]))
        money.check_decimals(amount, currency)
    except InvalidOperation:
        raise RowError(107, "amount") from None
    except ApiError:
        raise RowError(108, "amount") from None
    if amount <= 0 or money.is_too_small(account.options, amount, currency):
        raise RowError(109, "amount")
    return currency, amount


def _optional(value: object) -> str | None:
    """An object, or a JSON string of one."""
    if value in (None, ""):
        return None
    try:
        return json.dumps(json.loads(value) if isinstance(value, str) else value)
    except ValueError:
        raise RowError(110, "optional") from None


# --- collecting -------------------------------------------------------------------------------


def process_later(account: Account, batch: Batch) -> None:
    account.batches[batch.token] = batch
    after = timedelta(seconds=account.options.batch_seconds)
    account.clock.at(account.clock.now() + after, lambda: _process(account, batch))


def _process(account: Account, batch: Batch) -> None:
    batch.status = "processing"
    for row in batch.rows:
        _collect(account, batch, row)
    batch.status, batch.processed = "processed", account.clock.local()
    account.post.post("batch", batch.callback, batch.token)


def _collect(account: Account, batch: Batch, row: Row) -> None:
    """What has become of customer and order meanwhile is looked at again."""
    customer = account.customers[row.customer_id]
    row.error = 103 if customer.status != "1" else None
    if orders.is_paid(account, row.commerce_order):
        row.error = 105
    if row.error:
        row.status = "uncollected"
        return
    order = orders.open_order(
        account,
        commerce_order=row.commerce_order,
        subject=row.subject,
        amount=row.amount,
        currency=row.currency,
        payer=customer.email,
        kind="collect",
        url_confirmation=batch.terms.url_confirmation,
        url_return=batch.terms.url_return,
        optional=row.optional,
        timeout=batch.terms.timeout,
    )
    row.order, row.status = order, "collected"
    row.kind = collecting.collect(account, order, customer, batch.terms)
