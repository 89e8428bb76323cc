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
# The least that a charge may be. https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LEAST = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17_500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300,
    "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
    "clp": 500,  # not in that table, and so "the equivalent of 0.50 USD": about
}  # fmt: skip


def check(amount: int, currency: str, param: str = "unit_amount") -> None:
    """Raises ApiError for an amount that Stripe takes no price of."""
    if len(currency) != 3 or currency != currency.lower():
        raise ApiError(f"Invalid currency: {currency}", param="currency", validation=True)
    if currency in THREE and amount % 10:
        raise ApiError(
            "Three-decimal amounts must be rounded to the nearest ten", param=param, validation=True
        )


def is_too_small(amount: int, currency: str) -> bool:
    """Nothing at all is no charge."""
    return 0 < amount < LEAST.get(currency, 1)


def digits(currency: str) -> int:
    return 0 if currency in ZERO else 3 if currency in THREE else 2


def written(amount: int, currency: str) -> str:
    """For people: "US$ 10.00" would be too clever; "10.00 USD"."""
    places = digits(currency)
    return f"{amount / 10**places:,.{places}f} {currency.upper()}"
