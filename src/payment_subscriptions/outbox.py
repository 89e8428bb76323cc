"""Events out: written with the change that they tell of, delivered to handlers afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from . import conf, dispatch
from .backoff import next_try
from .clock import now
from .events import Handler, handler_named, handlers_of
from .models import Event, Receipt, Subscription

logger = logging.getLogger("payment_subscriptions.outbox")


@dataclass(frozen=True)
class News:
    """An event to be written."""

    name: str
    payload: Mapping[str, Any] = field(default_factory=dict)


def write(subscription: Subscription | None, news: Iterable[News]) -> list[Event]:
    """Write events and what their handlers owe, inside the transaction of the change itself.

    Two statements at most, whatever their number; delivery begins after the commit.
    """
    moment = now()
    base = _base(subscription) if subscription else {}
    events = Event.objects.bulk_create(
        Event(name=item.name, subscription=subscription, payload=base | dict(item.payload), created_at=moment)
        for item in news
    )
    receipts = Receipt.objects.bulk_create(
        Receipt(event=event, handler=handler.name, due_at=moment)
        for event in events
        for handler in handlers_of(event.name)
    )
    for receipt in receipts:
        dispatch.later("deliver", receipt.pk)
    return events


def _base(subscription: Subscription) -> dict[str, Any]:
    return {
        "subscription": str(subscription.public_id),
        "payer_key": subscription.payer_key,
        "plan": subscription.plan,
        "price": subscription.price_key,
        "provider": subscription.provider,
        "mode": subscription.mode,
    }


def deliver(receipt_pk: int) -> None:
    """Let one handler do its work for one event, unless it has or another process is at it."""
    receipt = Receipt.objects.select_related("event__subscription").get(pk=receipt_pk)
    if receipt.done_at:
        return
    handler = handler_named(receipt.event.name, receipt.handler)
    if handler is None:
        _failed(receipt, LookupError(f"No handler is named {receipt.handler}"))
        return
    try:
        (_outside if handler.outside else _inside)(handler, receipt)
    except Exception as error:
        logger.exception(
            "Handler failed",
            extra={"handler": receipt.handler, "event": receipt.event.name, "event_id": receipt.event.pk},
        )
        _failed(receipt, error)


def retry(receipts: Iterable[Receipt]) -> list[int]:
    """Let handlers that were given up try again, from the first try; the keys of those that were."""
    pks = [receipt.pk for receipt in receipts]
    given_up = Receipt.objects.filter(pk__in=pks, done_at__isnull=True, due_at__isnull=True)
    found = list(given_up.values_list("pk", flat=True))
    given_up.update(due_at=now(), tries=0)
    for pk in found:
        dispatch.run("deliver", pk)
    return found


def _inside(handler: Handler, receipt: Receipt) -> None:
    """Exactly once: the receipt commits with what the handler wrote, or neither does."""
    with transaction.atomic(durable=True):
        if _sign(receipt):
            handler.function(receipt.event)


def _outside(handler: Handler, receipt: Receipt) -> None:
    """At least once: signed after the handler came back, leased while it runs."""
    moment = now()
    leased = Receipt.objects.filter(pk=receipt.pk, done_at__isnull=True, due_at__lte=moment).update(
        due_at=moment + timedelta(seconds=conf.get("LEASE_SECONDS"))
    )
    if leased:
        handler.function(receipt.event)
        _sign(receipt)


def _sign(receipt: Receipt) -> bool:
    return bool(
        Receipt.objects.filter(pk=receipt.pk, done_at__isnull=True).update(done_at=now(), due_at=None)
    )


def _failed(receipt: Receipt, error: Exception) -> None:
    """Due again later, or given up. That a provider which the handler asked is in trouble costs it no try."""
    tries, due = next_try(receipt.tries, receipt.event.created_at, error)
    Receipt.objects.filter(pk=receipt.pk, done_at__isnull=True).update(
        tries=tries, error=type(error).__name__, due_at=due
    )
