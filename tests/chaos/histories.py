"""What happens to one subscriber, drawn from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

#: The ways to charge, and how often each is drawn.
WAYS: Mapping[str, int] = {"stripe": 4, "card": 4, "link": 2, "order": 2}
LONGEST = 5


@dataclass(frozen=True)
class Act:
    """``then``: what the subscription is afterwards. ``weight``: how often it is drawn. ``ways``: where
    it can be done. ``once``: not twice in one history. ``not_after``: a successor has to begin first."""

    name: str
    when: str
    then: str
    weight: int = 1
    ways: frozenset[str] = frozenset(WAYS)
    once: bool = False
    not_after: str = ""


ABROAD = frozenset({"stripe"})
ACTS: Sequence[Act] = (
    Act("renew", "active", "active", 4),
    Act("decline", "active", "active", 2),
    Act("change", "active", "active", 2, frozenset(WAYS) - {"order"}, once=True, not_after="stay"),
    Act("give_back", "active", "active", 2, once=True),
    Act("other_card", "active", "active", 1, frozenset({"stripe", "card"}), once=True),
    Act("pause", "active", "paused", 2, ABROAD, once=True),
    Act("renew", "paused", "paused", 1, ABROAD),
    Act("unpause", "paused", "active", 2, ABROAD),
    Act("leave", "active", "leaving", 2),
    Act("leave_now", "active", "ended", 1),
    Act("stay", "leaving", "active", 2, once=True),
    Act("end", "leaving", "ended", 2),
)


@dataclass(frozen=True)
class History:
    """``spared``: the names of the troubles that are left out, to find which of them matter."""

    seed: int
    way: str
    acts: tuple[str, ...]
    spared: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return f"seed {self.seed}, {self.way}: {', '.join(self.acts)}"


def draw(seed: int) -> History:
    """The history of that seed."""
    dice = Random(f"history {seed}")
    (way,) = dice.choices(list(WAYS), list(WAYS.values()))
    acts, state = ["open"], "active"
    while state != "ended" and len(acts) < LONGEST:
        able = [
            act
            for act in ACTS
            if act.when == state
            and way in act.ways
            and not (act.once and act.name in acts)
            and act.not_after not in acts
        ]
        (act,) = dice.choices(able, [each.weight for each in able])
        acts.append(act.name)
        state = act.then
    return History(seed, way, tuple(acts))
