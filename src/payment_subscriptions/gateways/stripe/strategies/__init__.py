"""How money is taken at Stripe, as tables of actions.

``page``: Stripe's hosted page opens a subscription, and Stripe charges each period. ``once``: the same page
takes a single payment. What is done for a subscription that exists is a table of its own.
"""

from __future__ import annotations

from ...actions import take
from ...base import Attempt, Step
from . import changes, opening
from .context import Action, Context

TABLES: dict[tuple[str, str], tuple[Action, ...]] = {
    ("open", "page"): opening.OPENING,
    ("open", "once"): opening.OPENING,
    ("card", "page"): changes.CARD_CHANGE,
    ("resume", "page"): changes.RESUMPTION,
    ("change", "page"): changes.PLAN_CHANGE,
}


def advance(context: Context) -> Step:
    """Take the next step. Raises Refused, OutcomeUnknown, ConfigurationError."""
    return take(context, table(context.attempt), "take")


def resolve(context: Context) -> Step:
    """Say what became of the step whose answer was lost."""
    return take(context, table(context.attempt), "settle")


def table(attempt: Attempt) -> tuple[Action, ...]:
    return TABLES[attempt.purpose, attempt.strategy]


__all__ = ["Context", "advance", "resolve"]
