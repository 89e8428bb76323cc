"""A form as Stripe reads it: ``items[0][price]=x`` is a mapping with a list of mappings."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

_KEY = re.compile(r"(?P<name>[^\[\]]+)(?P<rest>(\[[^\[\]]*\])*)")


def nested(form: str) -> dict[str, Any]:
    """Raises ValueError for what has no shape: an open bracket, one name as a value and as a mapping."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(form, keep_blank_values=True):
        *branch, leaf = _parts(key)
        at = tree
        for part in branch:
            at = at.setdefault(_next(at, part), {})
            if not isinstance(at, dict):
                raise ValueError(f"{key}: a value and a mapping")
        leaf = _next(at, leaf)
        if leaf in at:
            raise ValueError(f"{key}: given twice")
        at[leaf] = value
    return {name: _with_lists(value) for name, value in tree.items()}


def _parts(key: str) -> list[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise ValueError(f"{key}: no name of a parameter")
    return [match["name"], *re.findall(r"\[([^\[\]]*)\]", match["rest"])]


def _next(at: dict[str, Any], part: str) -> str:
    """``[]`` is the next place of a list."""
    return part or str(len(at))


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(each) for name, each in value.items()}
    if all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
