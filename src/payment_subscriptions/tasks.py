"""What is run later: thin, by name, each safe to repeat. dispatch.py finds them here."""

from __future__ import annotations

from . import checkout, inbox, outbox, verbs
from .models import Checkout, Heartbeat, Refund, Subscription
from .models.notice import NoticeState


def process_notice(pk: int) -> dict[str, str | None]:
    """What became of it, in words that any queue can carry."""
    notice = inbox.process(pk)
    subscription = notice.subscription if notice.state == NoticeState.DONE else None
    return {
        "state": str(notice.state),
        "subscription": str(subscription.public_id) if subscription else None,
        "status": str(subscription.status) if subscription else None,
    }


def go_on_with_checkout(pk: int) -> None:
    checkout.go_on(Checkout.objects.get(pk=pk))


def sync_subscription(pk: int) -> None:
    verbs.sync(Subscription.objects.get(pk=pk))


def sync_due_subscription(pk: int) -> None:
    verbs.sync_due(Subscription.objects.get(pk=pk))


def go_on_with_refund(pk: int) -> None:
    verbs.go_on_with_refund(Refund.objects.get(pk=pk))


def deliver(pk: int) -> None:
    outbox.deliver(pk)


def beat() -> None:
    """That there is a worker: its doctor asked."""
    Heartbeat.objects.beat("workers")
