"""Collect the texts that payers and operators read, and compile their translations: needs no gettext.

``python -m scripts.messages`` brings locale/*/LC_MESSAGES/django.po up to date with the code and
compiles django.mo; texts without a translation are named, and the exit code tells of them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

NEVER = datetime(2000, 1, 1, tzinfo=UTC)
# Lines of the header that change by themselves, or say nothing.
NOISE = tuple(
    f'"{name}'.encode()
    for name in (
        "Project-Id-Version",
        "Report-Msgid-Bugs-To",
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "payment_subscriptions"
EXAMPLE = ROOT / "example"
LOCALE = SOURCE / "locale"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


def main() -> int:
    return 1 if sum([brought_up_to_date(source) for source in (SOURCE, EXAMPLE)]) else 0


def brought_up_to_date(source: Path) -> int:
    """How many texts have no translation."""
    missing = 0
    for po in sorted(source.glob("locale/*/LC_MESSAGES/django.po")):
        catalogue = updated(read(po), source)
        po.write_bytes(as_po(catalogue))
        po.with_suffix(".mo").write_bytes(as_mo(catalogue))
        for message in untranslated(catalogue):
            missing += 1
            print(f"{po.parent.parent.name}: not translated: {message.id!r}", file=sys.stderr)
    return missing


def texts(source: Path = SOURCE) -> Catalog:
    """Every text of the code and the templates, with where it stands."""
    catalogue = Catalog(charset="utf-8")
    templates = (path for end in ("html", "txt") for path in source.rglob(f"templates/**/*.{end}"))
    for path in sorted([*source.rglob("*.py"), *templates]):
        place = path.relative_to(source).as_posix()
        for _line, text, comments, context in texts_of(path):
            catalogue.add(text, locations=[(place, 0)], auto_comments=comments, context=context)
    return catalogue


def texts_of(path: Path) -> Iterator[tuple[int, Any, list[str], str | None]]:
    code = path.read_text()
    if path.suffix != ".py":  # Django turns a template into Python; its indentation means nothing there
        code = "\n".join(line.strip() for line in templatize(code).splitlines())
    yield from extract("python", io.BytesIO(code.encode()), KEYWORDS, ["Translators:"])


def read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=po.parent.parent.name)


def updated(old: Catalog, source: Path = SOURCE) -> Catalog:
    """The texts of now, with the translations that there are; nothing is guessed."""
    new = texts(source)
    new.locale, new.header_comment, new.fuzzy = old.locale, old.header_comment, False
    for message in new:
        if message.id and (known := old.get(key(message), message.context)):
            message.string = known.string
    return new


def key(message: Any) -> str:
    return str(message.id[0] if isinstance(message.id, tuple) else message.id)


def untranslated(catalogue: Catalog) -> list[Any]:
    return [message for message in catalogue if message.id and not is_translated(message)]


def is_translated(message: Any) -> bool:
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings) and not message.fuzzy


def as_po(catalogue: Catalog) -> bytes:
    """The same for the same texts: sorted, without dates or line numbers."""
    file = io.BytesIO()
    write_po(file, catalogue, sort_output=True, width=110, include_lineno=False, omit_header=False)
    return b"".join(line for line in file.getvalue().splitlines(keepends=True) if not line.startswith(NOISE))


def as_mo(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    catalogue.creation_date = catalogue.revision_date = NEVER
    write_mo(file, catalogue)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
