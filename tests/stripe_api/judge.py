"""One judge a run: the description is read once, and operations are found by method and address."""

from __future__ import annotations

import gzip
import json
import os
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from . import library
from .forms import nested
from .schemas import IN_A_FORM, IN_JSON, Complaints, Reader, Schema

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "stripe" / "openapi.json.gz"
DOCUMENT = Path(os.environ.get("STRIPE_OPENAPI", BESIDE))
needs_description = pytest.mark.skipif(
    not DOCUMENT.exists(), reason="no copy of Stripe's openapi.json.gz at hand"
)
#: "Expansions have a maximum depth of four levels": docs.stripe.com/api/expanding_objects
DEPTH = 4
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """As it was on the wire: ``path`` without the query, ``query`` and ``body`` as forms."""

    method: str
    path: str
    query: str = ""
    body: str = ""

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Operation:
    method: str
    address: str
    described: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.address}"

    def parameters(self) -> Schema:
        """What stands in the query and what in the body, together: a request has one or the other."""
        form = self.described.get("requestBody", {}).get("content", {}).get(FORM, {}).get("schema", {})
        query = [each for each in self.described.get("parameters", ()) if each["in"] == "query"]
        return {
            "type": "object",
            "properties": {**form.get("properties", {}), **{each["name"]: each["schema"] for each in query}},
            "required": [
                *form.get("required", ()),
                *(each["name"] for each in query if each.get("required")),
            ],
        }

    def answer(self) -> Schema:
        schema: Schema = self.described["responses"]["200"]["content"]["application/json"]["schema"]
        return schema


class Judge:
    def __init__(self, document: dict[str, Any]) -> None:
        self.version: str = document["info"]["version"]
        self.components: dict[str, Schema] = document["components"]["schemas"]
        self.resources = _resources(self.components)
        self.operations: dict[tuple[str, int], list[Operation]] = defaultdict(list)
        for address, methods in document["paths"].items():
            for method, described in methods.items():
                self.operations[method, address.count("/")].append(Operation(method, address, described))

    def operation(self, method: str, path: str) -> Operation | None:
        """A fixed name before a name of anything: /v1/invoices/create_preview is no invoice."""
        alike = self.operations[method.lower(), path.count("/")]
        fitting = [each for each in alike if _fits(each.address, path)]
        return min(fitting, key=lambda each: each.address.count("{"), default=None)

    def request(self, request: Request) -> Complaints:
        operation = self.operation(request.method, request.path)
        if operation is None:
            return [f"{request}: no such operation"]
        try:
            sent = nested("&".join(filter(None, (request.query, request.body))))
        except ValueError as error:
            return [f"{operation}: {error}"]
        found = self._parameters(operation, sent)
        found += self._expansions(operation, sent.get("expand"))
        return [f"{operation}: {text}" for text in dict.fromkeys(found)]

    def answer(self, request: Request, body: Any) -> Complaints:
        """A good answer, with what was asked to be expanded; an error is ``refusal``'s."""
        operation = self.operation(request.method, request.path)
        if operation is None:
            return [f"{request}: no such operation"]
        asked = nested("&".join(filter(None, (request.query, request.body)))).get("expand") or []
        reader = Reader(IN_JSON, self.components, nulls=True, asked=_with_all_above(asked))
        return [f"{operation}: {text}" for text in reader.complaints(operation.answer(), body)]

    def refusal(self, request: Request, body: Any) -> Complaints:
        reader = Reader(IN_JSON, self.components, nulls=True)
        return [f"{request}: {text}" for text in reader.complaints(self.components["error"], body)]

    def event(self, body: Any) -> Complaints:
        """An event and, as what it says it is, the thing in it: with nothing expanded."""
        reader = Reader(IN_JSON, self.components, nulls=True, asked=())
        kind = body.get("type", "an event")
        found = reader.complaints(self.components["event"], body)
        thing = body["data"]["object"]
        resource = self.resources.get(str(thing.get("object")))
        if resource is None:
            return [f"{kind}: {thing.get('object')!r} is nothing of Stripe's"]
        found += reader.complaints(resource, thing, "")
        before = body["data"].get("previous_attributes") or {}
        found += [
            f"previous_attributes.{name}: unknown" for name in before if name not in resource["properties"]
        ]
        return [f"{kind}: {text}" for text in found]

    def _parameters(self, operation: Operation, sent: dict[str, Any]) -> Complaints:
        """By both. Of a fixed set of values the younger one, the library's, has the last word."""
        reader = Reader(IN_A_FORM, self.components)
        found = reader.complaints(operation.parameters(), sent)
        call = library.calls().get((operation.method, operation.address))
        if call is None:
            return found
        in_library = reader.complaints(call.parameters(), sent)
        places = {text.partition(":")[0] for text in in_library}
        newer = [text for text in found if " is none of " in text and text.partition(":")[0] not in places]
        return [text for text in found if text not in newer] + in_library

    def _expansions(self, operation: Operation, asked: Any) -> Complaints:
        if asked is None:
            return []
        reader = Reader(IN_JSON, self.components)
        found = []
        for each in asked if isinstance(asked, list) else []:
            path = str(each).split(".")
            if len(path) > DEPTH:
                found.append(f"expand: {each} is deeper than {DEPTH}")
            elif not reader.expandable(operation.answer(), path):
                found.append(f"expand: {each} cannot be expanded")
        return found


@cache
def judge() -> Judge:
    with gzip.open(DOCUMENT) as file:
        return Judge(json.load(file))


def _fits(address: str, path: str) -> bool:
    pairs = zip(address.split("/"), unquote(path).split("/"), strict=False)
    return all(theirs == ours or (theirs.startswith("{") and ours) for theirs, ours in pairs)


def _with_all_above(fields: list[str]) -> set[str]:
    """``a.b.c`` asks for a and a.b, too."""
    return {each.rsplit(".", depth)[0] for each in fields for depth in range(each.count(".") + 1)}


def _resources(components: dict[str, Schema]) -> dict[str, Schema]:
    """By the word that a thing has in ``object``; what is deleted has the same word."""
    return {
        names[0]: schema
        for title, schema in components.items()
        if (names := schema.get("properties", {}).get("object", {}).get("enum"))
        and not title.startswith("deleted_")
        and names[0] != "list"
    }
