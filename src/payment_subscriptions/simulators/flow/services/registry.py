"""The table of services: path, method, required parameters, and what answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..account import Account
from ..formats import Json, JsonList, page
from ..orders import Reminders
from ..parameters import Params

Run = Callable[[Account, Params], Json | JsonList]
MAX_ROWS = 100


@dataclass(frozen=True)
class Service:
    path: str
    method: str
    required: tuple[str, ...]
    run: Run


SERVICES: dict[str, Service] = {}


def service(method: str, path: str, *required: str) -> Callable[[Run], Run]:
    def register(run: Run) -> Run:
        SERVICES[path] = Service(path, method, required, run)
        return run

    return register


def listed(params: Params, rows: list[Json]) -> Json:
    """One page of a list: 10 rows unless told, 100 at most."""
    start = max(params.whole("start", 0), 0)
    limit = min(max(params.whole("limit", 10), 1), MAX_ROWS)
    return page(rows[start : start + limit], len(rows), start)


def reminders(params: Params) -> Reminders:
    return Reminders(params.whole("forward_days_after", 0), params.whole("forward_times", 0))


def named(params: Params, name: str) -> bool:
    """Does ``filter`` let this name through? Lists look at names only, never at e-mails or ids."""
    wanted = params.maybe("filter")
    return wanted is None or wanted.lower() in name.lower()
