"""docs/errors.md has every exception, every code of ours and every system check, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import payment_subscriptions
from payment_subscriptions import exceptions

from .pages import names, table, words

PACKAGE = Path(payment_subscriptions.__file__).parent
# Servers and test helpers of their own, which no project meets.
APART = ("simulators", "testing")
CHECK = re.compile(r"(?:payments\.)?([EW]\d{3})")


@cache
def sources() -> tuple[ast.Module, ...]:
    files = (file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] not in APART)
    return tuple(ast.parse(file.read_text(encoding="utf-8")) for file in files)


def nodes() -> Iterator[ast.AST]:
    for source in sources():
        yield from ast.walk(source)


def bases() -> dict[str, str]:
    """Each exception class of the package, and what it is."""
    classes = {node.name: _first(node.bases) for node in nodes() if isinstance(node, ast.ClassDef)}
    known = {"Exception", "ImproperlyConfigured", "ValueError", "RuntimeError", "APIConnectionError"}
    found: dict[str, str] = {}
    while (
        more := {name: of for name, of in classes.items() if of in known | set(found)}.items() - found.items()
    ):
        found |= dict(more)
    return found


def _first(parents: list[ast.expr]) -> str:
    """A class's first base, without its module."""
    parent = parents[0] if parents else None
    return parent.attr if isinstance(parent, ast.Attribute) else getattr(parent, "id", "")


def given(kinds: set[str]) -> set[str]:
    """The codes of ours that calls of those classes are given."""
    constants = {
        target.id: node.value.value
        for node in nodes()
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found = set()
    for node in nodes():
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in kinds:
            continue
        for keyword in node.keywords:
            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                found.add(str(keyword.value.value))
            if keyword.arg == "code" and isinstance(keyword.value, ast.Name) and keyword.value.id.isupper():
                found.add(str(constants[keyword.value.id]))
    return found - {""}


def test_every_exception_and_what_it_is() -> None:
    told = {word: words(row[1])[0] for row in table("errors.md", "Exception") for word in words(row[0])}
    assert told == bases()


def test_the_tree_of_the_docstring_is_the_same() -> None:
    drawn = re.findall(r"[├└]── (\w+)|^    (PaymentsError)$", exceptions.__doc__ or "", flags=re.MULTILINE)
    here = {
        name
        for name, value in vars(exceptions).items()
        if getattr(value, "__module__", "") == exceptions.__name__
    }
    assert {one or other for one, other in drawn} == here


def test_every_code_of_a_bad_request() -> None:
    assert sorted(names("errors.md", "Code", "Field")) == sorted(given({"BadRequest"}))


def test_every_code_of_a_refusal_of_ours() -> None:
    refusals = {"Refused", "NotFound", "AlreadyExists"}
    assert sorted(names("errors.md", "Code", "When")) == sorted(given(refusals))


def test_every_system_check() -> None:
    strings = (
        node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    found = {match[1] for text in strings if (match := CHECK.fullmatch(text))}
    told = [name.removeprefix("payments.") for name in names("errors.md", "Check")]
    assert sorted(told) == sorted(found)
