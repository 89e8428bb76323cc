"""A healthy merchant at each simulator, and what the doctor says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from io import StringIO
from typing import Any
from uuid import uuid4

from django.core.management import call_command

from payment_subscriptions.doctor import Code, Finding, Report, examine
from payment_subscriptions.sweep import sweep
from tests.shop import Shop
from tests.stripe.merchant import Merchant


def healthy_at_flow(shop: Shop) -> Shop:
    """Its plans are there, somebody has subscribed by card, and the sweep runs."""
    shop.open()
    shop.subscribe()
    sweep()
    return shop


def healthy_at_stripe(merchant: Merchant) -> Merchant:
    merchant.open()
    merchant.subscribe()
    merchant.stripe.settle()
    sweep()
    return merchant


def codes(report: Report | Iterable[Finding]) -> list[Code]:
    found = report.findings if isinstance(report, Report) else report
    return [each.code for each in found]


def one(report: Report, code: Code) -> Finding:
    (found,) = [each for each in report.findings if each.code == code]
    return found


def found() -> list[Code]:
    return codes(examine())


def run(*words: str) -> tuple[int, str]:
    """How it ended, and what it said."""
    out = StringIO()
    try:
        call_command("payments_doctor", *words, stdout=out, stderr=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def told(*words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run("--json", *words)[1])
    return answer


def our_kind_of_key() -> str:
    return uuid4().hex
