"""Stripe's official test cards, and what each does. https://docs.stripe.com/testing"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OK = "4242424242424242"
DECLINED = "4000000000000002"
NO_FUNDS = "4000000000009995"
FAILS_LATER = "4000000000000341"
AUTHENTICATE = "4000002500003155"
ALWAYS_AUTHENTICATE = "4000002760003184"
DISPUTED = "4000000000000259"
MASTERCARD = "5555555555554444"


@dataclass(frozen=True)
class TestCard:
    """``decline``: the bank's word, and Stripe's code where it is another. ``attaches``: saved although each
    charge fails. ``authenticate``: with the payer there ("once"), or at every charge ("always")."""

    brand: str = "visa"
    decline: str = ""
    code: str = "card_declined"
    attaches: bool = False
    authenticate: Literal["", "once", "always"] = ""
    disputed: bool = False
    country: str = "US"

    __test__ = False  # pytest: this is no test


CARDS: dict[str, TestCard] = {
    OK: TestCard(),
    "4000056655665556": TestCard(),
    MASTERCARD: TestCard("mastercard"),
    "378282246310005": TestCard("amex"),
    "4000001520000008": TestCard(country="CL"),
    DECLINED: TestCard(decline="generic_decline"),
    NO_FUNDS: TestCard(decline="insufficient_funds"),
    "4000000000009987": TestCard(decline="lost_card"),
    "4000000000009979": TestCard(decline="stolen_card"),
    "4000000000000069": TestCard(decline="expired_card", code="expired_card"),
    "4000000000000127": TestCard(decline="incorrect_cvc", code="incorrect_cvc"),
    "4000000000000119": TestCard(decline="processing_error", code="processing_error"),
    FAILS_LATER: TestCard(decline="generic_decline", attaches=True),
    AUTHENTICATE: TestCard(authenticate="once"),
    "4000000000003220": TestCard(authenticate="once"),
    ALWAYS_AUTHENTICATE: TestCard(authenticate="always"),
    DISPUTED: TestCard(disputed=True),
}


def card(number: str) -> TestCard | None:
    return CARDS.get(digits(number))


def digits(number: str) -> str:
    """As people write it, with blanks or hyphens."""
    return number.replace(" ", "").replace("-", "")
