"""Money: Decimal with a currency, and the only places where it becomes an integer or a text.

``CLF`` is ISO's code for the Chilean UF; Flow writes ``UF`` on the wire.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from babel.numbers import format_currency, format_decimal, get_currency_precision
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from moneyed import Money, get_currency
from moneyed.classes import CurrencyDoesNotExist

from .exceptions import BadRequest

__all__ = [
    "Money",
    "digits",
    "format_money",
    "format_times",
    "from_minor",
    "in_hand",
    "locale_of",
    "make",
    "to_minor",
]

_BABEL_LOCALES = {"es": "es_CL", "en": "en_US"}


def make(amount: Decimal | int | str, currency: str) -> Money:
    """Money that can exist: a known currency, no more decimals than it has.

    Raises BadRequest for an unknown currency, for what is not a number and for CLP with decimals.
    """
    try:
        unit = get_currency(currency)
        value = Decimal(str(amount))
    except (CurrencyDoesNotExist, InvalidOperation) as error:
        raise BadRequest(_("That is not an amount of money."), field="amount", code="not_money") from error
    if not value.is_finite() or value != value.quantize(
        Decimal(1).scaleb(-digits(currency)), ROUND_HALF_EVEN
    ):
        raise BadRequest(
            _("Amounts in %(currency)s have at most %(digits)s decimals.")
            % {"currency": currency, "digits": digits(currency)},
            field="amount",
            code="decimals",
        )
    return Money(value, unit)


def digits(currency: str) -> int:
    """How many decimals the currency has: CLP 0, USD 2, BHD 3, CLF 4."""
    return int(get_currency_precision(currency))


def in_hand(currency: str) -> str:
    """What the payer pays in: UF is a unit that nobody has in hand, it is paid in pesos."""
    return "CLP" if currency == "CLF" else currency


def to_minor(money: Money) -> int:
    """Minor units: CLP 5000 is 5000, USD 5.00 is 500, BHD 5.000 is 5000.

    Raises BadRequest when the amount has more decimals than the currency.
    """
    currency = money.currency.code
    return int(make(money.amount, currency).amount.scaleb(digits(currency)))


def from_minor(minor: int, currency: str) -> Money:
    """The money that ``minor`` units are."""
    return make(Decimal(minor).scaleb(-digits(currency)), currency)


def locale_of(language: str | None = None) -> str:
    """Babel's locale for how money and days are written in ``language``, by default the one in force."""
    return _BABEL_LOCALES.get((language or get_language() or "es")[:2], "es_CL")


def format_money(money: Money, language: str | None = None) -> str:
    """As people write it: "$10.000" (es), "CLP 10,000" (en), "UF 1,5".

    Pesos are bare in Spanish only: elsewhere a dollar sign would be read as dollars.
    """
    locale = locale_of(language)
    currency = money.currency.code
    if currency == "CLF":
        return "UF " + format_decimal(money.amount, format="#,##0.####", locale=locale)
    if currency == "CLP" and locale != "es_CL":
        return "CLP " + format_decimal(money.amount, format="#,##0", locale=locale)
    text = str(format_currency(money.amount, currency, locale=locale))
    return text.replace(currency, f"{currency}\N{NO-BREAK SPACE}")  # a code for want of a sign: "EUR 10,00"


def format_times(unit: Money, quantity: int) -> str:
    """ "3 × $10.000"; one is not counted."""
    return format_money(unit) if quantity == 1 else f"{quantity} × {format_money(unit)}"
