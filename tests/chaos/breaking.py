"""Break the code on purpose and see that the histories notice: ``make chaos ARGS="--broken lease"``."""

from __future__ import annotations

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
    """Whether so many histories show what is broken, in a copy of the tree; tells the one that does."""
    mutation = mutants.read(mutants.ROOT / f"tests/mutations/{BREAKS[name]}.patch")
    with mutants.copy_of(mutants.ROOT) as copy:
        mutants.apply(mutation, copy)
        mutants.expect_the_copy_to_be_imported(copy)
        code = _histories(copy, first, within, jobs)
    print(f"chaos: {name} broken ({mutation.breaks}): {'found' if code else 'NOT found'}", flush=True)
    return code == 1


def _histories(copy: Path, first: int, within: int, jobs: int) -> int:
    command = [sys.executable, "-m", "tests.chaos", str(within), "--first", str(first), "--until-found"]
    environment = mutants.environment_of(copy)
    done = subprocess.run([*command, "--jobs", str(jobs)], cwd=copy, env=environment, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"chaos: the histories of the broken code ended with {done.returncode}")
    return done.returncode
