from __future__ import annotations

from pathlib import Path

import pytest

from scripts.messages import EXAMPLE, as_mo, as_po, read, untranslated, updated
from tests.views.test_messages import compiled

PO = sorted(EXAMPLE.glob("locale/*/LC_MESSAGES/django.po"))


@pytest.mark.parametrize("po", PO, ids=lambda po: po.parent.parent.name)
def test_the_example_speaks_spanish(po: Path) -> None:
    """When it fails: python -m scripts.messages"""
    catalogue = read(po)
    assert po.read_bytes() == as_po(updated(catalogue, EXAMPLE))
    assert compiled(po.with_suffix(".mo").read_bytes()) == compiled(as_mo(read(po)))
    assert [message.id for message in untranslated(catalogue)] == []
    assert [message.id for message in catalogue if message.id and message.check(catalogue)] == []
