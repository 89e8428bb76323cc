"""The benchmarks' shop, worked by the database's queue, with a handler that reaches outside.

What falls silent is taken over after seconds, so that a run sees it often. ``WORKERS_REQUEUE``: after how
many what was given is given again; more where more waits.
"""

from __future__ import annotations

import os

from benchmarks import settings as shop
from benchmarks.settings import *  # noqa: F403

INSTALLED_APPS = [*shop.INSTALLED_APPS, "tests.workers.site.Site"]
PAYMENT_SUBSCRIPTIONS = {
    **shop.PAYMENT_SUBSCRIPTIONS,
    "TASKS_BACKEND": "database",
    "INLINE_SECONDS": 2,
    "LEASE_SECONDS": 3,
    "REQUEUE_SECONDS": int(os.environ["WORKERS_REQUEUE"]),
    "MAX_TRIES": 100,
}
