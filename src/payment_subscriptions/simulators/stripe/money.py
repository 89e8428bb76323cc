"""What Stripe takes of an amount. https://docs.stripe.com/currencies"""

from __future__ import annotations

from .errors import ApiError

ZERO = {
    "bif",
    "clp",
    "djf",
    "gnf",
    "jpy",
    "kmf",
    "krw",
    "mga",
    "pyg",
    "rwf",
    "vnd",
    "vuv",
    "xaf",
    "xof",
    "xpf",
}
THREE = {"bhd", "jod", "kwd", "omr", "tnd"}
# The least that a charge may be, for some currencies.
LEAST = {"usd": 50, "eur": 50, "gbp": 30, "jpy": 50, "clp": 500, "brl": 50, "mxn": 1000}


def check(amount: int, currency: str, param: str = "unit_amount") -> None:
    """Raises ApiError for an amount that Stripe takes no price of."""
    if len(currency) != 3 or currency != currency.lower():
        raise ApiError(f"Invalid currency: {currency}", param="currency", validation=True)
    if currency in THREE and amount % 10:
        raise ApiError(
            "Three-decimal amounts must be rounded to the nearest ten", param=param, validation=True
        )


def check_charge(amount: int, currency: str) -> None:
    if amount < LEAST.get(currency, 1):
        raise ApiError("Amount must be no less than the minimum", code="amount_too_small", param="amount")


def digits(currency: str) -> int:
    return 0 if currency in ZERO else 3 if currency in THREE else 2


def written(amount: int, currency: str) -> str:
    """For people: "US$ 10.00" would be too clever; "10.00 USD"."""
    places = digits(currency)
    return f"{amount / 10**places:,.{places}f} {currency.upper()}"
