"""How money is taken at Flow, strategy by strategy, as tables of actions.

``card``: the payer registers a card, Flow charges each period. ``link``: Flow bills each period and
the payer pays the bill's link. ``order``: a payment order of ours for each period, or for a
one-time price. What is done for a subscription that exists is a table of its own.
"""

from __future__ import annotations

from ...actions import take
from ...base import Attempt, Step
from . import card, changes, link, order
from .context import Action, Context

TABLES: dict[tuple[str, str], tuple[Action, ...]] = {
    ("open", "card"): card.OPENING,
    ("open", "link"): link.OPENING,
    ("open", "order"): order.OPENING,
    ("card", "card"): card.CARD_CHANGE,
    ("renew", "order"): order.RENEWAL,
    ("resume", "card"): changes.RESUMPTION,
    ("resume", "link"): changes.RESUMPTION,
    ("change", "card"): changes.PLAN_CHANGE,
    ("change", "link"): changes.PLAN_CHANGE,
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
