"""The time as the business sees it: one clock, replaceable by a setting.

A project that runs against a simulator points ``CLOCK`` at the simulator's clock, so that a
month moved on there is a month here too.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.utils.module_loading import import_string

from . import conf


def now() -> datetime:
    """The present moment, aware."""
    return cast(datetime, import_string(conf.get("CLOCK"))())
