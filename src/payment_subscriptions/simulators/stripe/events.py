"""Events: what happened, as Stripe tells it to the endpoints that want to hear of it."""

from __future__ import annotations

import copy
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
    now = account.shown(thing)
    before = account.told.get(now["id"], now)
    account.told[now["id"]] = now
    event = account.base("evt", "event") | {
        "api_version": account.options.api_version,
        "data": _data(name, now, before),
        "pending_webhooks": len(wanted),
        "request": {"id": None, "idempotency_key": None},
        "type": name,
    }
    account.add("events", event)
    for endpoint in wanted:
        _send(account, event, endpoint, before)
    return event


def _data(name: str, now: Thing, before: Thing) -> Thing:
    data = {"object": now}
    return data | {"previous_attributes": previous(before, now)} if name.endswith(".updated") else data


def previous(before: Thing, now: Thing) -> Thing:
    """What was otherwise when it was last told of: in a hash only what differs, an array whole.

    https://docs.stripe.com/api/events/object#event_object-data-previous_attributes
    """
    found = {}
    for name in before | now:
        old, new = before.get(name), now.get(name)
        if old != new:
            both = isinstance(old, dict) and isinstance(new, dict)
            found[name] = previous(old, new) if both else old  # type: ignore[arg-type]
    return found


def _send(account: Account, event: Thing, endpoint: Thing, before: Thing) -> None:
    version = endpoint["api_version"] or account.options.api_version
    told = account.shown(event) | {"api_version": version}
    if version < NEW_SHAPES:
        now = older(account, told["data"]["object"])
        told["data"] = _data(event["type"], now, older(account, copy.deepcopy(before)))
    secrets = account.private[endpoint["id"]]["secrets"]
    account.post.post_text(
        event["type"],
        endpoint["url"],
        json.dumps(told),
        seal(secrets),
        str(event["data"]["object"].get("id")),
        lambda: endpoint["status"] == "enabled" and endpoint["id"] in account.endpoints,
    )
