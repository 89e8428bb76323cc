"""Money as Stripe writes it: an integer of the currency's smallest unit, by Stripe's own table.

Source: https://docs.stripe.com/currencies (zero-decimal, three-decimal and special currencies). It is not
ISO's: the Ugandan shilling and the Icelandic króna have no decimals and are written as if they had two, and
an amount of a three-decimal currency ends in 0.
"""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from ...exceptions import BadRequest
from ...money import Money, make

WITHOUT_DECIMALS = frozenset({
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF",
})  # fmt: skip
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
TWO_DECIMALS = frozenset({
    "USD", "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN",
    "BMD", "BND", "BOB", "BRL", "BSD", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CVE",
    "CZK", "DKK", "DOP", "DZD", "EGP", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GIP", "GMD", "GTQ", "GYD",
    "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "ISK", "JMD", "KES", "KGS", "KHR", "KYD", "KZT", "LAK",
    "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MKD", "MMK", "MNT", "MOP", "MUR", "MVR", "MWK", "MXN", "MYR",
    "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON",
    "RSD", "RUB", "SAR", "SBD", "SCR", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "STD", "SZL", "THB", "TJS",
    "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "UYU", "UZS", "WST", "XCD", "YER", "ZAR", "ZMW",
})  # fmt: skip
# What Stripe presents a charge in. Source: the same page.
CURRENCIES = WITHOUT_DECIMALS | TWO_DECIMALS | THREE_DECIMALS


def to_stripe(money: Money) -> int:
    """CLP 5000 is 5000, USD 5.00 is 500, BHD 5.000 is 5000.

    Raises BadRequest for an amount that the currency, or Stripe, cannot have: CLP 5.50, BHD 5.001.
    """
    currency = money.currency.code
    amount = make(money.amount, currency).amount.scaleb(_digits(currency))
    if amount % _step(currency):
        raise BadRequest(
            _("Stripe takes no such amount of %(currency)s.") % {"currency": currency},
            field="amount",
            code="decimals",
        )
    return int(amount)


def from_stripe(amount: int, currency: str) -> Money:
    """The money that Stripe's integer is."""
    code = currency.upper()
    return make(Decimal(amount).scaleb(-_digits(code)), code)


def _digits(currency: str) -> int:
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in THREE_DECIMALS else 2


def _step(currency: str) -> int:
    return 10 if currency in THREE_DECIMALS else 1
