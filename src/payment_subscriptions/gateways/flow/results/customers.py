"""Answers of customer/* that are about the customer and the card, and of merchant/*."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from .payments import PayLink
from .reading import Result, hidden


@dataclass(frozen=True, kw_only=True)
class Customer(Result):
    """``status`` "1" active, "0" deleted; ``pay_mode`` "auto" once a card is there, else "manual"."""

    customer_id: str
    created: dt.datetime | None = None
    email: str | None = hidden()
    name: str | None = hidden()
    pay_mode: str | None = None
    card_type: str | None = None
    card_last4_digits: str | None = hidden()
    external_id: str | None = hidden()
    status: str | None = None
    register_date: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterLink(PayLink):
    """Where the payer enters a card: send the browser to ``link``."""


@dataclass(frozen=True, kw_only=True)
class RegisterResult(Result):
    """``status`` "1" the card is registered, "0" not, or not yet: right after the redirect it can
    still be "0". ``card_number`` is the first six and the last four digits."""

    status: str
    customer_id: str | None = None
    card_type: str | None = None
    card_last4_digits: str | None = hidden()
    card_number: str | None = hidden()
    issuer_bank: str | None = None


@dataclass(frozen=True, kw_only=True)
class ChargeAttempt(Result):
    """A failed charge. ``error_code`` is a key of DECLINES or an API code; ``invoice_id`` None if none."""

    id: int | None = None
    date: dt.datetime | None = None
    customer_id: str | None = None
    invoice_id: int | None = None
    commerce_order: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    error_code: str | None = None
    error_description: str | None = hidden()


@dataclass(frozen=True, kw_only=True)
class Merchant(Result):
    """``status``: 0 pending, 1 approved, 2 rejected."""

    id: str
    name: str | None = hidden()
    url: str | None = hidden()
    created_date: dt.datetime | None = None
    status: int | None = None
    verified_date: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MerchantDeleted(Result):
    """``status`` "ok"."""

    status: str
    message: str | None = hidden()
