"""The simulator's control API, as the demo uses it. See docs/simulators/flow.md for all of it."""

from __future__ import annotations

from typing import Any

import requests
from django.conf import settings

PATIENCE = 60.0  # moving the clock answers when all that fell due has been done


class Unreachable(Exception):
    """The simulator does not answer."""


def address() -> str:
    """Where it is; empty where the site talks to Flow itself."""
    return str(getattr(settings, "SIMULATOR_URL", ""))


def get(path: str, timeout: float = 5.0) -> Any:
    return _ask("GET", path, None, timeout)


def post(path: str, **body: object) -> Any:
    return _ask("POST", path, body, PATIENCE)


def _ask(method: str, path: str, body: dict[str, object] | None, timeout: float) -> Any:
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands between two processes of one machine
        try:
            answer = session.request(method, f"{address()}/control/{path}", json=body, timeout=timeout)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise Unreachable(type(error).__name__) from None
        return answer.json()
