"""Comparing 10,000 subscriptions with what their gateway has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.util import find_spec

from . import rows
from .figures import Figure

SUBSCRIPTIONS = 10_000
COMMAND = "payment_subscriptions.management.commands.payments_reconcile"


def run() -> Iterator[Figure]:
    from django.core.management import call_command

    if find_spec(COMMAND) is None:
        return
    rows.fill(SUBSCRIPTIONS)
    begun = time.perf_counter()
    call_command("payments_reconcile", "--provider", "stub", "--dry-run", "--json")
    yield Figure("reconcile", "10,000 subscriptions", time.perf_counter() - begun, "s")
