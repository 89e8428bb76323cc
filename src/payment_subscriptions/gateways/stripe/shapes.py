"""Where Stripe keeps what we read, in every API version since 2024.

An endpoint, or an account, may still send the shapes of an earlier version: each thing is looked for where it
is now and where it was. Since 2025-03-31 (basil) periods stand on the subscription's items, an invoice's
subscription under ``parent``, its payments under ``payments``.
Source: https://docs.stripe.com/changelog/basil.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Thing = Mapping[str, Any]


def moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def id_of(reference: object) -> str:
    """Of something that is named, or expanded."""
    return str(reference["id"]) if isinstance(reference, Mapping) else str(reference or "")


def items_of(subscription: Thing) -> list[Thing]:
    return list((subscription.get("items") or {}).get("data") or [])


def period_of(subscription: Thing) -> tuple[datetime | None, datetime | None]:
    item: Thing = next(iter(items_of(subscription)), {})
    return (
        moment(item.get("current_period_start") or subscription.get("current_period_start")),
        moment(item.get("current_period_end") or subscription.get("current_period_end")),
    )


def subscription_of(invoice: Thing) -> str:
    return id_of(_details_of(invoice).get("subscription") or invoice.get("subscription"))


def metadata_of(invoice: Thing) -> Thing:
    """What the subscription's metadata was when it was billed."""
    details = _details_of(invoice) or invoice.get("subscription_details") or {}
    return details.get("metadata") or {}


def _details_of(invoice: Thing) -> Thing:
    return (invoice.get("parent") or {}).get("subscription_details") or {}


def payment_intents_of(invoice: Thing) -> list[str]:
    """Of all that was paid, or tried, for it."""
    payments = (invoice.get("payments") or {}).get("data") or []
    found = [id_of((each.get("payment") or {}).get("payment_intent")) for each in payments]
    return [name for name in (*found, id_of(invoice.get("payment_intent"))) if name]


def price_of_line(line: Thing) -> str:
    pricing = ((line.get("pricing") or {}).get("price_details") or {}).get("price")
    return id_of(pricing or line.get("price"))
