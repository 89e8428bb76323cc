"""docs/commands.md has every command and every option, and none that does not exist; so has whatever a page
tells its reader to type."""

from __future__ import annotations

import re
import shlex
from argparse import Action
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from .pages import DOCS, PAGES, ROOT, named, words

TEXT = (DOCS / "commands.md").read_text(encoding="utf-8")
APP = "payment_subscriptions"
OURS = sorted(name for name, app in get_commands().items() if app == APP)


def options(command: BaseCommand) -> dict[str, Action]:
    """By the name that a page gives them: "--json", or the metavar of what stands by itself."""
    parser = command.create_parser("manage.py", "x")
    return {
        (action.option_strings or [str(action.metavar or action.dest)])[-1]: action
        for action in parser._actions
    }


def section(name: str) -> str:
    found = re.split(rf"^## {name}$", TEXT, flags=re.MULTILINE)
    assert len(found) == 2, f"docs/commands.md has no part of {name}"
    return found[1].partition("\n## ")[0]


def documented(name: str) -> dict[str, str]:
    lines = re.findall(r"^\| `([^` ]+)[^`]*` \| (.*) \|$", section(name), flags=re.MULTILINE)
    return dict(lines)


def test_every_command_and_no_other() -> None:
    assert OURS
    assert sorted(re.findall(r"^## (payments_\w+)$", TEXT, flags=re.MULTILINE)) == OURS
    assert sorted(re.findall(r"^\| \[(payments_\w+)\]", TEXT, flags=re.MULTILINE)) == OURS


@pytest.mark.parametrize("name", OURS)
def test_every_option_and_no_other(name: str) -> None:
    found = options(load_command_class(APP, name))
    own = {option: action for option, action in found.items() if option not in options(BaseCommand())}
    told = documented(name)
    assert set(told) == set(own)
    for option, action in own.items():
        if action.choices:
            assert set(action.choices) <= set(words(told[option])), option
        if action.default and action.default is not True:
            assert str(action.default) in told[option], option


# What pages tell their readers to type. A line of cron has its times before it.
TYPED = re.compile(r"(?:manage\.py|django-admin) ([a-z]\w+)((?: +(?:--?[\w-]+|[^\s`#>|;&)\\…]+))*)")
# Of packages that a page has its reader install first.
FOREIGN = {"db_worker", "prune_db_task_results"}
# Which a page has its reader write: named by the file's place.
WRITTEN = re.compile(r"management/commands/(\w+)\.py")


def commands(page: Path) -> list[tuple[str, str]]:
    return TYPED.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_a_page_names_exists_and_takes_what_it_is_given(page: Path) -> None:
    theirs = FOREIGN | set(WRITTEN.findall(page.read_text(encoding="utf-8")))
    for name, given in commands(page):
        if name in theirs:
            continue
        assert name in get_commands(), f"{named(page)}: manage.py {name}"
        if name not in OURS:
            continue
        found = options(load_command_class(APP, name))
        for word in shlex.split(given):
            if word.startswith("--"):
                assert word.partition("=")[0] in found, f"{named(page)}: {name} {word}"


def targets() -> set[str]:
    """Of this repository, and of a project that the generator makes."""
    made = ROOT / "src" / APP / "generator" / "files" / "project" / "Makefile-tpl"
    both = (ROOT / "Makefile").read_text() + made.read_text()
    return set(re.findall(r"^([a-z-]+):", both, flags=re.MULTILINE))


def test_every_make_that_a_page_names_exists() -> None:
    missing = [
        f"{named(page)}: make {target}"
        for page in PAGES
        for code in code_of(page)
        for target in re.findall(r"\bmake ([a-z][a-z-]*)", code)
        if target not in targets()
    ]
    assert not missing
    assert sum("make demo" in code for page in PAGES for code in code_of(page)) > 3


def code_of(page: Path) -> list[str]:
    """Its blocks, and what stands in backticks."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^ *```\w*\n(.*?)^ *```$", text, flags=re.MULTILINE | re.DOTALL)
    return fenced + re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
