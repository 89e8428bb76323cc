"""SKILL.md and docs/generator.md name what there is, and what they tell to run runs."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from payment_subscriptions.demo.telling import VERBS
from payment_subscriptions.generator import cli
from payment_subscriptions.generator.answers import FEATURES

from .conftest import Run
from .test_new import without_whitenoise

ROOT = Path(__file__).resolve().parents[2]
SKILL = (ROOT / "SKILL.md").read_text()
DOCS = (ROOT / "docs/generator.md").read_text()


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser().add_subparsers()
    cli.add_arguments(commands)
    return commands.choices["new"]


def options() -> set[str]:
    return {option for action in parser()._actions for option in action.option_strings} - {"-h", "--help"}


def commands() -> list[list[str]]:
    """Each line of the blocks to run, as words."""
    blocks = re.findall(r"^```bash\n(.*?)^```$", SKILL, flags=re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def test_the_front_matter() -> None:
    _, front, body = SKILL.split("---\n", 2)
    assert re.findall(r"^(\w+):", front, flags=re.MULTILINE) == ["name", "description"]
    assert "```python" not in body  # it pastes no code


def test_every_option_is_in_the_table_and_no_other() -> None:
    section = DOCS.split("## Options")[1].split("\n## ")[0]
    first = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(--[\w-]+)`", " ".join(first))) == options()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", SKILL)) <= options() | {"--deploy"}


def test_every_feature_is_in_the_table_and_no_other() -> None:
    section = DOCS.split("## Features")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w-]+)` \| (yes|no) \|", section, flags=re.MULTILINE)
    assert {name: usual == "yes" for name, usual in rows} == FEATURES


def test_the_verbs_of_the_demo() -> None:
    assert set(re.findall(r"`payment-subscriptions demo (\w+)`", DOCS)) == set(VERBS)


def test_each_call_of_the_generator_is_one_that_it_takes() -> None:
    calls = [words[2:] for words in commands() if words[:2] == ["payment-subscriptions", "new"]]
    assert len(calls) == 3
    for call in calls:
        parser().parse_args(call)


@pytest.mark.slow
def test_followed_to_the_letter_it_gives_a_project_that_runs(run: Run, tmp_path: Path) -> None:
    """In an environment that has the package: what is installed and activated is left out."""
    new = next(words for words in commands() if words[:2] == ["payment-subscriptions", "new"])
    ran = run("-m", "payment_subscriptions", *new[1:])
    assert ran.returncode == 0, ran.stderr
    assert all(price in ran.stdout for price in ("$10.000 al mes", "$250.000 al mes"))
    without_whitenoise(tmp_path / "tienda")
    tested = run("manage.py", "test", folder=tmp_path / "tienda")
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.slow
def test_and_in_a_project_that_exists(run: Run, tmp_path: Path) -> None:
    assert run("-m", "django", "startproject", "shop").returncode == 0
    folder = tmp_path / "shop"
    first = [words[:3] for words in commands()].index(["payment-subscriptions", "new", "--into"])
    for program, *words in commands()[first:]:
        if program == "pip":
            continue
        module = ["-m", "payment_subscriptions"] if program == "payment-subscriptions" else []
        ran = run(*module, *words, folder=folder)
        assert ran.returncode == (1 if "--dry-run" in words else 0), ran.stdout + ran.stderr
