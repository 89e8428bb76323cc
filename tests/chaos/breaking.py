"""Break the code on purpose and see that the histories notice: ``make chaos ARGS="--broken lease"``."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts import mutants

#: What is broken, and the mutation that breaks it.
BREAKS: Mapping[str, str] = {
    "watermark": "invariant-02-last-writer-wins",
    "lease": "invariant-05-call-begun-by-two",
    "receipt": "invariant-09-receipt-apart",
}
WITHIN = 200


def is_found(name: str, first: int, within: int, jobs: int) -> bool:
    """Whether so many histories show what is broken, in a copy of the tree; tells the one that does.

    A history that diverges in the tree as it is, too, shows something else.
    """
    mutation = mutants.read(mutants.ROOT / f"tests/mutations/{BREAKS[name]}.patch")
    with mutants.copy_of(mutants.ROOT) as copy:
        mutants.apply(mutation, copy)
        mutants.expect_the_copy_to_be_imported(copy)
        seed = _divergence(copy, str(within), "--first", str(first), "--until-found", "--jobs", str(jobs))
    found = seed is not None and _divergence(mutants.ROOT, "--seed", seed) is None
    print(f"chaos: {name} broken ({mutation.breaks}): {'found' if found else 'NOT found'}", flush=True)
    return found


def _divergence(tree: Path, *arguments: str) -> str | None:
    """The seed of the one that was found there, None where there was none."""
    command = [sys.executable, "-m", "tests.chaos", *arguments]
    environment = mutants.environment_of(tree)
    lived = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    print(lived.stdout, end="", flush=True)
    if lived.returncode not in (0, 1):
        raise SystemExit(f"chaos: the histories ended with {lived.returncode}")
    seeds = re.findall(r"^seed (\d+),", lived.stdout, re.MULTILINE)
    return str(seeds[0]) if lived.returncode else None
