"""Amounts: what Flow accepts, what it keeps for itself, what a UF is worth."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from .errors import ApiError
from .options import Options

MINIMUM_CLP = 350
RATE = Decimal("0.0319")
_TAX = Decimal("1.19")
_DECIMALS = {"CLP": 0, "PEN": 2, "MXN": 2, "UF": 4}


def accepted_currency(options: Options, currency: str | None, *, uf: bool) -> str:
    """The currency to use; UF only where a card or a plan is charged, and only in Chile."""
    wanted = currency or options.currency
    allowed = {options.currency} | ({"UF"} if uf and options.country == "CL" else set())
    if wanted not in allowed:
        raise ApiError(1990, f"Commerce has not this currency pay '{wanted}'")
    return wanted


def check_amount(options: Options, amount: Decimal, currency: str) -> Decimal:
    check_decimals(amount, currency)
    if is_too_small(options, amount, currency):
        raise ApiError(1901, too_small())
    if amount <= 0:
        raise ApiError(1901, "The amount must be greater than zero")
    return amount


def check_decimals(amount: Decimal, currency: str) -> Decimal:
    if amount != amount.quantize(Decimal(1).scaleb(-_DECIMALS.get(currency, 2))):
        raise ApiError(1902, "Amount can not contain decimals for this currency")
    return amount


def is_too_small(options: Options, amount: Decimal, currency: str) -> bool:
    in_pesos = amount * options.uf_rate if currency == "UF" else amount
    return currency in ("CLP", "UF") and in_pesos < MINIMUM_CLP


def too_small() -> str:
    return f"The minimum amount is {MINIMUM_CLP} CLP"


def rounded(amount: Decimal, currency: str) -> Decimal:
    step = Decimal(1).scaleb(-_DECIMALS.get(currency, 2))
    return amount.quantize(step, rounding=ROUND_HALF_UP)


def in_local(amount: Decimal, currency: str, pesos: Decimal) -> tuple[Decimal, str]:
    """What is really taken: amount and currency; ``pesos`` is what a UF is worth."""
    return (rounded(amount * pesos, "CLP"), "CLP") if currency == "UF" else (amount, currency)


def shown(amount: Decimal, currency: str) -> str:
    """As people read it: $10.000, UF 1,785."""
    text = thousands(amount)
    return f"${text}" if currency == "CLP" else f"{currency} {text}"


def thousands(amount: Decimal) -> str:
    return f"{amount.normalize():,f}".translate(str.maketrans(",.", ".,"))


def fee(amount: Decimal, currency: str) -> Decimal:
    """Commission and its tax."""
    return rounded(amount * RATE * _TAX, currency)


def commission(amount: Decimal, currency: str) -> Decimal:
    return rounded(amount * RATE, currency)
