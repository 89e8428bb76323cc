"""One process that lives histories: a world of its own, kept from one to the next."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .comparing import Comparison
    from .world import World

_worlds: list[World] = []
_comparisons: list[Comparison] = []


def begin() -> None:
    """Set Django up, with a database of its own, and start both providers."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.pop("DATABASE_URL", None)
    django.setup()
    logging.disable()
    from .comparing import Comparison
    from .world import World

    _worlds.append(World().__enter__())
    _comparisons.append(Comparison(_worlds[-1]))


def end() -> None:
    _comparisons.clear()
    _worlds.pop().__exit__()


def look(seed: int, *, smallest: bool = True) -> str:
    """The history of that seed: "" where nothing differs, else, in words, the smallest that still does, or
    the whole one."""
    from .histories import draw

    found = _comparisons[-1].of(draw(seed))
    if found and smallest:
        found = _comparisons[-1].smallest(found)
    return str(found or "")
