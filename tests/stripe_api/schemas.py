"""The few words of JSON Schema that Stripe's description uses, held against a form or an answer.

Objects are closed: a name that the schema does not know is a complaint at any depth, which the
description itself says of the top level only. What it declares as a map (``metadata``) stays open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
Complaints = list[str]

_WHOLE = re.compile(r"-?\d+")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Reader:
    """``scalars`` says of each simple type whether a value is of it; ``components`` resolves ``$ref``.

    ``asked``, for answers: the fields that the caller had expanded, with all that leads to them.
    """

    scalars: Mapping[str, Callable[[Any], bool]]
    components: Mapping[str, Schema]
    nulls: bool = False
    asked: Collection[str] | None = None

    def complaints(self, schema: Schema, value: Any, where: str = "") -> Complaints:
        if "$ref" in schema:
            return self.complaints(self.resolved(schema), value, where)
        if value is None and self.nulls:
            return [] if schema.get("nullable") else [f"{where}: null"]
        if "anyOf" in schema:
            return self._any_of(schema["anyOf"], value, where)
        kind = schema.get("type", "object" if "properties" in schema else "")
        if kind == "object":
            return self._object(schema, value, where)
        if kind == "array":
            return self._array(schema, value, where)
        return self._scalar(schema, kind, value, where) if kind else []

    def resolved(self, schema: Schema) -> Schema:
        return self.components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def _any_of(self, alternatives: list[Schema], value: Any, where: str) -> Complaints:
        """No complaint where one alternative has none; else those of the one that was most likely meant."""
        likely = [each for each in map(self.resolved, alternatives) if _same_shape(each, value)]
        found = [self.complaints(each, value, where) for each in likely or alternatives]
        return min(found, key=len)

    def _object(self, schema: Schema, value: Any, where: str) -> Complaints:
        if not isinstance(value, dict):
            return [f"{where}: {_shown(value)} is no mapping"]
        properties = schema.get("properties", {})
        more = schema.get("additionalProperties", False)
        found = [f"{_at(where, name)}: missing" for name in schema.get("required", ()) if name not in value]
        for name, each in value.items():
            place = _at(where, name)
            if name in properties:
                found += self._expansion(schema, name, each, place)
                found += self.complaints(properties[name], each, place)
            elif more is False:
                found.append(f"{place}: unknown")
            elif more is not True:
                found += self._in_map(more, each, place)
        return found

    def _in_map(self, schema: Schema, value: Any, where: str) -> Complaints:
        unset = value == "" and not self.nulls
        return [] if unset else self.complaints(schema, value, where)

    def _array(self, schema: Schema, value: Any, where: str) -> Complaints:
        if not isinstance(value, list):
            return [f"{where}: {_shown(value)} is no list"]
        items = schema.get("items", {})
        return [
            text for n, each in enumerate(value) for text in self.complaints(items, each, f"{where}[{n}]")
        ]

    def _scalar(self, schema: Schema, kind: str, value: Any, where: str) -> Complaints:
        if not self.scalars[kind](value):
            return [f"{where}: {_shown(value)} is no {kind}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{where}: {_shown(value)} is none of {_some(schema['enum'])}"]
        if value == "" and not self.nulls and "" not in schema.get("enum", ()):
            return [f"{where}: cannot be unset by an empty value"]
        if len(str(value)) > schema.get("maxLength", 10**9):
            return [f"{where}: longer than {schema['maxLength']}"]
        if schema.get("format") == "decimal" and not _DECIMAL.fullmatch(value):
            return [f"{where}: {_shown(value)} is no decimal number"]
        if schema.get("format") == "currency" and not re.fullmatch("[a-z]{3}", value):
            return [f"{where}: {_shown(value)} is no currency"]
        return []

    def _expansion(self, parent: Schema, name: str, value: Any, where: str) -> Complaints:
        """An object where the caller asked for one, an id elsewhere."""
        if self.asked is None:
            return []
        schema = parent["properties"][name]
        asked = re.sub(r"\[\d+\]", "", where) in self.asked
        if includable(parent, name):
            return [] if asked else [f"{where}: there only where it is asked for"]
        if resources_of(schema):
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict) and not asked:
                    return [f"{where}: expanded, which nobody asked for"]
                if isinstance(each, str) and asked:
                    return [f"{where}: asked for, and not expanded"]
        return []

    def expandable(self, schema: Schema, path: list[str]) -> bool:
        """Can this be named in ``expand``?"""
        name, *rest = path
        for parent in self._objects(schema):
            each = parent["properties"].get(name)
            if each is None:
                continue
            if rest and self.expandable(each, rest):
                return True
            if not rest and (resources_of(each) or includable(parent, name)):
                return True
        return False

    def _objects(self, schema: Schema) -> Iterator[Schema]:
        schema = self.resolved(schema)
        if "properties" in schema:
            yield schema
        for each in [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())]:
            yield from self._objects(each)


def resources_of(schema: Schema) -> bool:
    """Is it an id that can be expanded into the thing itself, or a list of such?"""
    return "x-expansionResources" in schema or "x-expansionResources" in schema.get("items", {})


def includable(parent: Schema, name: str) -> bool:
    """A list inside an object, sent where it is asked for only."""
    inner = parent["properties"][name].get("properties", {})
    return inner.get("object", {}).get("enum") == ["list"] and name not in parent.get("required", ())


def _same_shape(schema: Schema, value: Any) -> bool:
    kind = schema.get("type", "object" if "properties" in schema else "")
    if isinstance(value, dict):
        if ("deleted" in schema.get("required", ())) is not ("deleted" in value):
            return False
        names = schema.get("properties", {}).get("object", {}).get("enum")
        return kind == "object" and (names is None or value.get("object") in names)
    return (kind == "array") is isinstance(value, list) and kind != "object"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _some(values: Sequence[object]) -> str:
    return ", ".join(map(_shown, values[:8])) + (" ..." if len(values) > 8 else "")


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


#: A form has strings only.
IN_A_FORM: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, str) and bool(_WHOLE.fullmatch(value)),
    "number": lambda value: isinstance(value, str) and bool(_DECIMAL.fullmatch(value)),
    "boolean": lambda value: value in ("true", "false"),
}
IN_JSON: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "boolean": lambda value: isinstance(value, bool),
}


def names(schema: Schema, where: str = "") -> set[str]:
    """Every name that a form may have, at every depth; ``[]`` is any place of a list."""
    found: set[str] = set()
    for name, each in schema.get("properties", {}).items():
        place = _at(where, name)
        found |= {place} | names(each, place)
    if isinstance(more := schema.get("additionalProperties"), Mapping):
        found |= names(more, f"{where}.*")
    if "items" in schema:
        found |= names(schema["items"], f"{where}[]")
    for each in schema.get("anyOf", ()):
        found |= names(each, where)
    return found


def topmost(places: set[str]) -> set[str]:
    """Without what stands inside another of them."""
    return {
        each for each in places if not any(each.startswith((f"{other}.", f"{other}[]")) for other in places)
    }
