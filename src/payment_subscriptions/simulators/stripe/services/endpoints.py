"""Webhook endpoints and events."""

from __future__ import annotations

from ..account import Account, Thing
from ..decoding import METADATA
from .registry import CREATED, PAGING, Operation, getter, listed, lister, matches


def _create(account: Account, params: Thing) -> Thing:
    """Its secret is shown this once."""
    endpoint = account.base("we", "webhook_endpoint") | {
        "api_version": params.get("api_version"),
        "application": None,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "metadata": params.get("metadata") or {},
        "status": "enabled",
        "url": params["url"],
    }
    secret = account.ids.new("whsec_simulator", 24)
    account.private[endpoint["id"]] = {"secrets": [secret]}
    account.add("endpoints", endpoint)
    return endpoint | {"secret": secret}


def _update(account: Account, key: str, params: Thing) -> Thing:
    endpoint = account.get("endpoints", key)
    if "disabled" in params:
        endpoint["status"] = "disabled" if params.pop("disabled") else "enabled"
    endpoint |= params
    return endpoint


def _delete(account: Account, key: str, params: Thing) -> Thing:
    account.get("endpoints", key)
    del account.tables["endpoints"][key]
    return {"id": key, "object": "webhook_endpoint", "deleted": True}


def _list_events(account: Account, params: Thing) -> Thing:
    wanted = params.get("types")
    found = [
        event
        for event in account.events.values()
        if matches(event, params, "type") and (wanted is None or event["type"] in wanted)
    ]
    return listed(found, params, "/v1/events")


OPERATIONS = (
    Operation(
        "POST", "/v1/webhook_endpoints", _create,
        {
            "url": "str", "enabled_events": ["str"], "api_version": "str", "description": "text",
            "metadata": METADATA, "connect": "bool",
        },
        ("url", "enabled_events"),
    ),
    Operation("GET", "/v1/webhook_endpoints", lister("endpoints", "/v1/webhook_endpoints"), PAGING),
    Operation("GET", "/v1/webhook_endpoints/{id}", getter("endpoints")),
    Operation(
        "POST", "/v1/webhook_endpoints/{id}", _update,
        {"url": "str", "enabled_events": ["str"], "description": "text", "disabled": "bool"},
    ),
    Operation("DELETE", "/v1/webhook_endpoints/{id}", _delete),
    Operation(
        "GET", "/v1/events", _list_events,
        PAGING | {"type": "str", "types": ["str"], "created": CREATED},
    ),
    Operation("GET", "/v1/events/{id}", getter("events")),
)  # fmt: skip
