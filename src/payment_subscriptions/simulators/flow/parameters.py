"""Reading what came with a call: everything is text on the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from .errors import ApiError, business

_EMAIL = re.compile(r"^[^\s@]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,}$")
#: Domains that the real one refuses although they look right.
_REFUSED_DOMAINS = {
    "example.com", "example.org", "example.net", "test.com", "gmail.con", "gmial.com",
    "hotmail.con", "hotmial.com", "yahoo.con", "outlook.con",
}  # fmt: skip
_REFUSED_ENDINGS = (".test", ".example", ".invalid", ".localhost", ".con")


@dataclass(frozen=True)
class Params:
    values: Mapping[str, str]

    def text(self, name: str) -> str:
        return self.values[name]

    def maybe(self, name: str) -> str | None:
        return self.values.get(name) or None

    def whole(self, name: str, default: int) -> int:
        text = self.maybe(name)
        if text is None:
            return default
        try:
            return int(Decimal(text))
        except (InvalidOperation, ValueError):
            raise business(f"{name} is not a number") from None

    def maybe_whole(self, name: str) -> int | None:
        return self.whole(name, 0) if self.maybe(name) is not None else None

    def amount(self, name: str = "amount") -> Decimal:
        try:
            value = Decimal(self.text(name))
        except InvalidOperation:
            raise ApiError(1901, "The amount is not a number") from None
        if not value.is_finite():
            raise ApiError(1901, "The amount is not a number")
        return value

    def maybe_day(self, name: str) -> date | None:
        text = self.maybe(name)
        return self.day(name) if text else None

    def day(self, name: str) -> date:
        try:
            return date.fromisoformat(self.text(name)[:10])
        except ValueError:
            raise business(f"{name} is not a date (yyyy-mm-dd)") from None


def check_email(email: str) -> str:
    domain = email.rpartition("@")[2].lower()
    bad = domain in _REFUSED_DOMAINS or domain.endswith(_REFUSED_ENDINGS)
    if bad or not _EMAIL.match(email):
        raise ApiError(1620, f"The userEmail: {email} is not valid.")
    return email
