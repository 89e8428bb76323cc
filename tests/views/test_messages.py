"""The Spanish texts are whole, and what is compiled is what is written."""

from __future__ import annotations

import io
from gettext import GNUTranslations
from pathlib import Path

import pytest

from scripts.messages import LOCALE, as_mo, as_po, is_translated, key, read, texts, updated

PO = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))
ids = [po.parent.parent.name for po in PO]


def compiled(mo: bytes) -> dict[object, str]:
    """The texts in it; its header names the tool that wrote it."""
    found: dict[object, str] = GNUTranslations(io.BytesIO(mo))._catalog  # type: ignore[attr-defined]
    return {text: translation for text, translation in found.items() if text}


def test_there_is_spanish() -> None:
    assert ids == ["es"]


def test_templates_and_code_are_searched() -> None:
    found = {key(message) for message in texts() if message.id}
    assert {
        "Choose your plan",
        "Nothing has been charged.",
        "Past due",
        "That is not an e-mail address.",
    } <= found


@pytest.mark.parametrize("po", PO, ids=ids)
def test_every_text_of_the_code_is_translated(po: Path) -> None:
    catalogue = read(po)
    wanted = {(key(message), message.context) for message in texts() if message.id}
    assert wanted <= {(key(message), message.context) for message in catalogue}
    assert [message.id for message in catalogue if message.id and not is_translated(message)] == []


@pytest.mark.parametrize("po", PO, ids=ids)
def test_what_is_written_is_what_the_code_says_and_what_is_compiled(po: Path) -> None:
    """When it fails: python -m scripts.messages"""
    assert po.read_bytes() == as_po(updated(read(po)))
    assert compiled(po.with_suffix(".mo").read_bytes()) == compiled(as_mo(read(po)))


@pytest.mark.parametrize("po", PO, ids=ids)
def test_placeholders_survive_translation(po: Path) -> None:
    catalogue = read(po)
    assert [message.id for message in catalogue if message.id and message.check(catalogue)] == []
