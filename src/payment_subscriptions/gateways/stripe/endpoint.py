"""Where Stripe sends its events: an endpoint of ours with exactly the events that matter.

Its API version is the library's, so that what arrives has the shapes that it was written for. Source:
https://docs.stripe.com/api/webhook_endpoints/object.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..base import EndpointDifference
from .notices import EVENTS
from .shapes import Thing

if TYPE_CHECKING:
    from .client import Client

DESCRIPTION = "payment-subscriptions"


def find(client: Client, url: str) -> Thing | None:
    """The one of that address; of several the one that is enabled."""
    found = [each for each in client.every(client.v1.webhook_endpoints.list, {}) if each["url"] == url]
    enabled = [each for each in found if each.get("status") == "enabled"]
    return next(iter(enabled or found), None)


def differences(client: Client, url: str) -> list[EndpointDifference]:
    found = find(client, url)
    if found is None:
        return [EndpointDifference("missing", url)]
    return [
        EndpointDifference(name, here, there)
        for name, here, there in _compared(client, found)
        if here != there
    ]


def _compared(client: Client, found: Thing) -> Iterator[tuple[str, str, str]]:
    yield "status", "enabled", str(found.get("status"))
    yield "events", " ".join(sorted(EVENTS)), " ".join(sorted(found.get("enabled_events") or ()))
    yield "api_version", client.api_version, str(found.get("api_version") or "the account's")


def push(client: Client, url: str) -> str:
    """Make it where it is missing, and give back its secret; else set its events right. Its version is for
    good: another one needs a new endpoint, and the old one's removal by hand."""
    found = find(client, url)
    if found is not None:
        wanted: dict[str, Any] = {"enabled_events": list(EVENTS), "disabled": False}
        client.call(client.v1.webhook_endpoints.update, str(found["id"]), params=wanted)
        return ""
    made = client.call(
        client.v1.webhook_endpoints.create,
        params={
            "url": url,
            "enabled_events": list(EVENTS),
            "api_version": client.api_version,
            "description": DESCRIPTION,
        },
    )
    return str(made["secret"])
