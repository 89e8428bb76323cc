"""Store what a step did: the attempt, the references it found, the next strategy, the events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from ..backoff import after
from ..clock import now
from ..gateways import gateways
from ..gateways.base import AGAIN, Gateway, Outcome, Step
from ..lifecycle import CheckoutStatus
from ..models import Checkout, Customer, Subscription
from ..models.columns import new_key
from ..outbox import News, write
from . import attempts

# What an attempt that is done tells by itself; of others the subscription tells.
DONE_NEWS = {
    "card": "card.changed",
    "renew": "subscription.renewal_ordered",
    "resume": "subscription.resumed",
}
# When an attempt that waits for its payer is looked after: seconds from one look to the next.
LOOKS = (60, 300, 900, 3600)


def store(checkout: Checkout, lease: str, step: Step) -> bool:
    """Store what a step did, references and all, unless another process has taken the row over."""
    with transaction.atomic(durable=True):
        stored = Checkout.objects.filter(pk=checkout.pk, lease=lease).update(**_columns(checkout, step))
        if stored:
            _store_references(checkout, step)
            _fall_through(checkout, step)
            write(checkout.subscription, _news(checkout, step))
    return bool(stored)


def _columns(checkout: Checkout, step: Step) -> dict[str, Any]:
    unknown = step.outcome == Outcome.UNKNOWN
    waiting = step.outcome == Outcome.RUNNING and step.next_step != AGAIN
    tries = checkout.tries + 1 if unknown or waiting else 0
    columns: dict[str, Any] = {
        "status": _status(step),
        "next_step": step.next_step.kind,
        "data": dict(checkout.data) | dict(step.data),
        "reason": step.reason[:100],
        "tries": min(tries, 100),
        "due_at": _due(checkout, step, tries),
        "updated_at": now(),
        "lease": "",
        "lease_until": None,
    }
    if step.next_step.kind in ("go", "pay"):
        columns["url"] = step.next_step.url
    if step.next_step.kind == "pay" and checkout.closes_at is None:  # as long as the bill says
        until = checkout.created_at + timedelta(days=checkout.price.days_until_due + 1)
        columns["closes_at"] = max(checkout.expires_at, until)
    if step.token:
        columns["token_hash"] = attempts.token_hash(step.token)
    if unknown:
        columns["in_doubt_since"] = checkout.in_doubt_since or now()
    else:
        columns |= {"call_begun_at": None, "in_doubt_since": None}
    return columns


def _status(step: Step) -> CheckoutStatus:
    if step.outcome == Outcome.RUNNING:
        return CheckoutStatus.OPEN if step.next_step == AGAIN else CheckoutStatus.WAITING
    return {
        Outcome.DONE: CheckoutStatus.DONE,
        Outcome.REFUSED: CheckoutStatus.REFUSED,
        Outcome.UNKNOWN: CheckoutStatus.IN_DOUBT,
    }[step.outcome]


def _due(checkout: Checkout, step: Step, tries: int) -> datetime | None:
    if step.outcome == Outcome.UNKNOWN:
        return after(tries, step)
    if step.outcome != Outcome.RUNNING:
        return None
    if step.next_step == AGAIN:
        return now()
    if step.next_step.kind == "retry":
        return checkout.expires_at
    return now() + timedelta(seconds=LOOKS[min(tries, len(LOOKS)) - 1])


def _store_references(checkout: Checkout, step: Step) -> None:
    subscription = checkout.subscription
    if step.customer_gone:
        Customer.objects.filter(pk=checkout.customer_id).update(reference=None, external_id=new_key())
    elif step.customer_reference and step.customer_reference != checkout.customer.reference:
        Customer.objects.filter(pk=checkout.customer_id).update(reference=step.customer_reference)
    columns: dict[str, Any] = {}
    if step.subscription_reference:
        column = "successor_reference" if checkout.purpose == "resume" else "reference"
        columns[column] = step.subscription_reference
    if step.outcome == Outcome.DONE:
        columns["next_sync_at"] = now()
    if columns:
        # No compare here: the reference is a fact of ours, and no other writer sets it.
        Subscription.objects.filter(pk=subscription.pk).update(version=F("version") + 1, **columns)


def _fall_through(checkout: Checkout, step: Step) -> None:
    """The next strategy, only after a proved refusal that another strategy may escape.

    In the transaction that stores the refusal, so that a kill in between loses nothing.
    """
    if step.outcome != Outcome.REFUSED or step.scope != "strategy" or checkout.purpose != "open":
        return
    gateway = gateways[checkout.provider]
    subscription = checkout.subscription
    following = _next_strategy(gateway, checkout)
    if following is None:
        return
    mode = gateway.mode_of(following)
    customer = (
        subscription.customer if mode == subscription.mode else _customer_in(mode, subscription.customer)
    )
    Subscription.objects.filter(pk=subscription.pk).update(
        version=F("version") + 1, strategy=following, mode=mode, customer=customer
    )
    subscription.refresh_from_db()
    attempts.new(subscription, following)


def _next_strategy(gateway: Gateway, checkout: Checkout) -> str | None:
    strategies = gateway.strategies_for(checkout.price, checkout.subscription.coupon)
    tried = checkout.strategy
    later = strategies[strategies.index(tried) + 1 :] if tried in strategies else ()
    return later[0] if later else None


def _customer_in(mode: str, old: Customer) -> Customer:
    customer, _created = Customer.objects.get_or_create(
        provider=old.provider,
        mode=mode,
        payer_key=old.payer_key,
        defaults={"email": old.email, "name": old.name},
    )
    return customer


def _news(checkout: Checkout, step: Step) -> list[News]:
    payload = {
        "checkout": str(checkout.public_id),
        "purpose": checkout.purpose,
        "strategy": checkout.strategy,
    }
    was_in_doubt = checkout.status == CheckoutStatus.IN_DOUBT
    if step.outcome == Outcome.UNKNOWN:
        return [] if was_in_doubt else [News("checkout.in_doubt", payload)]
    news = [News("checkout.resolved", payload)] if was_in_doubt else []
    if step.outcome == Outcome.REFUSED:
        news.append(News("checkout.refused", payload | {"reason": step.reason}))
    if step.outcome == Outcome.DONE and checkout.purpose in DONE_NEWS:
        news.append(News(DONE_NEWS[checkout.purpose], payload))
    return news
