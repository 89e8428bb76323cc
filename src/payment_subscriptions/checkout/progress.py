"""Take an attempt further, resolve its doubts, end it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from .. import conf, dispatch, recording
from ..clock import now
from ..exceptions import Busy, ConfigurationError, PaymentsError, Refused
from ..gateways import gateways
from ..gateways.base import AGAIN, Outcome
from ..lifecycle import SETTLE, CheckoutStatus
from ..models import Checkout, Subscription
from . import attempts, calls
from .answers import store

# A safety net: no strategy has so many steps between two turns of the payer.
MOST_STEPS = 12


def advance(checkout: Checkout) -> Checkout:
    """Take steps until the payer has to do something, the attempt ends, or nobody knows.

    Returns the row as it is now. Does nothing where another process is at work on it, or where
    the attempt is in doubt: resolve() is for those. A refusal is told by the row (``refused`` and its
    reason). Raises ConfigurationError, and BadRequest for data that cannot be sent at all.
    """
    for _step in range(MOST_STEPS):
        checkout = attempts.read(checkout.pk)
        if not checkout.is_running or checkout.call_begun_at or checkout.next_step == "retry":
            return checkout
        lease = calls.begin(checkout, still=checkout.next_step)
        checkout = attempts.read(checkout.pk)  # after the claim: another process may have gone a step further
        if lease is None:
            return checkout
        step = calls.ask("advance", checkout, lease)
        if step is None or not store(checkout, lease, step):
            return attempts.read(checkout.pk)
        if step.outcome == Outcome.REFUSED:
            return _follow(checkout)
        if step.next_step != AGAIN:
            break
    return _settle(attempts.read(checkout.pk))


def resolve(checkout: Checkout) -> Checkout:
    """Ask what became of a call whose answer is missing, and go on from there.

    Returns the row as it is now; still in doubt where the provider could not tell.
    """
    checkout = attempts.read(checkout.pk)
    if not checkout.is_running or not checkout.call_begun_at:
        return checkout
    lease = calls.take_over(checkout)
    checkout = attempts.read(checkout.pk)
    if lease is None or checkout.call_begun_at is None:
        return checkout
    if checkout.in_doubt_since is None:  # its process was killed: the call ended with it at the latest
        checkout.in_doubt_since = min(
            now(), checkout.call_begun_at + timedelta(seconds=conf.get("LEASE_SECONDS"))
        )
    step = calls.ask("resolve", checkout, lease)
    if step is None or not store(checkout, lease, step):
        return attempts.read(checkout.pk)
    if step.outcome == Outcome.REFUSED:
        return _follow(checkout)
    return go_on(checkout) if step.next_step == AGAIN else _settle(attempts.read(checkout.pk))


def go_on(checkout: Checkout) -> Checkout:
    """Whatever the attempt needs now: an answer to a doubt, the next step, its end, or the truth that
    nobody could fetch when it was done."""
    checkout = attempts.read(checkout.pk)
    if not checkout.is_running:
        return _settle(checkout) if _is_unsettled(checkout) else checkout
    if checkout.is_in_doubt and checkout.due_at and checkout.due_at > now():
        return checkout  # asked a moment ago: a page that refreshes must not ask at every turn
    if checkout.call_begun_at:
        return resolve(checkout)
    return _too_late(checkout) if checkout.expires_at <= now() else advance(checkout)


def _too_late(checkout: Checkout) -> Checkout:
    """What the payer finished unseen still counts. What only trouble held up is given up: nobody waits
    for a charge that comes days after they chose."""
    if checkout.status == CheckoutStatus.WAITING:
        checkout = advance(checkout)
    idle = checkout.status in (CheckoutStatus.OPEN, CheckoutStatus.WAITING)
    return expire(checkout) if idle else checkout


def returned(checkout: Checkout) -> Checkout:
    """The payer's browser came back: note it and go on."""
    Checkout.objects.filter(pk=checkout.pk, returned_at__isnull=True).update(returned_at=now(), tries=0)
    return go_on(checkout)


def retry(checkout: Checkout) -> Checkout:
    """The payer was turned down and tries again: on the same attempt, or with a new one."""
    checkout = attempts.read(checkout.pk)
    if checkout.status == CheckoutStatus.WAITING and checkout.next_step == "retry":
        Checkout.objects.filter(
            pk=checkout.pk, status=CheckoutStatus.WAITING, next_step="retry", call_begun_at__isnull=True
        ).update(next_step="again", returned_at=None, reason="", status=CheckoutStatus.OPEN)
    elif checkout.status == CheckoutStatus.REFUSED and checkout.subscription.is_pending:
        newest = attempts.newest(checkout)
        checkout = newest if newest.is_running else attempts.again(checkout.subscription)
    return advance(checkout)


