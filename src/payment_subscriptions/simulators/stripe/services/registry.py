"""An operation of the API: its address, its parameters, and what it does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..account import Account, Thing
from ..errors import ApiError, missing, wrong

Run = Callable[..., Thing]
PAGING = {"limit": "int", "starting_after": "str", "ending_before": "str"}
# What a family of addresses answers with.
KINDS = {
    "customers": "customer",
    "products": "product",
    "prices": "price",
    "coupons": "coupon",
    "promotion_codes": "promotion_code",
    "checkout/sessions": "checkout.session",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "invoice_payments": "invoice_payment",
    "payment_intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "disputes": "dispute",
    "billing_portal/sessions": "billing_portal.session",
    "billing_portal/configurations": "billing_portal.configuration",
    "webhook_endpoints": "webhook_endpoint",
    "events": "event",
}
CREATED = {"gt": "int", "gte": "int", "lt": "int", "lte": "int", "": "int"}  # or a moment, by itself


@dataclass(frozen=True)
class Operation:
    """``path`` with ``{id}`` where an id stands, which ``run`` gets before the parameters."""

    method: str
    path: str
    run: Run
    takes: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """By which a fault is aimed: "POST /v1/refunds" as "refunds/create"."""
        parts = [part for part in self.path.removeprefix("/v1/").split("/") if part != "{id}"]
        verb = "create" if self.method == "POST" else "list"
        if self.path.endswith("{id}"):
            verb = {"GET": "retrieve", "POST": "update", "DELETE": "delete"}[self.method]
        elif "{id}" in self.path or parts[-1] == "create_preview":
            return "/".join(parts)
        return "/".join([*parts, verb])

    @property
    def kind(self) -> str:
        """What it answers with, or a list of it, by its ``object``."""
        return next(kind for path, kind in KINDS.items() if self.path.startswith(f"/v1/{path}"))

    @property
    def lists(self) -> bool:
        return self.method == "GET" and "{id}" not in self.path


def found(
    operations: Iterable[Operation], method: str, path: str
) -> tuple[Operation, tuple[str, ...]] | None:
    """The operation of that address, and the ids in it; the one without an id first."""
    for operation in sorted(operations, key=lambda each: each.path.count("{id}")):
        pattern = re.escape(operation.path).replace(r"\{id\}", "([^/]+)")
        match = re.fullmatch(pattern, path)
        if match and operation.method == method:
            return operation, match.groups()
    return None


def listed(things: Iterable[Thing], params: Thing, url: str) -> Thing:
    """A page of them, newest first, as every list of Stripe's is."""
    rows = sorted(enumerate(things), key=lambda row: (row[1].get("created", 0), row[0]), reverse=True)
    data = [thing for _, thing in rows if _in_range(thing, params.get("created"))]
    ids = [thing["id"] for thing in data]
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ApiError("limit must be between 1 and 100", param="limit", validation=True)
    if "starting_after" in params and "ending_before" in params:
        raise wrong("Received both starting_after and ending_before parameters. Please pass in only one.")
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in ids:
            raise missing("object", params[name], name, 400)
    begin = ids.index(params["starting_after"]) + 1 if "starting_after" in params else 0
    end = ids.index(params["ending_before"]) if "ending_before" in params else len(ids)
    if "ending_before" in params:
        begin = max(end - limit, 0)
    page = data[begin : min(begin + limit, end)]
    more = begin > 0 if "ending_before" in params else begin + limit < end
    return {"object": "list", "data": page, "has_more": more, "url": url}


def _in_range(thing: Thing, wanted: Thing | int | None) -> bool:
    made = thing.get("created", 0)
    if isinstance(wanted, int):
        return bool(made == wanted)
    tests = {"gt": made.__gt__, "gte": made.__ge__, "lt": made.__lt__, "lte": made.__le__}
    return all(tests[name](value) for name, value in (wanted or {}).items())


def matches(thing: Thing, params: Thing, *names: str) -> bool:
    """Whether it has the wanted value of each of those that were given."""
    return all(thing.get(name) == params[name] for name in names if name in params)


def set_metadata(thing: Thing, params: Thing) -> None:
    """Keys are added and replaced, and taken away by an empty value; all of them by an empty text."""
    given = params.pop("metadata", None)
    if given is not None:
        merged = thing["metadata"] | given if given else {}
        thing["metadata"] = {name: value for name, value in merged.items() if value}


def lister(table: str, url: str, *names: str) -> Run:
    """A list of a table, filtered by those fields."""

    def run(account: Account, params: Thing) -> Thing:
        return listed((t for t in account.tables[table].values() if matches(t, params, *names)), params, url)

    return run


def getter(table: str) -> Run:
    return lambda account, key, params: account.get(table, key)
