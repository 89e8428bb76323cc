"""docs/settings.md has every option of a Stripe account and every way to charge there, and no other."""

from __future__ import annotations

import re

from payment_subscriptions.gateways.stripe.account import OPTIONS, TOLERANCE
from payment_subscriptions.gateways.stripe.strategies import TABLES

from .pages import DOCS, words
from .test_reference import rows


def test_every_option_and_no_other() -> None:
    told = [word for row in rows("settings.md", "Stripe's") for word in words(row[0])]
    assert sorted(told) == sorted(OPTIONS)


def test_how_old_a_signature_may_be() -> None:
    (row,) = (row for row in rows("settings.md", "Stripe's") if row[0] == "`WEBHOOK_TOLERANCE`")
    assert words(row[1]) == [str(TOLERANCE)]


def test_every_way_to_charge() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8").partition("## Stripe's")[2]
    told = re.findall(r"`(\w+)` \(", text.partition("Strategies:")[2].partition("\n")[0])
    assert sorted(told) == sorted({strategy for _purpose, strategy in TABLES})
