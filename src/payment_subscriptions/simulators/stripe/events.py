"""Events: what happened, as Stripe tells it to the endpoints that want to hear of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .shapes import older
from .signing import seal

if TYPE_CHECKING:
    from .account import Account, Thing

# From this version on periods stand on items, an invoice's subscription under its parent.
NEW_SHAPES = "2025-03-31"


def tell(account: Account, name: str, thing: Thing) -> Thing:
    """Note the event, and queue it to every endpoint that asked for its kind."""
    wanted = [
        endpoint
        for endpoint in account.endpoints.values()
        if endpoint["status"] == "enabled"
        and (name in endpoint["enabled_events"] or "*" in endpoint["enabled_events"])
    ]
    event = account.base("evt", "event") | {
        "api_version": account.options.api_version,
        "data": {"object": account.shown(thing)},
        "pending_webhooks": len(wanted),
        "request": {"id": None, "idempotency_key": None},
        "type": name,
    }
    account.add("events", event)
    for endpoint in wanted:
        send(account, event, endpoint)
    return event


def send(account: Account, event: Thing, endpoint: Thing) -> None:
    version = endpoint["api_version"] or account.options.api_version
    told = account.shown(event) | {"api_version": version}
    if version < NEW_SHAPES:
        told["data"]["object"] = older(account, told["data"]["object"])
    secrets = account.private[endpoint["id"]]["secrets"]
    account.post.post_text(
        event["type"],
        endpoint["url"],
        json.dumps(told),
        seal(secrets),
        str(event["data"]["object"].get("id")),
    )
