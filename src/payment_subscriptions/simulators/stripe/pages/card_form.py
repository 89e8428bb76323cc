"""The fields of a card, as they are shown and as they are read."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from .. import cards, payer
from .visit import Visit

SHOWN = {
    cards.OK: "is accepted",
    cards.DECLINED: "is declined",
    cards.NO_FUNDS: "has no funds",
    cards.AUTHENTICATE: "asks for 3-D Secure",
    cards.FAILS_LATER: "is accepted, and declined later",
}

NO_TEST_CARD = "This is no test card of Stripe: choose one of the list below. Nothing was charged."


class Wrong(Exception):
    """A field cannot be so; the message is for the payer, in English as words.py has it."""


@dataclass(frozen=True)
class Typed:
    number: str
    month: int
    year: int


def fields(visit: Visit) -> str:
    """What was typed stays, but for the security code."""
    shown = {
        "number": visit.field("number") or grouped(cards.OK),
        "expiry": visit.field("expiry") or "12/34",
        "cvc": "123",
        "name": visit.field("name"),
    }
    card = (
        field("number", visit.say("Card number"), shown["number"], "cc-number", numeric=True)
        + field("expiry", visit.say("Expires (MM/YY)"), shown["expiry"], "cc-exp", numeric=True)
        + field("cvc", visit.say("Security code"), shown["cvc"], "cc-csc", numeric=True)
        + field("name", visit.say("Name on the card"), shown["name"], "cc-name")
    )
    tests = "".join(f"<dt>{grouped(n)}</dt><dd>{escape(visit.say(does))}</dd>" for n, does in SHOWN.items())
    return f"{card}<details><summary>{visit.say('Test cards')}</summary><dl>{tests}</dl></details>"


def field(
    name: str, label: str, value: str, autocomplete: str, *, numeric: bool = False, kind: str = "text"
) -> str:
    mode = ' inputmode="numeric"' if numeric else ""
    return (
        f'<label for="{name}">{escape(label)}</label><input id="{name}" name="{name}" type="{kind}"{mode} '
        f'autocomplete="{autocomplete}" value="{escape(value)}">'
    )


def read(visit: Visit) -> Typed:
    """Raises Wrong."""
    try:
        number = payer.number_of(visit.field("number"))
    except payer.NotPossible:
        raise Wrong(NO_TEST_CARD) from None
    month, year = _expiry(visit.field("expiry"))
    now = visit.account.clock.now()
    if (year, month) < (now.year, now.month):
        raise Wrong("The card has expired.")
    if not (visit.field("cvc").isdecimal() and len(visit.field("cvc")) in (3, 4)):
        raise Wrong("The security code is not valid.")
    return Typed(number, month, year)


def _expiry(text: str) -> tuple[int, int]:
    month, _, year = text.replace(" ", "").partition("/")
    if not (month.isdecimal() and year.isdecimal() and 1 <= int(month) <= 12 and len(year) in (2, 4)):
        raise Wrong("The date of expiry is not valid.")
    return int(month), int(year) + (2000 if len(year) == 2 else 0)


def grouped(number: str) -> str:
    return " ".join(number[place : place + 4] for place in range(0, len(number), 4))
