"""Idempotency keys. https://docs.stripe.com/api/idempotent_requests

The first answer is given again, refusals and a 500 too, but for what was refused before anything was begun.
The keys have a lock of their own: who repeats a request that is still at work is told so at once.
"""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .errors import ApiError, wrong

if TYPE_CHECKING:
    from .account import Thing

LONGEST = 255


@dataclass(frozen=True)
class Answer:
    status: int
    body: Thing
    replayed: bool = False


@dataclass
class Kept:
    """What a key was first used with, and what was answered; None while it is at work."""

    params: str
    made_at: int
    answer: Answer | None = None


@dataclass
class Keys:
    kept: dict[str, Kept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def claim(self, name: str, params: str, now: int, lifetime: int) -> Answer | None:
        """The answer to give again; None makes the key this request's, until ``keep`` or ``forget``."""
        if len(name) > LONGEST:
            raise wrong(f"An idempotency key has {LONGEST} characters at most.")
        with self._lock:
            self._prune(now - lifetime)
            known = self.kept.get(name)
            if known is None:
                self.kept[name] = Kept(params, now)
                return None
            if known.params != params:
                raise ApiError(
                    "Keys for idempotent requests can only be used with the same parameters they were first "
                    "used with.",
                    kind="idempotency_error",
                )
            if known.answer is None:
                raise in_use()
            return replace(known.answer, body=copy.deepcopy(known.answer.body), replayed=True)

    def keep(self, name: str, answer: Answer) -> None:
        with self._lock:
            self.kept[name].answer = replace(answer, body=copy.deepcopy(answer.body))

    def forget(self, name: str) -> None:
        with self._lock:
            del self.kept[name]

    def _prune(self, oldest: int) -> None:
        old = [name for name, each in self.kept.items() if each.made_at <= oldest and each.answer]
        for name in old:
            del self.kept[name]


def in_use() -> ApiError:
    return ApiError(
        "There is currently another in-progress request using this key.",
        status=409, kind="idempotency_error", code="idempotency_key_in_use",
    )  # fmt: skip
