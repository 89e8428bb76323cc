"""docs/restyling.md has every block that a page can be filled by, and every variable of the stylesheet."""

from __future__ import annotations

import re
from pathlib import Path

import payment_subscriptions

from .pages import table, words

PACKAGE = Path(payment_subscriptions.__file__).parent
TEMPLATES = PACKAGE / "templates" / "payment_subscriptions"
STYLES = PACKAGE / "static" / "payment_subscriptions" / "pages.css"


def test_every_block_of_every_page_and_no_other() -> None:
    told = {words(row[0])[0]: set(words(row[1])) for row in table("restyling.md", "Template")}
    found = {
        page.name: set(re.findall(r"{% block (\w+)", page.read_text())) for page in TEMPLATES.glob("*.html")
    }
    assert told == {page: blocks for page, blocks in found.items() if blocks}


def test_every_variable_and_no_other() -> None:
    told = {word for row in table("restyling.md", "Variable") for word in words(row[0])}
    assert told == set(re.findall(r"^  (--pay-[\w-]+):", STYLES.read_text(), flags=re.MULTILINE))
