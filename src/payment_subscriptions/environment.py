"""What a project is told from outside: the environment, and a file for what it does not say."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_NAMED = re.compile(r"""DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']""")
YES, NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


class Environment:
    """Names to values. What is empty counts as absent; the environment wins over the file, which may be
    absent, too. ``ENV_FILE`` in the environment names another file."""

    def __init__(self, file: Path, given: Mapping[str, str] = os.environ) -> None:
        path = Path(given.get("ENV_FILE") or file)
        self._values = (_read(path) if path.is_file() else {}) | dict(given)

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name, "").strip() or default

    def flag(self, name: str, default: bool) -> bool:
        """Raises ImproperlyConfigured for a word that is neither yes nor no: nobody guesses which."""
        word = self.text(name, str(default)).lower()
        if word not in YES + NO:
            raise ImproperlyConfigured(f"{name} is {word!r}; write True or False.")
        return word in YES

    def number(self, name: str, default: int) -> int:
        """Raises ImproperlyConfigured for what is no whole number, 0 or more."""
        text = self.text(name, str(default))
        if not text.isdecimal():
            raise ImproperlyConfigured(f"{name} is {text!r}; write a number.")
        return int(text)

    def words(self, name: str, default: str = "") -> list[str]:
        """What stands between commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]


def settings_named_in(manage: Path) -> str:
    """The module of settings that a manage.py names; "" where it names none, or is no file."""
    found = _NAMED.search(manage.read_text(encoding="utf-8")) if manage.is_file() else None
    return found.group(1) if found else ""


def _read(path: Path) -> dict[str, str]:
    """``NAME=a value`` a line; ``#`` begins a comment at the start of a line or after a blank."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            found[name.strip()] = _plain(value.strip())
    return found


def _plain(value: str) -> str:
    if value[:1] in ("'", '"') and value[1:].find(value[0]) >= 0:
        return value[1 : value.index(value[0], 1)]
    return "" if value.startswith("#") else value.partition(" #")[0].rstrip()
