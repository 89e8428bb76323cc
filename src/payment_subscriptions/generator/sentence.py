"""Plans as people say them: "10k, 20k, 50k, 100k, 250k CLP mensuales", "9.99 and 19.99 USD a month"."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from .exceptions import NotUnderstood

MONTHLY, YEARLY, ONCE = "monthly", "yearly", "one-time"
FREQUENCIES = (MONTHLY, YEARLY, ONCE)

# Words and what they mean, without accents; Spanish and English.
_FREQUENCY = {
    MONTHLY: "mensual mensuales mensualmente mes meses monthly month months",
    YEARLY: "anual anuales anualmente ano anos yearly annual annually year years",
    ONCE: "unico unicos unica unicas once one-time onetime",
}
_CURRENCY = {
    "CLP": "clp peso pesos chilenos",
    "CLF": "clf uf",
    "USD": "usd dolar dolares dollar dollars us$",
    "EUR": "eur euro euros €",
}
_TIMES = {"k": 3, "mil": 3, "luca": 3, "lucas": 3, "thousand": 3, "m": 6, "millon": 6, "millones": 6}
# What says nothing of an amount.
_SAYING_NOTHING = """
    a al amounts and cada cobrar cobro con cuesta cuestan de del e each el en for i importes la las los
    montos necesitamos necesito need o of or pago pagos paid payment payments per plan planes plans por
    precio precios price prices queremos quiero subscription subscriptions suscripcion suscripciones the
    time un una vez want we y $
"""
_FILLER = frozenset(_SAYING_NOTHING.split())
_COUNTED = frozenset({"plan", "planes", "plans", "precios", "prices", "montos", "amounts"})
_MEANS = {
    word: (kind, meaning)
    for kind, table in (("frequency", _FREQUENCY), ("currency", _CURRENCY))
    for meaning, words in table.items()
    for word in words.split()
}
_NUMBER = r"\d+(?:[.,]\d+)*"
_TOKEN = re.compile(
    rf"""(?P<name>[^\W\d_][^,;:=\n]{{0,39}}?)\s*=\s*(?={_NUMBER}|\$)
    |(?P<number>{_NUMBER})\s*(?P<times>millones|millon|mil|lucas|luca|thousand|[km])?(?![^\W_])
    |(?P<word>us\$|one-time|[^\W\d_]{{1,}}|[$€])
    |(?P<separator>[,;:/.&\n()|+-])
    |(?P<stray>\S)""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE_RUN = re.compile(r"\d+(?:,\d+)+")
_LARGEST = Decimal(10) ** 9


@dataclass(frozen=True)
class Amount:
    """One amount that was named; what was not said of it is empty."""

    value: Decimal
    currency: str = ""
    frequencies: tuple[str, ...] = ()
    name: str = ""


def read(text: str) -> list[Amount]:
    """The amounts in the order in which they are named, each with the currency and the frequencies that
    follow it ("10k, 20k CLP mensuales y 100k anual").

    Raises NotUnderstood, in the language in force.
    """
    said = _plain(text)
    found: list[Amount] = []
    pending = _Pending()
    for match in _TOKEN.finditer(_with_lists_apart(said)):
        if stray := match["stray"]:
            raise _not_understood(stray, text)
        if match["name"]:
            pending.name = text_of_name(match["name"], text)
        elif match["number"]:
            found = pending.amount(found, match, said, text)
        elif word := match["word"]:
            found = pending.word(found, word.lower(), text)
    found = pending.settled(found)
    if not found:
        raise NotUnderstood(
            _("No amount was found in “%(text)s”. Write them as 10000, 10.000 or 10k.") % {"text": text}
        )
    if pending.count is not None and pending.count != len(found):
        raise NotUnderstood(
            _("“%(text)s” speaks of %(count)s plans and names %(found)s amounts.")
            % {"text": text, "count": pending.count, "found": len(found)}
        )
    return found


