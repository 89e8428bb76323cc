"""Ids in Stripe's shapes; the same seed gives the same ones."""

from __future__ import annotations

import random
import string

_ALPHABET = string.digits + string.ascii_letters


class Ids:
    def __init__(self, seed: int | None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - to be repeatable

    def new(self, prefix: str, length: int = 24) -> str:
        return f"{prefix}_{''.join(self._random.choices(_ALPHABET, k=length))}"

    def number(self) -> str:
        """The first half of a customer's invoice numbers."""
        return "".join(self._random.choices(string.digits + string.ascii_uppercase, k=8))
