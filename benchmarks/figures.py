"""What a benchmark finds, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Figure:
    """``target`` is what it must be, in words; ``met`` whether it is, None where nothing is demanded."""

    benchmark: str
    name: str
    value: float
    unit: str = ""
    target: str = ""
    met: bool | None = None


def at_most(benchmark: str, name: str, value: float, limit: float, unit: str = "×") -> Figure:
    return Figure(benchmark, name, value, unit, f"at most {limit:g}", value <= limit)


def at_least(benchmark: str, name: str, value: float, limit: float, unit: str = "×") -> Figure:
    return Figure(benchmark, name, value, unit, f"at least {limit:g}", value >= limit)


def shown(figure: Figure) -> str:
    verdict = {None: "", True: f"{figure.target}: yes", False: f"{figure.target}: NO"}[figure.met]
    return f"{figure.benchmark:<11} {figure.name:<66} {figure.value:>12,.3f} {figure.unit:<8} {verdict}"


def write(path: Path, machine: dict[str, Any], figures: Iterable[Figure]) -> None:
    """What stands there of benchmarks that did not run now is kept."""
    new = [asdict(figure) for figure in figures]
    ran = {figure["benchmark"] for figure in new}
    old = json.loads(path.read_text())["figures"] if path.exists() else []
    found = {"machine": machine, "figures": [each for each in old if each["benchmark"] not in ran] + new}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
