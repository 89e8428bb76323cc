"""The pages of docs/, as tests read them: tables by their heads, code by its language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"

# Every page that is read: those of the site, and those at the repository's root.
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


def named(page: Path) -> str:
    """As tests call it: "docs/settings.md"."""
    return page.relative_to(ROOT).as_posix()


def table(page: str, *head: str) -> list[list[str]]:
    """The rows of all tables of a page whose head begins with those cells."""
    found: list[list[str]] = []
    for first, *rest in _tables((DOCS / page).read_text(encoding="utf-8")):
        if first[: len(head)] == list(head):
            found += rest[1:]
    assert found, f"{page} has no table of {head}"
    return found


def _tables(text: str) -> Iterator[list[list[str]]]:
    for block in re.findall(r"(?:^\|.*\n?)+", text, flags=re.MULTILINE):
        yield [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block.splitlines()]


def words(cell: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def names(page: str, *head: str) -> list[str]:
    """What stands in backticks in the first cells of those tables; of a call its name alone."""
    return [word.partition("(")[0] for row in table(page, *head) for word in words(row[0])]


def blocks(page: Path, language: str) -> list[str]:
    """Its fenced blocks of that language, whatever they are indented by."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(rf"^([ ]*)```{language}\n(.*?)^\1```$", text, flags=re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]
