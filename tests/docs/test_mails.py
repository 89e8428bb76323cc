"""docs/mails.md says what the code sends, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import payment_subscriptions
from payment_subscriptions import conf
from payment_subscriptions.mails import KINDS
from payment_subscriptions.mails.rendering import everywhere
from tests.docs.test_reference import DOCS, names, rows

FOLDER = Path(payment_subscriptions.__file__).parent / "templates/payment_subscriptions/mails"
PAGE = (DOCS / "mails.md").read_text()


def test_every_mail_and_its_templates() -> None:
    documented = {
        row[0].strip("`"): tuple(re.findall(r"`(\w+)`", row[2])) for row in rows("mails.md", "Every mail")
    }
    assert documented == {name: kind.templates for name, kind in KINDS.items()}
    assert list(documented) == list(KINDS)


def test_every_block_of_the_base() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("Blocks of `base.html`"))
    documented = set(re.findall(r"`(\w+)`", line)) - {"style"}
    written = set(re.findall(r"{% block (\w+) %}", (FOLDER / "base.html").read_text()))
    assert documented == written


def test_every_name_that_all_templates_have(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {"BASE_URL": "https://tienda.cl"}
    documented = {name for row in names("mails.md", "Your own look") for name in re.findall(r"\w+", row)}
    assert documented >= set(everywhere())
    used = {
        name
        for path in FOLDER.glob("base.*")
        for name in re.findall(r"{{ (\w+)", path.read_text()) + re.findall(r"{% if (\w+)", path.read_text())
    }
    assert used - documented <= {"subject", "label", "value"}


def test_the_ladder_is_the_default() -> None:
    shown = re.search(r'"DUNNING"\] = (\[.*?\])  # the default', PAGE)
    assert shown is not None
    assert eval(shown[1]) == list(conf.DEFAULTS["DUNNING"])
