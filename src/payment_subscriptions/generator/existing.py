"""The app added to a project that exists: what would change is shown first, and nothing else is touched.

Settings and URLs get a marked block at their end, so that nothing that somebody wrote is rewritten; all the
rest is new files beside them. What cannot be understood is left alone, with the lines to add by hand.
"""

from __future__ import annotations

import ast
import difflib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from ..environment import settings_named_in
from .answers import Answers
from .exceptions import WillNotWrite
from .project import only_the_owner_knows, values_of
from .rendering import rendered

MARK = "# --- payment-subscriptions: begin ---"
# Beside the settings: template and place.
NEW_FILES = (
    ("payments_settings.py-tpl", "payments_settings.py"),
    ("plans.py-tpl", "payments_plans.py"),
    ("test_payments.py-tpl", "test_payments.py"),
)


@dataclass(frozen=True)
class Place:
    """What was found out about the project."""

    folder: Path
    settings: Path  # the file that has INSTALLED_APPS
    package: str  # the dotted name of the folder that it lies in; "" where that is the project's own
    urls: Path
    apps: tuple[str, ...]
    language: str


@dataclass(frozen=True)
class Change:
    path: Path
    before: str | None  # None: there is no such file yet
    after: str

    def diff(self, folder: Path) -> str:
        name = self.path.relative_to(folder).as_posix()
        old = "/dev/null" if self.before is None else f"a/{name}"
        lines = difflib.unified_diff(
            (self.before or "").splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            old,
            f"b/{name}",
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )


def add(folder: Path, answers: Answers, may_write: Callable[[], bool]) -> int:
    """The process's exit code: 1 where there was something to write and it was not to be written.

    Raises WillNotWrite where the project cannot be understood.
    """
    folder = folder.resolve()
    place = look(folder, answers)
    changes = changes_for(place, answers)
    if not changes:
        print(_("Nothing to do: it is all there."))
        return 0
    for change in changes:
        print(change.diff(folder))
    if not may_write():
        print(_("Nothing was written."), file=sys.stderr)
        return 1
    for change in changes:
        mode = "x" if change.before is None else "w"
        with change.path.open(mode, encoding="utf-8", newline="") as file:
            file.write(change.after)
    print(_next_steps(place, answers))
    return 0


# --- looking ----------------------------------------------------------------------------------


def look(folder: Path, answers: Answers) -> Place:
    """Raises WillNotWrite, with the lines to add by hand where some are."""
    named = settings_named_in(folder / "manage.py")
    if not named:
        raise WillNotWrite(_("%(folder)s has no manage.py that names its settings.") % {"folder": folder})
    start = _file_of(folder, named)
    if start is None:
        raise WillNotWrite(_by_hand(_("The settings %(name)s are no file.") % {"name": named}, answers))
    settings, apps = _with_apps(start, answers)
    names = {**_constants(settings), **_constants(start)}
    root = names.get("ROOT_URLCONF")
    urls = _file_of(folder, root) if isinstance(root, str) else None
    if urls is None or not _assigns(_tree(urls, answers), "urlpatterns"):
        raise WillNotWrite(_by_hand(_("No list urlpatterns was found by ROOT_URLCONF."), answers))
    package = ".".join(settings.relative_to(folder).parts[:-1])
    return Place(folder, settings, package, urls, apps, str(names.get("LANGUAGE_CODE", "en-us")))


def _file_of(folder: Path, module: str) -> Path | None:
    path = folder.joinpath(*module.split("."))
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)


def _with_apps(start: Path, answers: Answers) -> tuple[Path, tuple[str, ...]]:
    """The settings file that defines INSTALLED_APPS: that one, or one that it takes everything from."""
    seen: list[Path] = []
    waiting = [start]
    while waiting:
        path = waiting.pop(0)
        seen.append(path)
        tree = _tree(path, answers)
        if (apps := _installed_apps(tree)) is not None:
            return path, apps
        waiting += [p for p in _stars(path, tree) if p not in seen]
    raise WillNotWrite(
        _by_hand(_("INSTALLED_APPS is no list or tuple of names in %(path)s.") % {"path": start}, answers)
    )


def _tree(path: Path, answers: Answers) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError) as error:
        raise WillNotWrite(
            _by_hand(_("%(path)s is no Python: %(why)s") % {"path": path, "why": error}, answers)
        ) from error


def _installed_apps(tree: ast.Module) -> tuple[str, ...] | None:
    """The names in it; None where it is not assigned, or from what is no list or tuple."""
    found: tuple[str, ...] | None = None
    for node in tree.body:
        value = _value_assigned(node, "INSTALLED_APPS")
        if value is None:
            continue
        if not _is_sequence(value):
            return None
        found = (found or ()) + tuple(
            each.value
            for each in ast.walk(value)
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        )
    return found


def _value_assigned(node: ast.stmt, name: str) -> ast.expr | None:
    if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
        return node.value
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)) and isinstance(node.target, ast.Name):
        return node.value if node.target.id == name else None
    return None


