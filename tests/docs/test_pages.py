"""The pages of what payers see quote the pages' own words, in both languages, and leave out no state."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from django.utils.translation import override

from payment_subscriptions.gateways.flow import words as flow
from payment_subscriptions.gateways.stripe import words as stripe
from payment_subscriptions.views.states import State

from .pages import DOCS, ROOT, names, table, words

CATALOGUE = ROOT / "src" / "payment_subscriptions" / "locale" / "es" / "LC_MESSAGES" / "django.po"
LINES = r'((?:".*"\n)+)'
ENTRY = re.compile(rf"^msgid {LINES}(?:msgid_plural {LINES})?msgstr(?:\[0\])? {LINES}", re.MULTILINE)


@cache
def messages() -> tuple[dict[str, re.Pattern[str]], ...]:
    """What the pages say in English and in Spanish; anything may stand where a page puts a name or an
    amount."""
    found = ENTRY.findall(CATALOGUE.read_text(encoding="utf-8"))
    texts = [(_text(english), _text(spanish)) for english, _plural, spanish in found]
    return tuple({text[side]: _pattern(text[side]) for text in texts if text[side]} for side in (0, 1))


def _text(quoted: str) -> str:
    return "".join(ast.literal_eval(line) for line in quoted.strip().splitlines())


def _pattern(message: str) -> re.Pattern[str]:
    return re.compile(r".+".join(map(re.escape, re.split(r"%\(\w+\)s", message))))


@pytest.mark.parametrize(
    ("page", "quoted", "side"), [("pages.md", "“([^”]+)”", 0), ("pages.es.md", "«([^»]+)»", 1)]
)
def test_every_quotation_is_what_a_page_says(page: str, quoted: str, side: int) -> None:
    quotations = re.findall(quoted, (DOCS / page).read_text(encoding="utf-8"))
    assert len(quotations) > 40
    patterns = messages()[side].values()
    assert not [each for each in quotations if not any(pattern.fullmatch(each) for pattern in patterns)]


@pytest.mark.parametrize(("page", "head"), [("pages.md", "State"), ("pages.es.md", "Estado")])
def test_every_state_of_the_result(page: str, head: str) -> None:
    assert sorted(names(page, head)) == sorted(state.value for state in State)


@pytest.mark.parametrize(
    ("page", "language", "head"), [("pages.md", "en", "Code"), ("pages.es.md", "es", "Código")]
)
def test_every_decline_in_its_words(page: str, language: str, head: str) -> None:
    told = [(code, row[1]) for row in table(page, head) for code in words(row[0])]
    with override(language):
        own = [(code, str(text)) for module in (flow, stripe) for code, text in module.WORDS.items()]
    assert sorted(told) == sorted(own)
