"""Answers of settlement/*: what Flow paid out. Those before June 2021 have the first form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from .reading import Result, hidden


@dataclass(frozen=True, kw_only=True)
class SettlementSummary(Result):
    item: str | None = None
    amount: Decimal | None = None
    taxes: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class TransferDetail(Result):
    date: dt.date | None = None
    name: str | None = hidden()
    bank: str | None = None
    account: str | None = hidden()
    type: str | None = None
    rut: str | None = hidden()
    email: str | None = hidden()
    amount: Decimal | None = None
    status: str | None = None


@dataclass(frozen=True, kw_only=True)
class PaymentDetail(Result):
    id: int | None = None
    date: dt.datetime | None = None
    subject: str | None = hidden()
    media: str | None = None
    amount: Decimal | None = None
    rate: Decimal | None = None
    fee: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class GeneralDetail(Result):
    id: int | None = None
    date: dt.datetime | None = None
    subject: str | None = hidden()
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class RefundDetail(Result):
    id: int | None = None
    date: dt.datetime | None = None
    receiver_email: str | None = hidden()
    payment_id: int | None = None
    amount: Decimal | None = None
    fee: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Settlement(Result):
    """``enterprise``: "R" or "N", the company of Flow that paid it."""

    id: int
    date: dt.date | None = None
    rut: str | None = hidden()
    name: str | None = hidden()
    email: str | None = hidden()
    initial_balance: Decimal | None = None
    transferred: Decimal | None = None
    billed: Decimal | None = None
    final_balance: Decimal | None = None
    enterprise: str | None = None
    transferred_summary: tuple[SettlementSummary, ...] = ()
    billed_summary: tuple[SettlementSummary, ...] = ()
    transfers_detail: tuple[TransferDetail, ...] = ()
    payments_detail: tuple[PaymentDetail, ...] = ()
    general_returns_detail: tuple[GeneralDetail, ...] = ()
    refund_returns_detail: tuple[RefundDetail, ...] = ()
    refund_withholding_detail: tuple[RefundDetail, ...] = ()
    general_withholding_detail: tuple[GeneralDetail, ...] = ()
    refund_billed_detail: tuple[RefundDetail, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SettlementBaseV2(Result):
    """The head of a settlement, as settlement/search lists it."""

    id: int
    date: dt.date | None = None
    tax_id: str | None = hidden()
    name: str | None = hidden()
    email: str | None = hidden()
    currency: str | None = None
    initial_balance: Decimal | None = None
    final_balance: Decimal | None = None
    transferred: Decimal | None = None
    billed: Decimal | None = None
    enterprise: str | None = None


@dataclass(frozen=True, kw_only=True)
class SettlementCommissionSummary(Result):
    type: str | None = None
    amount: Decimal | None = None
    taxes: Decimal | None = None
    total: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SettlementPaymentSummary(Result):
    payment_method: str | None = None
    brand: str | None = None
    operations: int | None = None
    amount: Decimal | None = None
    rate: Decimal | None = None
    fixed: Decimal | None = None
    commission: Decimal | None = None
    taxes: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SettlementMovementSummary(Result):
    """A kind of credit or debit."""

    type: str | None = None
    operations: int | None = None
    amount: Decimal | None = None
    commission: Decimal | None = None
    taxes: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SettlementBilledSummary(Result):
    type: str | None = None
    amount: Decimal | None = None
    taxes: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SettlementSummaryV2(Result):
    transferred: tuple[SettlementSummary, ...] = ()
    commission: tuple[SettlementCommissionSummary, ...] = ()
    payment: tuple[SettlementPaymentSummary, ...] = ()
    credit: tuple[SettlementMovementSummary, ...] = ()
    debit: tuple[SettlementMovementSummary, ...] = ()
    billed: tuple[SettlementBilledSummary, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SettlementPaymentDetail(Result):
    trx_id: int | None = None
    date: dt.datetime | None = None
    concept: str | None = hidden()
    payment_method: str | None = None
    amount: Decimal | None = None
    rate: Decimal | None = None
    commission: Decimal | None = None
    taxes: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SettlementGeneralDetail(Result):
    id: int | None = None
    date: dt.datetime | None = None
    concept: str | None = hidden()
    trx_id: str | None = None
    amount: Decimal | None = None
    commission: Decimal | None = None
    taxes: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class SettlementDetailV2(Result):
    payment: tuple[SettlementPaymentDetail, ...] = ()
    debit: tuple[SettlementGeneralDetail, ...] = ()
    credit: tuple[SettlementGeneralDetail, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SettlementV2(SettlementBaseV2):
    """A whole settlement."""

    summary: SettlementSummaryV2 | None = None
    detail: SettlementDetailV2 | None = None
