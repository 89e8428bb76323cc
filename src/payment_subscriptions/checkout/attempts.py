"""The rows of attempts: make one, read one, find the one that is meant."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from .. import conf, recording
from ..clock import now
from ..exceptions import Busy
from ..models import Checkout, Subscription


def read(pk: int) -> Checkout:
    return Checkout.objects.select_related("subscription__customer", "customer").get(pk=pk)


def new(subscription: Subscription, strategy: str, purpose: str = "open", **columns: Any) -> Checkout:
    """Inside the caller's transaction. Raises IntegrityError where one of that purpose is running, or
    where its order has been made before."""
    return Checkout.objects.create(
        subscription=subscription,
        customer=subscription.customer,
        purpose=purpose,
        provider=subscription.provider,
        mode=subscription.mode,
        strategy=strategy,
        due_at=now() + timedelta(seconds=conf.get("LEASE_SECONDS")),
        **{"price_key": subscription.price_key} | columns,
    )


def again(subscription: Subscription, purpose: str = "open", **columns: Any) -> Checkout:
    """A new attempt on the same subscription, or the one that another tab has just made."""
    try:
        with transaction.atomic(durable=True):
            recording.bump(subscription)  # nobody closes it in the same moment
            return new(subscription, subscription.strategy, purpose, **columns)
    except (IntegrityError, recording.Stale):
        running = subscription.checkouts.running().filter(purpose=purpose).first()
        if running is None:
            raise Busy(_("Your order is being worked on. Try again in a moment.")) from None
        return running


def newest(checkout: Checkout) -> Checkout:
    """The latest attempt of the same purpose on the same subscription: perhaps this one."""
    found = Checkout.objects.filter(subscription=checkout.subscription_id, purpose=checkout.purpose).last()
    return read(found.pk if found else checkout.pk)


def token_hash(token: str) -> str:
    """A provider's token as we keep it for recognising who comes back: SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_token(provider: str | None, token: str) -> Checkout | None:
    """The attempt that a returning browser's token belongs to."""
    found = Checkout.objects.filter(token_hash=token_hash(token))
    return (found.filter(provider=provider) if provider else found).last()