class _Pending:
    """What has been read and not been given to an amount: words stand before or after what they belong to."""

    def __init__(self) -> None:
        self.name = ""
        self.count: int | None = None
        self._open = 0  # amounts from here on wait for their currency and frequency
        self._ahead: dict[str, str] = {}
        self._after_words = False

    def amount(self, found: list[Amount], match: re.Match[str], said: str, text: str) -> list[Amount]:
        if self._counts_plans(match):
            self.count = int(match["number"])
            return found
        if self._after_words:  # what was said belongs to the amounts before this one
            self._open, self._after_words = len(found), False
        value = _value(match["number"], match["times"] or "", said, text)
        ahead = self._ahead.pop("currency", "")
        found = [*found, Amount(value, ahead, (), self.name)]
        self.name = ""
        return found

    def _counts_plans(self, match: re.Match[str]) -> bool:
        follows = re.match(r"\s*([a-z]+)", match.string[match.end() :])
        return bool(
            follows and follows.group(1) in _COUNTED and match["number"].isdecimal() and not match["times"]
        )

    def word(self, found: list[Amount], word: str, text: str) -> list[Amount]:
        kind, meaning = _MEANS.get(word, ("", ""))
        if not kind and re.fullmatch("[a-z]{3}", word) and _is_currency(word.upper()):
            kind, meaning = "currency", word.upper()
        if not kind:
            if word not in _FILLER:
                raise _not_understood(word, text)
            return found
        if kind == "currency" and (not found or word == "us$"):
            self._ahead["currency"] = meaning
            return found
        if not found:
            self._ahead.setdefault("frequency", meaning)
            return found
        self._after_words = True
        return [
            each if number < self._open else _with(each, kind, meaning) for number, each in enumerate(found)
        ]

    def settled(self, found: list[Amount]) -> list[Amount]:
        """What was said before every amount ("monthly: 10k, 20k") is of all that say nothing else."""
        currency = next((each.currency for each in found if each.currency), "")
        frequency = self._ahead.get("frequency", "")
        last = next((each.frequencies for each in reversed(found) if each.frequencies), ())
        return [
            Amount(
                each.value,
                each.currency or currency or self._ahead.get("currency", ""),
                each.frequencies or ((frequency,) if frequency else last),
                each.name,
            )
            for each in found
        ]


def _with(each: Amount, kind: str, meaning: str) -> Amount:
    if kind == "currency":
        return Amount(each.value, each.currency or meaning, each.frequencies, each.name)
    frequencies = tuple(f for f in FREQUENCIES if f in {*each.frequencies, meaning})
    return Amount(each.value, each.currency, frequencies, each.name)


def _plain(text: str) -> str:
    """Small letters without accents; as long as the text, letter for letter."""
    return "".join(
        unicodedata.normalize("NFD", letter)[0].lower() if letter.isalpha() else letter for letter in text
    )


def text_of_name(plain: str, text: str) -> str:
    """A name as it was written, with its capitals and accents."""
    begin = _plain(text).index(plain)
    return text[begin : begin + len(plain)].strip()


def _with_lists_apart(said: str) -> str:
    """ "10000,20000" is two amounts, "10,000 and 20,000" are two as well: a comma with nothing beside it
    separates, unless only three digits follow each, and something else separates too, or a group begins
    with 0."""

    def apart(match: re.Match[str]) -> str:
        run = match.group()
        groups = run.split(",")
        thousands = len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
        elsewhere = bool(re.search(r"\d[^\d.,]+(?:[^\d]*)\d", said))
        if thousands and (elsewhere or any(group.startswith("0") for group in groups[1:])):
            return run
        if len(groups) == 2 and elsewhere and len(groups[1]) <= 2:
            return run  # a decimal comma: something else separates
        return ", ".join(groups)

    return _BARE_RUN.sub(apart, said)


def _value(number: str, times: str, said: str, text: str) -> Decimal:
    grouped = re.fullmatch(r"\d{1,3}(?:\.\d{3})+|\d{1,3}(?:,\d{3})+", number)
    if grouped and re.search(r"\b(uf|clf)\b", said):
        raise NotUnderstood(
            _("“%(number)s” can be thousands or decimals of an UF. Write 1500, or 1.5.") % {"number": number}
        )
    plain = re.sub("[.,]", "", number) if grouped else number.replace(",", ".")
    if plain.count(".") > 1:
        raise NotUnderstood(_("“%(number)s” is no amount. Write 10000, 10.000 or 10k.") % {"number": number})
    value = Decimal(plain).scaleb(_TIMES.get(times.lower(), 0))
    value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    if not 0 < value < _LARGEST:
        raise NotUnderstood(
            _("“%(number)s” in “%(text)s” is no price. Write amounts as 10000, 10.000 or 10k.")
            % {"number": number + times, "text": text}
        )
    return value


def _is_currency(code: str) -> bool:
    from moneyed import CURRENCIES

    return code in CURRENCIES


def _not_understood(word: str, text: str) -> NotUnderstood:
    return NotUnderstood(
        _("“%(word)s” in “%(text)s” was not understood. Write it like this: 10k, 20k CLP monthly.")
        % {"word": word, "text": text}
    )
