"""The parameters of each operation by the types of the installed ``stripe`` library, as schemas.

Read from the library's own source: which method of which service calls which address, and which
``TypedDict`` its parameters are.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from operator import attrgetter
from pathlib import Path
from types import UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

import stripe
from stripe import RequestOptions
from typing_extensions import is_typeddict

from .schemas import Schema

NOTHING: Schema = {"type": "object", "properties": {}, "required": []}
ROOT = Path(stripe.__file__).parent
SCALARS: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": "string", "format": "decimal"},
}


@dataclass(frozen=True)
class Call:
    """One method of one service: what it calls, and where the type of its parameters is."""

    service: str
    name: str
    method: str
    address: str
    types: str
    type: str

    def parameters(self) -> Schema:
        """What the library lets one pass."""
        if not self.type:
            return NOTHING
        return of_type(getattr(importlib.import_module(self.types), self.type))


@cache
def calls() -> Mapping[tuple[str, str], Call]:
    """By method and address; ids in addresses have the names that they have in the description."""
    found = {}
    for file in sorted(ROOT.rglob("_*_service.py")):
        service = ".".join(["stripe", *file.relative_to(ROOT).with_suffix("").parts])
        for call in _calls(service, ast.parse(file.read_text())):
            found[call.method, call.address] = call
    return found


def call(dotted: str) -> Call:
    """``checkout.sessions.create``, as it is written after ``client.v1``."""
    path, _, name = dotted.rpartition(".")
    service = type(attrgetter(path)(stripe.StripeClient("sk_test_x").v1)).__module__
    return next(each for each in calls().values() if (each.service, each.name) == (service, name))


@cache
def of_type(kind: Any) -> Schema:
    if kind in SCALARS:
        return SCALARS[kind]
    if is_typeddict(kind):
        return _of_mapping(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return {"anyOf": [of_type(each) for each in _closed(arguments)]}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": of_type(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": of_type(arguments[1])}
    return {"type": "object", "additionalProperties": True}


def _closed(alternatives: tuple[Any, ...]) -> list[Any]:
    """``Literal["a", "b"] | str`` is how the library bears what Stripe adds later: not ours to send."""
    fixed = any(get_origin(each) is Literal and get_args(each) != ("",) for each in alternatives)
    return [each for each in alternatives if not (fixed and each is str)]


def _of_mapping(kind: Any) -> Schema:
    """The names of the class's own: each may carry the options of a request besides."""
    own = {
        name: each
        for name, each in kind.__annotations__.items()
        if name not in RequestOptions.__annotations__
    }
    module = vars(sys.modules[kind.__module__])
    hints = get_type_hints(
        type(kind.__name__, (), {"__annotations__": own}), globalns=module, include_extras=True
    )
    optional = {name for name, each in hints.items() if get_origin(each) is NotRequired}
    properties = {
        name: of_type(get_args(each)[0] if name in optional else each) for name, each in hints.items()
    }
    return {"type": "object", "properties": properties, "required": [n for n in hints if n not in optional]}


def _calls(service: str, module: ast.Module) -> Iterator[Call]:
    imported = {
        alias.name: node.module
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    functions = (each for node in module.body if isinstance(node, ast.ClassDef) for each in node.body)
    for function in functions:
        if isinstance(function, ast.FunctionDef) and (address := _address(function)):
            kind = _type_of_params(function)
            yield Call(service, function.name, *address, imported.get(kind, ""), kind)


def _type_of_params(function: ast.FunctionDef) -> str:
    """``params: "X"`` or ``params: Optional["X"]``; nothing where there are none."""
    annotations = [each.annotation for each in function.args.args if each.arg == "params"]
    return _constant(annotations[0]) if annotations and annotations[0] else ""


def _address(function: ast.FunctionDef) -> tuple[str, str] | None:
    """The first two arguments of ``self._request("get", "/v1/...")``."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "_request":
            return _constant(node.args[0]), _constant(node.args[1])
    return None


def _constant(node: ast.expr) -> str:
    """The string in ``"x"``, ``Optional["x"]`` and ``"x".format(...)``."""
    found = (each.value for each in ast.walk(node) if isinstance(each, ast.Constant))
    return next((each for each in found if isinstance(each, str)), "")
