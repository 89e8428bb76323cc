"""``payment-subscriptions demo month``: tell the simulators of a running demo what happens next."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from . import simulator
from .running import FOLDER

# Flow's general rejection, and a bank's word at Stripe.
REFUSALS: dict[str, object] = {"Flow": -6, "Stripe": "insufficient_funds"}
# Stripe tells of a renewal three times: the period, the bill, the payment.
TOLD = {"Flow": 1, "Stripe": 3}


def _decline() -> None:
    for each in simulator.running():
        each.post("decline", code=REFUSALS[each.name])


def _lose() -> None:
    for each in simulator.running():
        each.post("callbacks/lose", times=TOLD[each.name])


VERBS: dict[str, Callable[[], None]] = {
    "day": lambda: simulator.move(days=1),
    "month": lambda: simulator.move(months=1),
    "year": lambda: simulator.move(months=12),
    "decline": _decline,
    "lose": _lose,
}


def tell(folder: Path, verb: str) -> int:
    """The process's exit code; the demo of the project in ``folder`` must be running."""
    known = folder / FOLDER / "simulators.json"
    if known.is_file() and not settings.configured:
        settings.configure(**json.loads(known.read_text()))
    try:
        if not known.is_file():
            raise simulator.Unreachable
        VERBS[verb]()
    except simulator.Unreachable:
        print(
            "The demo of this folder is not running. Begin with: payment-subscriptions demo", file=sys.stderr
        )
        return 1
    return 0