def _is_sequence(value: ast.expr) -> bool:
    """A list, a tuple, or a sum of such and of names that stand for some."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return all(isinstance(side, ast.Name) or _is_sequence(side) for side in (value.left, value.right))
    return isinstance(value, (ast.List, ast.Tuple))


def _stars(path: Path, tree: ast.Module) -> list[Path]:
    """Files from which everything is taken: ``from .base import *``."""
    found = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.level and node.module and node.names[0].name == "*":
            start = path.parents[node.level - 1]
            if file := _file_of(start, node.module):
                found.append(file)
    return found


def _assigns(tree: ast.Module, name: str) -> bool:
    return any(_value_assigned(node, name) is not None for node in tree.body)


def _constants(path: Path) -> dict[str, Any]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


# --- what changes -----------------------------------------------------------------------------


def changes_for(place: Place, answers: Answers) -> list[Change]:
    """Raises WillNotWrite where a file of another's stands in a place that is needed."""
    values = _values(place, answers)
    changes = [
        change
        for change in (
            _appended(
                place.settings, rendered("into/settings_block.py-tpl", values), place, "payment_subscriptions"
            ),
            _appended(place.urls, rendered("into/urls_block.py-tpl", values), place, ""),
            _requirement(place.folder, values),
            _env_example(place.folder, values),
        )
        if change
    ]
    for template, name in NEW_FILES:
        path = place.settings.parent / name
        if not path.exists():
            changes.append(Change(path, None, rendered(template, values)))
        elif "payment_subscriptions" not in path.read_text(encoding="utf-8"):
            raise WillNotWrite(
                _("%(path)s is there already, and of something else. Move it, and call this again.")
                % {"path": path}
            )
    return changes


def _values(place: Place, answers: Answers) -> dict[str, Any]:
    depth = len(place.settings.relative_to(place.folder).parts) - 1
    dotted = f"{place.package}." if place.package else ""
    values = values_of(answers, "", place.package, f"{dotted}payments_plans", depth=depth)
    return values | {"relative": "." if place.package else ""}


def _appended(path: Path, block: str, place: Place, app: str) -> Change | None:
    before = path.read_bytes().decode("utf-8")
    if MARK in before or (app and app in place.apps):
        return None
    if not app and "payment_subscriptions.urls" in before:
        return None
    newline = "\r\n" if "\r\n" in before else "\n"
    end = "" if before.endswith("\n") or not before else newline
    return Change(path, before, before + end + block.replace("\n", newline))


def _requirement(folder: Path, values: Mapping[str, Any]) -> Change | None:
    path = folder / "requirements.txt"
    if not path.is_file():
        return None
    before = path.read_bytes().decode("utf-8")
    if re.search(r"^payment[-_]subscriptions\b", before, re.MULTILINE | re.IGNORECASE):
        return None
    # The project's own choice of a database driver stays.
    extras = ",".join(extra for extra in values["extras"].split(",") if extra != "postgres")
    lines = f"payment-subscriptions[{extras}]>={values['version']}\n"
    lines += "django-tasks-db>=0.12\n" if values["workers"] else ""
    end = "" if before.endswith("\n") or not before else "\n"
    return Change(path, before, before + end + lines)


def _env_example(folder: Path, values: Mapping[str, Any]) -> Change | None:
    """The variables, beside those that are there."""
    path = folder / ".env.example"
    before = path.read_bytes().decode("utf-8") if path.is_file() else None
    known = {line.partition("=")[0].strip() for line in (before or "").splitlines()}
    if values["base_url"] in known:
        return None
    wanted = rendered("into/env.example-tpl", values)
    lines = [line for line in wanted.splitlines() if "=" not in line or line.partition("=")[0] not in known]
    end = "\n" if before and before.endswith("\n") else ("\n\n" if before else "")
    return Change(path, before, (before or "") + end + "\n".join(lines) + "\n")


# --- what is said -----------------------------------------------------------------------------


def _by_hand(why: str, answers: Answers) -> str:
    values = values_of(answers, "", "", "payments_plans", depth=0) | {"relative": ""}
    return "\n".join(
        [
            why,
            _("Nothing was written. Make a new project beside it (payment-subscriptions new NAME), take its"),
            _("payments_settings.py and plans.py, and add these lines by hand, to the settings:"),
            rendered("into/settings_block.py-tpl", values),
            _("to the URLs:"),
            rendered("into/urls_block.py-tpl", values),
        ]
    )


def _next_steps(place: Place, answers: Answers) -> str:
    lines = [
        "",
        "  python manage.py migrate",
        "  python manage.py test " + (f"{place.package}.test_payments" if place.package else "test_payments"),
        "  payment-subscriptions demo",
        "  python manage.py payments_doctor",
        "",
        _("Each minute, from cron, a timer or a scheduler: python manage.py payments_sweep"),
        _("What only you know, for .env or the server's environment (see .env.example):"),
        *(
            f"  {line}"
            for line in only_the_owner_knows(answers)
            if not line.startswith(("SECRET_KEY", "DATABASE_URL"))
        ),
    ]
    if not place.language.startswith(answers.language):
        lines.append(
            _("LANGUAGE_CODE is %(theirs)s: payers read that, unless LocaleMiddleware chooses their own.")
            % {"theirs": place.language}
        )
    return "\n".join(lines)
