"""When to try again what failed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from . import conf
from .clock import now
from .exceptions import OutcomeUnknown

FIRST = timedelta(seconds=10)
LONGEST = timedelta(hours=1)
# What a provider in trouble left undone is tried at least so often, so that it is done soon after the outage.
LONGEST_IN_AN_OUTAGE = timedelta(minutes=10)
# An outage is not the fault of what waits for its end: as long as this, its failures do not count.
PATIENCE = timedelta(days=3)


def after(tries: int, told: object = None) -> datetime:
    """The moment of the next try after ``tries`` failures: 10 s, 20 s, 40 s ... at most an hour.

    Not before what ``told`` of the last one, an error or a step, asks for by its ``wait``.
    """
    return _spread(min(FIRST * 2 ** max(0, min(tries, 20) - 1), LONGEST), told)


def in_an_outage(since: datetime, told: object = None) -> datetime:
    """The moment of the next try of what has had no answer ``since`` then: half as long again."""
    return _spread(min(max(FIRST, (now() - since) / 2), LONGEST_IN_AN_OUTAGE), told)


def is_outage(error: Exception) -> bool:
    """Whether it says that the provider is in trouble, and nothing of what was asked."""
    return isinstance(error, OutcomeUnknown) and error.is_outage


def counts(error: Exception, since: datetime) -> bool:
    """Whether that failure is one of what was tried, or was laid to an outage for too long."""
    return not is_outage(error) or now() - since >= PATIENCE


def next_try(tries: int, since: datetime, error: Exception) -> tuple[int, datetime | None]:
    """After one more failure of a row: its tries, and the moment of the next one, None where it is given up.

    ``tries``: those that counted before; ``since``: when it first went without an answer.
    """
    if not counts(error, since):
        return tries, in_an_outage(since, error)
    tries += 1
    return tries, after(tries, error) if tries < conf.get("MAX_TRIES") else None


def _spread(wait: timedelta, told: object) -> datetime:
    """What waits for one provider does not come back in one moment."""
    asked = timedelta(seconds=getattr(told, "wait", 0.0))
    if asked:
        wait = max(wait, asked) * random.uniform(1, 1.5)  # noqa: S311 - jitter, no secret
    return now() + wait
