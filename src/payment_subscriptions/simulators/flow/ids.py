"""Ids and tokens in Flow's shapes; the same seed gives the same ones."""

from __future__ import annotations

import random
import string
from itertools import count

_ALPHABET = string.digits + string.ascii_lowercase


class Ids:
    def __init__(self, seed: int | None) -> None:
        self._random = random.Random(seed)  # noqa: S311 - to be repeatable
        self._orders = count(self._random.randint(3_000_000, 3_999_999))
        self._invoices = count(self._random.randint(1_000_000, 1_999_999))
        self._small = count(self._random.randint(500, 999))

    def customer(self) -> str:
        return "cus_" + self._suffix()

    def subscription(self) -> str:
        return "sus_" + self._suffix()

    def token(self) -> str:
        """40 characters: hexadecimal, then a letter that is not."""
        digits = "".join(self._random.choices("0123456789ABCDEF", k=39))
        return digits + self._random.choice("GHJKLMNPQRSTUVWXYZ")

    def order(self) -> int:
        return next(self._orders)

    def invoice(self) -> int:
        return next(self._invoices)

    def small(self) -> int:
        return next(self._small)

    def authorisation(self) -> str:
        return f"{self._random.randint(0, 999_999):06d}"

    def _suffix(self) -> str:
        return "".join(self._random.choices(_ALPHABET, k=10))
