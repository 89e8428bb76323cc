"""What is wrong with an account's settings: a table, asked by the system check and at first use.

System checks do not run under a web server: what they refuse, using it refuses too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.core.checks import CheckMessage, Error, Warning

from ..exceptions import ConfigurationError, Fault
from .base import Gateway


@dataclass(frozen=True)
class Contradiction:
    """What is wrong where ``applies`` says so, and what to do. ``number`` is the check's: "E101", or "W130"
    for what must not keep a command from running, the one that mends it perhaps. ``fault``: what of the keys
    is wrong, where it is about those."""

    number: str
    applies: Callable[[Gateway], bool]
    message: str
    hint: str
    fault: Fault = ""


def found(gateway: Gateway, table: Iterable[Contradiction]) -> Iterator[Contradiction]:
    """Those that apply."""
    return (each for each in table if each.applies(gateway))


def messages(gateway: Gateway, table: Iterable[Contradiction]) -> list[CheckMessage]:
    """For the system check."""
    return [
        (Error if each.number.startswith("E") else Warning)(
            f"Gateway {gateway.alias!r}: {each.message}", hint=each.hint, id=f"payments.{each.number}"
        )
        for each in found(gateway, table)
    ]


def refuse(gateway: Gateway, table: Iterable[Contradiction]) -> None:
    """Raises ConfigurationError with the first that applies."""
    for each in found(gateway, table):
        raise ConfigurationError(
            f"Gateway {gateway.alias!r}: {each.message}", hint=each.hint, fault=each.fault
        )
