"""Comparing 10,000 subscriptions with what their gateway has, each of which was renewed unheard."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from payment_subscriptions.reconcile import reconcile

from . import rows
from .figures import Figure

SUBSCRIPTIONS = 10_000


def run() -> Iterator[Figure]:
    rows.fill(SUBSCRIPTIONS)
    os.environ["BENCH_SUBSCRIPTIONS"] = str(SUBSCRIPTIONS)
    begun = time.perf_counter()
    report = reconcile(["stub"], dry_run=True)
    seconds = time.perf_counter() - begun
    if not report.is_complete:
        raise SystemExit("Not everything was compared")
    yield Figure("reconcile", "10,000 subscriptions, nothing written", seconds, "s")
    yield Figure("reconcile", "findings", len(report.findings), "")
