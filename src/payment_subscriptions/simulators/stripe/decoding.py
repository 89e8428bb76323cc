"""A request's parameters: nested out of the form, and held against what the operation takes.

https://docs.stripe.com/api/errors: what Stripe does not know it refuses, at every depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .errors import ApiError, wrong

_PART = re.compile(r"\[([^\]]*)\]")
ANY = "any"
METADATA = "metadata"
#: A type by its name, a list of one, or a mapping; in a mapping "" is what may stand in its place.
Spec = Any


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """``items[0][price]=x`` as {"items": [{"price": "x"}]}."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        head = key.partition("[")[0]
        _put(found, [head, *_PART.findall(key)], value)
    return {name: _lists(value) for name, value in found.items()}


def _put(into: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        part = part or str(len(into))
        into = into.setdefault(part, {})
    into[path[-1] or str(len(into))] = value


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _lists(each) for key, each in value.items()}
    if inner and all(key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=int)]
    return inner


def check(
    params: Mapping[str, Any], spec: Mapping[str, Spec], required: Iterable[str] = ()
) -> dict[str, Any]:
    """The parameters with their types. Raises ApiError for one that is unknown, missing or of another."""
    for name in required:
        if name not in params:
            raise ApiError(
                f"Missing required param: {name}.", code="parameter_missing", param=name, validation=True
            )
    return {name: _checked(value, spec.get(name), name) for name, value in params.items()}


def _checked(value: Any, spec: Spec, path: str) -> Any:
    if spec is None:
        raise wrong(f"Received unknown parameter: {path}", path, "parameter_unknown")
    if spec == ANY:
        return value
    if spec == METADATA:
        return _metadata(value, path)
    if value == "" and spec not in ("str", "text"):
        return None  # unset
    if isinstance(spec, dict):
        if "" in spec and isinstance(value, str):
            return _plain(value, spec[""], path)
        if not isinstance(value, dict):
            raise wrong(f"Invalid object: {path}", path)
        return {name: _checked(each, spec.get(name), f"{path}[{name}]") for name, each in value.items()}
    if isinstance(spec, list):
        if not isinstance(value, list):
            raise wrong(f"Invalid array: {path}", path)
        return [_checked(each, spec[0], f"{path}[{number}]") for number, each in enumerate(value)]
    return _plain(value, spec, path)


def _metadata(value: Any, path: str) -> Any:
    """https://docs.stripe.com/api/metadata: an empty text in its place takes all of it away."""
    if value == "":
        return value
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise wrong(f"Invalid object: {path}", path)
    if len(value) > 50 or any(len(name) > 40 or len(each) > 500 for name, each in value.items()):
        raise wrong("Metadata has at most 50 keys of 40 characters, with values of at most 500.", path)
    return value


def _plain(value: Any, spec: str, path: str) -> Any:
    if not isinstance(value, str):
        raise wrong(f"Invalid {spec}: {path}", path)
    if spec == "int":
        if not re.fullmatch(r"-?\d+", value):
            raise wrong(f"Invalid integer: {value}", path, "parameter_invalid_integer")
        return int(value)
    if spec == "float":
        if not re.fullmatch(r"-?\d+(\.\d+)?", value):
            raise wrong(f"Invalid decimal: {value}", path)
        return float(value)
    if spec == "bool":
        if value not in ("true", "false"):
            raise wrong(f"Invalid boolean: {value}", path)
        return value == "true"
    if spec.startswith("one of ") and value not in spec.removeprefix("one of ").split("|"):
        raise wrong(f"Invalid {path}: must be {spec}", path)
    return value
