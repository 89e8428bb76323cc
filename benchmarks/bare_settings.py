"""benchmarks.settings without the app: the bare Django that a web process's memory is held against."""

from __future__ import annotations

from .settings import *  # noqa: F403
from .settings import INSTALLED_APPS

INSTALLED_APPS = [name for name in INSTALLED_APPS if name.startswith("django.contrib")]
ROOT_URLCONF = "benchmarks.bare_urls"
PAYMENT_SUBSCRIPTIONS = {}
