"""Answers of payment/*, refund/*, customer/charge, collect and their kin. Amounts are Decimal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .reading import Result, hidden


@dataclass(frozen=True, kw_only=True)
class PendingInfo(Result):
    """A coupon that was issued and is not yet paid (cash, transfer)."""

    media: str | None = None
    date: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentData(Result):
    """How it was paid; all None until it is. ``media`` is free text: never branch on it."""

    date: dt.datetime | None = None
    media: str | None = None
    conversion_date: dt.date | None = None
    conversion_rate: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    fee: Decimal | None = None
    balance: Decimal | None = None
    transfer_date: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentStatus(Result):
    """A payment order. ``status``: 1 pending, 2 paid, 3 rejected, 4 annulled."""

    flow_order: int
    status: int
    commerce_order: str | None = None
    request_date: dt.datetime | None = None
    subject: str | None = hidden()
    currency: str | None = None
    amount: Decimal | None = None
    payer: str | None = hidden()
    optional: Any = field(default=None, repr=False)
    pending_info: PendingInfo | None = None
    payment_data: PaymentData | None = None
    merchant_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentDataExtended(PaymentData):
    """With the card: ``card_number`` is the first six and the last four digits."""

    media_type: str | None = None
    card_last4: str | None = hidden()
    card_number: str | None = hidden()
    taxes: Decimal | None = None
    installments: int | None = None
    authorization_code: str | None = hidden()


@dataclass(frozen=True, kw_only=True)
class LastError(Result):
    """The last failed try; ``code`` is a key of DECLINES, ``acquirer_code`` the acquirer's own."""

    code: str | None = None
    message: str | None = hidden()
    acquirer_code: str | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentStatusExtended(PaymentStatus):
    """A payment order with the card and the last error."""

    payment_data: PaymentDataExtended | None = None
    last_error: LastError | None = None


@dataclass(frozen=True, kw_only=True)
class Charge(Result):
    """A row of customer/getCharges, whose shape Flow does not document: read what is there."""

    flow_order: int | None = None
    commerce_order: str | None = None
    status: int | None = None
    date: dt.datetime | None = None
    currency: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class PayLink(Result):
    """Where the payer goes: ``url`` and ``token``, joined in ``link``."""

    url: str = field(repr=False)
    token: str = field(repr=False)

    @property
    def link(self) -> str:
        """The address for the payer's browser: ``url?token=token``."""
        return f"{self.url}?token={self.token}"


@dataclass(frozen=True, kw_only=True)
class PayResponse(PayLink):
    """An order made: send the payer to ``link``; ``flow_order`` is Flow's number of it."""

    flow_order: int | None = None


@dataclass(frozen=True, kw_only=True)
class RefundStatus(Result):
    """``status``: created, accepted, rejected, refunded or canceled."""

    token: str = field(repr=False)
    refund_order: str | None = None
    date: dt.datetime | None = None
    status: str | None = None
    amount: Decimal | None = None
    fee: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class CollectResponse(Result):
    """``type``: 1 charged, 2 link, 3 e-mail. ``status`` 1 is *issued*, which is not paid."""

    commerce_order: str
    type: int | None = None
    flow_order: int | None = None
    url: str | None = hidden()
    token: str | None = hidden()
    status: int | None = None
    payment_result: PaymentStatus | None = None


@dataclass(frozen=True, kw_only=True)
class BatchCollectRejectedRow(Result):
    """A row that was not taken. ``error_code`` has numbers of its own: 108 is no signature here."""

    customer_id: str | None = None
    commerce_order: str | None = None
    row_number: int | None = None
    parameter: str | None = None
    error_code: int | None = None
    error_msg: str | None = hidden()


@dataclass(frozen=True, kw_only=True)
class BatchCollectResponse(Result):
    """A batch received; ask for it later by ``token``."""

    token: str = field(repr=False)
    received_rows: int | None = None
    accepted_rows: int | None = None
    rejected_rows: tuple[BatchCollectRejectedRow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CollectStatus(Result):
    """A row of a batch. ``status``: unprocessed, collected or uncollected."""

    commerce_order: str | None = None
    type: int | None = None
    flow_order: int | None = None
    url: str | None = hidden()
    token: str | None = hidden()
    status: str | None = None
    error_code: int | None = None
    error_msg: str | None = hidden()


@dataclass(frozen=True, kw_only=True)
class BatchCollectStatus(Result):
    """``status``: created, processing or processed."""

    token: str = field(repr=False)
    created_date: dt.datetime | None = None
    processed_date: dt.datetime | None = None
    status: str | None = None
    collect_rows: tuple[CollectStatus, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReverseCharge(Result):
    """``reversed``: the whole charge was taken back."""

    status: str
    message: str | None = hidden()

    @property
    def reversed(self) -> bool:
        """Flow's status "1"."""
        return self.status == "1"
