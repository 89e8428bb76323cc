"""Live a history twice and compare; find the smallest one that still diverges."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from . import outcomes
from .histories import History
from .living import Life, Stuck
from .outcomes import Outcome
from .troubles import NoTroubles, Troubles
from .world import World

MOST_LOOKS = 60  # lives that may be spent on making a history smaller


@dataclass(frozen=True)
class Divergence:
    """``met``: the names of its troubles. ``log``: what was done, in turn."""

    history: History
    differences: tuple[str, ...]
    met: frozenset[str]
    log: tuple[str, ...]

    def __str__(self) -> str:
        told = [str(self.history), *(f"    {line}" for line in self.log), "  differs in"]
        return "\n".join([*told, *(f"    {each}" for each in self.differences)])


class Comparison:
    """Of lives in one world. A life without troubles is the same for all histories with these acts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calm: dict[tuple[str, tuple[str, ...]], Outcome] = {}

    def of(self, history: History) -> Divergence | None:
        key = (history.way, history.acts)
        if key not in self._calm:
            outcome, life, broke = self._live(history, NoTroubles(history))
            if broke or outcome.wrong:
                wrong = (f"without any trouble: {broke or outcome.wrong}",)
                return Divergence(history, wrong, frozenset(), tuple(life.log))
            self._calm[key] = outcome
        troubles = Troubles(history)
        outcome, life, broke = self._live(history, troubles)
        differences = [broke] if broke else outcome.differences(self._calm[key])
        if not differences:
            return None
        met = frozenset(trouble.name for trouble in troubles.met)
        return Divergence(history, tuple(differences), met, tuple(life.log))

    def _live(self, history: History, troubles: Troubles) -> tuple[Outcome, Life, str]:
        with self._world.merchant(history) as (bench, processes):
            life = Life(bench, processes, troubles)
            broke = ""
            try:
                life.live(history)
            except Stuck as error:
                broke = f"stuck: nobody could {error}"
            except Exception:
                broke = traceback.format_exc()
            return outcomes.of(bench, self._world.outside(), processes.complaints), life, broke

    def smallest(self, found: Divergence) -> Divergence:
        """Leave out acts and troubles as long as it still diverges."""
        looks = iter(range(MOST_LOOKS))

        def still(history: History) -> Divergence | None:
            return self.of(history) if next(looks, None) is not None else None

        for length in range(1, len(found.history.acts)):
            if smaller := still(replace(found.history, acts=found.history.acts[:length])):
                found = smaller
                break
        return _without(found, still)


def _without(found: Divergence, still: Callable[[History], Divergence | None]) -> Divergence:
    """Leave out troubles: halves first, then smaller and smaller parts."""
    size = max(1, len(found.met) // 2)
    while True:
        for part in list(_parts(sorted(found.met), size)):
            spared = found.history.spared | part
            if smaller := still(replace(found.history, spared=spared)):
                found = smaller
        if size == 1:
            return found
        size //= 2


def _parts(names: list[str], size: int) -> Iterable[frozenset[str]]:
    return (frozenset(names[begin : begin + size]) for begin in range(0, len(names), size))
