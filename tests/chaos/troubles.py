"""What goes wrong, drawn from a seed: each trouble has a name, and can be left out by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from .histories import History
from .processes import LEFT_ALONE, Doom, Fate, Point

#: Faults of one answer of the provider: before it did its work, after it, long after it.
FAULTS = (
    "reset_before_commit",
    "reset_after_commit",
    "http_error",
    "http_error_after_commit",
    "html_200",
    "truncated_json",
    "empty_body",
    "late_commit",
)
LAST: Mapping[Point, int] = {"statement": 30, "transaction": 3, "question": 5, "change": 2}
POINTS: Mapping[Point, int] = {"statement": 2, "transaction": 2, "question": 1, "change": 3}
#: Where a process may sleep for hours. No server waits so long for a request once its connection stands, and
#: Flow knows no other fence: what wakes up with the request in its hand finds the connection closed.
SLEPT_AT: tuple[Point, ...] = ("statement", "transaction")
#: Of a piece of work: "beside" another one, "none" but the fault.
Kind = Literal["killed", "stopped", "beside", "none"]
Drawn = TypeVar("Drawn")
#: How often each is drawn. People have two tabs, and click twice.
KINDS: Mapping[Kind, int] = {"killed": 4, "stopped": 3, "beside": 4, "none": 2}
OF_PEOPLE: Mapping[Kind, int] = {"killed": 3, "stopped": 2, "beside": 8, "none": 2}
OVERTAKEN_MOSTLY: tuple[Fate, ...] = ("overtaken", "overtaken", "")
KILLED_SELDOM: tuple[Fate, ...] = ("killed", "", "")
#: What others do at the same time: the same, or what comes from elsewhere.
BESIDE: Mapping[str, int] = {"same": 3, "sweep": 1, "sync": 1, "notice": 1}


@dataclass(frozen=True)
class Trouble:
    """Of one piece of work: what becomes of its process, which other one runs ``beside`` it, and the fault
    that the provider's answer has. ``name``: "2.7" is the seventh chance of the second act, "" where nothing
    can go wrong."""

    name: str = ""
    doom: Doom = LEFT_ALONE
    beside: str = ""
    its_doom: Doom = LEFT_ALONE
    fault: str = ""

    def __str__(self) -> str:
        other = f"beside {self.beside}, {self.its_doom}" if self.beside else ""
        return f"{self.name}: {'; '.join(filter(None, (str(self.doom), other, self.fault)))}"


class Troubles:
    """``met``: those that were handed out and are any."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._act, self._chance = 0, 0
        self.met: list[Trouble] = []

    def begin_act(self) -> None:
        """Chances are counted anew, so that what is left out of one act moves none of the next."""
        self._act, self._chance = self._act + 1, 0

    def next(self, likely: float = 0.5, *, by_people: bool = False) -> Trouble:
        """Of the next piece of work."""
        dice = self.dice()
        if self._is_spared() or dice.random() > likely:
            return Trouble(self._name)
        kind = _one_of(dice, OF_PEOPLE if by_people else KINDS)
        fault = dice.choice(FAULTS) if kind == "none" or dice.random() < 0.3 else ""
        beside, doom, its_doom = "", LEFT_ALONE, LEFT_ALONE
        if kind == "beside":
            beside = _one_of(dice, BESIDE)
            doom = self._doom(dice, dice.choice(OVERTAKEN_MOSTLY))
            its_doom = self._doom(dice, dice.choice(KILLED_SELDOM))
        elif kind == "killed" or kind == "stopped":
            doom = self._doom(dice, kind)
        trouble = Trouble(self._name, doom, beside, its_doom, fault)
        self.met.append(trouble)
        return trouble

    def dice(self) -> Random:
        """Of the next chance."""
        self._chance += 1
        return Random(f"trouble {self._history.seed} {self._name}")

    def does(self, likely: float) -> bool:
        """Whether something small happens to a notice."""
        dice = self.dice()
        if self._is_spared() or dice.random() > likely:
            return False
        self.met.append(Trouble(self._name))
        return True

    @property
    def _name(self) -> str:
        return f"{self._act}.{self._chance}"

    def _is_spared(self) -> bool:
        return self._name in self._history.spared

    @staticmethod
    def _doom(dice: Random, fate: Fate) -> Doom:
        if not fate:
            return LEFT_ALONE
        point = dice.choice(SLEPT_AT) if fate == "stopped" else _one_of(dice, POINTS)
        return Doom(fate, point, dice.randrange(LAST[point]))


class NoTroubles(Troubles):
    """Everything goes well."""

    def next(self, likely: float = 0.5, *, by_people: bool = False) -> Trouble:
        return Trouble()

    def does(self, likely: float) -> bool:
        return False


def _one_of(dice: Random, weights: Mapping[Drawn, int]) -> Drawn:
    return dice.choices(list(weights), list(weights.values()))[0]
