"""The threat model names a test for each threat, and each of them exists."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from payment_subscriptions.personal_data import ERASED
from tests.admin.test_verbs import VERBS

from .test_reference import DOCS, rows

ROOT = Path(DOCS).parent


@pytest.mark.parametrize("row", rows("security.md", "Threats"), ids=lambda row: row[0])
def test_each_threat_has_a_test_that_exists(row: list[str]) -> None:
    threat, done, test = row
    assert threat
    assert done
    path, _, name = test.strip("`").partition("::")
    functions = [node.name for node in ast.parse((ROOT / path).read_text()).body if hasattr(node, "name")]
    assert functions.count(name) == 1


def test_the_threats_of_which_there_must_be_one() -> None:
    text = (DOCS / "security.md").read_text().lower()
    for word in (
        "forged", "played again", "guessing", "flooding", "e-mail of somebody else", "open redirects",
        "cross-site", "clickjacking", "content-security-policy", "enumerating", "server-side requests",
        "logs", "error pages", "staff", "comparison", "dependencies", "personal data", "bodies",
    ):  # fmt: skip
        assert word in text, word


def test_each_permission_is_in_the_table() -> None:
    told = " ".join(row[1] for row in rows("security.md", "Permissions"))
    assert not [permission for _noun, permission in VERBS.values() if f"`{permission}`" not in told]


def test_each_noun_that_holds_personal_data_is_told_of() -> None:
    told = {row[0].strip("`") for row in rows("personal-data.md", "What is held where")}
    assert {model.__name__ for model in ERASED} == told
