"""What is run later: thin, by name, each safe to repeat. dispatch.py finds them here."""

from __future__ import annotations

from . import checkout, inbox, outbox, verbs
from .models import Checkout, Subscription


def process_notice(pk: int) -> None:
    inbox.process(pk)


def go_on_with_checkout(pk: int) -> None:
    checkout.go_on(Checkout.objects.get(pk=pk))


def sync_subscription(pk: int) -> None:
    verbs.sync(Subscription.objects.get(pk=pk))


def sync_due_subscription(pk: int) -> None:
    verbs.sync_due(Subscription.objects.get(pk=pk))


def deliver(pk: int) -> None:
    outbox.deliver(pk)
