"""The histories as a part of the suite: a few always, more and the broken code where there is time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.mutants import ROOT
from tests.chaos.breaking import BREAKS
from tests.chaos.histories import WAYS, draw

SEEDS = range(162, 166)  # four histories: one at Stripe, and one of each way of Flow's


def chaos(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.chaos", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)


def expect_no_divergence(*arguments: str) -> None:
    lived = chaos(*arguments)
    assert lived.returncode == 0, lived.stdout + lived.stderr


@pytest.mark.sampled(1)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_of_each_way_ends_as_without_troubles(seed: int) -> None:
    expect_no_divergence("1", "--first", str(seed), "--jobs", "1")


def test_those_are_of_each_way() -> None:
    assert {draw(seed).way for seed in SEEDS} == set(WAYS)


@pytest.mark.slow
def test_more_histories_end_as_without_troubles() -> None:
    expect_no_divergence("24", "--first", "1001", "--jobs", "1")


@pytest.mark.slow
@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_found(name: str) -> None:
    found = chaos("--broken", name, "--jobs", "1")
    assert found.returncode == 0, found.stdout + found.stderr
    assert f"{name} broken" in found.stdout


def test_the_same_seed_is_the_same_history() -> None:
    assert [draw(seed) for seed in range(20)] == [draw(seed) for seed in range(20)]
    assert len({str(draw(seed)) for seed in range(20)}) == 20
