"""``payment-subscriptions demo month``: tell the simulators of a running demo what happens next."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from . import simulator
from .running import FOLDER


def _each(act: Callable[[simulator.Simulator], None]) -> Callable[[], None]:
    def acts() -> None:
        for each in simulator.running():
            act(each)

    return acts


VERBS: dict[str, Callable[[], None]] = {
    "day": lambda: simulator.move(days=1),
    "month": lambda: simulator.move(months=1),
    "year": lambda: simulator.move(months=12),
    "decline": _each(simulator.Simulator.decline),
    "lose": _each(simulator.Simulator.lose),
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
