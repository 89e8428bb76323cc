"""What goes wrong, drawn from a seed: each trouble has a name, and can be left out by it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .histories import History
from .processes import Doom

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
LAST_STATEMENT = 45


@dataclass(frozen=True)
class Trouble:
    """Of one piece of work: the processes that do it, and the fault that the provider's answer has.
    ``name``: "2.7" is the seventh chance of the second act, "" where nothing can go wrong."""

    name: str = ""
    dooms: tuple[Doom, ...] = (Doom(),)
    fault: str = ""

    def __str__(self) -> str:
        processes = "; ".join(map(str, self.dooms))
        return f"{self.name}: {processes}{f'; {self.fault}' if self.fault else ''}"


class Troubles:
    """``met``: those that were handed out and are any."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._act, self._chance = 0, 0
        self.met: list[Trouble] = []

    def begin_act(self) -> None:
        """Chances are counted anew, so that what is left out of one act moves none of the next."""
        self._act, self._chance = self._act + 1, 0

    def next(self, likely: float = 0.5) -> Trouble:
        """Of the next piece of work."""
        dice = self.dice()
        if self._is_spared() or dice.random() > likely:
            return Trouble(self._name)
        kind = dice.choices(["killed", "stopped", "twice", "none"], [4, 2, 3, 2])[0]
        fault = dice.choice(FAULTS) if kind == "none" or dice.random() < 0.3 else ""
        dooms = [self._doom(dice, kind)]
        if kind == "twice":
            dooms.append(self._doom(dice, dice.choice(["killed", "none"])))
        trouble = Trouble(self._name, tuple(dooms), fault)
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
    def _doom(dice: Random, kind: str) -> Doom:
        statement = dice.randrange(LAST_STATEMENT)
        if kind == "killed":
            return Doom("killed", statement)
        return Doom("stopped", statement) if kind == "stopped" else Doom()


class NoTroubles(Troubles):
    """Everything goes well."""

    def next(self, likely: float = 0.5) -> Trouble:
        return Trouble()

    def does(self, likely: float) -> bool:
        return False