def expire(checkout: Checkout) -> Checkout:
    """Give an attempt up: at the gateway first, then here. Its pending subscription is closed.

    One that was paid in the same moment goes on instead. Raises Busy where it cannot be given up yet: a
    call is under way or in doubt; and what the gateway raises: then the sweep gives it up.
    """
    checkout = attempts.read(checkout.pk)
    if not checkout.is_running:
        return checkout
    lease = calls.begin(checkout, still=checkout.next_step)
    checkout = attempts.read(checkout.pk)
    if lease is None:
        raise Busy(_("Your earlier order is being confirmed. Wait for its result before you choose again."))
    Checkout.objects.filter(pk=checkout.pk, lease=lease).update(closes_at=min(checkout.expires_at, now()))
    try:
        gateways.of(checkout).expire(calls.attempt_of(checkout))
    except Refused:
        return _keep(checkout, lease)
    except (PaymentsError, ConfigurationError):
        calls.release(checkout, lease)
        raise
    try:
        _end(checkout, lease)
    except recording.Stale:
        calls.release(checkout, lease)
        raise Busy(_("Your order is being worked on. Try again in a moment.")) from None
    return attempts.read(checkout.pk)


def give_up(checkout: Checkout) -> Checkout:
    """Expire it for another choice of its payer. One in doubt that cannot have taken anything does nothing
    more: it ends as soon as its gateway tells what became of the call, and that is asked now.

    Raises Busy where nobody knows yet, and what ``expire`` raises.
    """
    checkout = attempts.read(checkout.pk)
    if checkout.is_in_doubt and checkout.has_taken_nothing:
        Checkout.objects.filter(pk=checkout.pk).update(closes_at=min(checkout.expires_at, now()))
        checkout = resolve(checkout)
    return expire(checkout)


def _keep(checkout: Checkout, lease: str) -> Checkout:
    """What cannot be given up has been paid: that is found by asking, also where its payer was turned
    down and then paid on the same page."""
    step = calls.ask("resolve", checkout, lease)
    if step is None or not store(checkout, lease, step):
        return attempts.read(checkout.pk)
    return advance(checkout) if step.next_step == AGAIN else _settle(attempts.read(checkout.pk))


def _end(checkout: Checkout, lease: str) -> None:
    with transaction.atomic(durable=True):
        ended = Checkout.objects.filter(pk=checkout.pk, lease=lease).update(
            status=CheckoutStatus.EXPIRED, next_step="none", due_at=None, **calls.NO_CALL
        )
        if ended and checkout.purpose == "open" and checkout.subscription.is_pending:
            recording.close(checkout.subscription, **_last_look(checkout))
        elif ended and checkout.subscription.reference:
            recording.bump(checkout.subscription, next_sync_at=now())


def _last_look(checkout: Checkout) -> dict[str, Any]:
    """An order of ours cannot be taken back: it may be paid for as long as it was made for."""
    if gateways.of(checkout).renews(checkout.strategy):
        return {}
    lapses = checkout.created_at + timedelta(seconds=conf.get("CHECKOUT_EXPIRES"))
    return {"order": checkout.order, "look_at": max(lapses, now()) + SETTLE}


def close(subscription: Subscription) -> None:
    """End a pending subscription that nobody works on any more; its seat is free again. An order that was
    made for it before it was refused is looked at once more. Raises recording.Stale when it has moved."""
    newest = subscription.order_attempt
    last_look: dict[str, Any] = {}
    if newest:
        with suppress(ConfigurationError):  # without its gateway there is nobody to ask
            last_look = _last_look(newest)
    with transaction.atomic(durable=True):
        recording.close(subscription, **last_look)


def _follow(checkout: Checkout) -> Checkout:
    """Go on with the attempt that took a refused one's place, where there is one."""
    newest = attempts.newest(checkout)
    return advance(newest) if newest.pk != checkout.pk else newest


def _is_unsettled(checkout: Checkout) -> bool:
    subscription = checkout.subscription
    asked_for = subscription.next_sync_at is not None and subscription.next_sync_at <= now()
    return checkout.status == CheckoutStatus.DONE and subscription.is_pending and asked_for


def _settle(checkout: Checkout) -> Checkout:
    """A finished attempt: have its subscription fetched, so that the payer sees the truth at once."""
    if checkout.status == CheckoutStatus.DONE:
        dispatch.run("sync_subscription", checkout.subscription_id)
        checkout = attempts.read(checkout.pk)
    return checkout
