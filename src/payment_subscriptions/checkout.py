"""Open, advance and resolve an attempt.

Every call that may change something at a provider is made by ``advance``: the row is committed
first, with "call begun"; the answer is stored after it. What lies between, a lost answer or a
killed process, is resolved by asking, never by guessing.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from . import conf, dispatch, recording
from .addresses import return_url
from .backoff import after
from .clock import now
from .exceptions import (
    BadRequest,
    Busy,
    ConfigurationError,
    NotPossible,
    OutcomeUnknown,
    PaymentsError,
    Refused,
)
from .gateways import gateways
from .gateways.base import AGAIN, NOTHING, WAIT, Gateway, Outcome, Step
from .lifecycle import ALLOWED, RUNNING, CheckoutStatus
from .models import Checkout, Customer, Subscription
from .models.columns import new_key
from .outbox import News, write
from .plans import Price, catalogue

logger = logging.getLogger("payment_subscriptions.checkout")

# A safety net: no strategy has so many steps between two turns of the payer.
MOST_STEPS = 12
# How often a payer who is away is looked after: seconds after the last look, then the last for ever.
LOOKS = (60, 300, 900, 3600)


# Payers who showed who they are: by logging in, or by a link that was mailed to them.
PROVED = ("user:", "email:")


class AlreadySubscribed(NotPossible):
    """This payer has an open subscription already."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        super().__init__(_("You have a subscription already."))


@dataclass(frozen=True)
class Payer:
    """Who pays. ``key``: "user:<pk>", "email:<address>" once proved, or "form:<nonce>"."""

    key: str
    email: str
    name: str = ""
    user: Any = None

    @property
    def is_proved(self) -> bool:
        return self.key.startswith(PROVED)

    @property
    def customer_key(self) -> str:
        """A proved payer keeps their customer; anybody else gets a new one for each subscription,
        so that an e-mail typed into a form reaches nobody's card."""
        return self.key if self.is_proved else f"{self.key}:{new_key()}"


# Opening


def open_checkout(payer: Payer, price: Price, *, metadata: dict[str, Any] | None = None) -> Checkout:
    """The attempt by which this payer gets this price: a new one, or the one they have open.

    The same payer with the same choice gets their open attempt back (two tabs, a double click);
    a new choice first expires the old attempt at the gateway.
    Raises BadRequest, AlreadySubscribed, Busy (the old attempt is in doubt), ConfigurationError.
    """
    _validate(payer)
    gateway = gateways.for_price(price)
    strategy = _first_strategy(gateway)
    for _try in range(3):
        existing = _open_subscription(payer, price)
        if existing is None:
            try:
                return _create(payer, price, gateway, strategy, metadata or {})
            except IntegrityError:
                continue  # another tab was faster: take its attempt
        if (found := _reuse(existing, payer, price)) is not None:
            return found
    raise Busy(_("Your order is being worked on. Try again in a moment."))


def _validate(payer: Payer) -> None:
    try:
        validate_email(payer.email)
    except ValidationError:
        raise BadRequest(_("That is not an e-mail address."), field="email", code="email") from None


def _first_strategy(gateway: Gateway) -> str:
    if not gateway.strategies:
        raise ConfigurationError(f"The gateway {gateway.alias!r} has no STRATEGIES")
    return gateway.strategies[0]


def _open_subscription(payer: Payer, price: Price) -> Subscription | None:
    slot = catalogue().plan_of(price).slot
    return (
        Subscription.objects.select_related("customer")
        .filter(slot_key=recording.slot_key(payer.key, slot))
        .first()
    )


def _create(
    payer: Payer, price: Price, gateway: Gateway, strategy: str, metadata: dict[str, Any]
) -> Checkout:
    """Subscription, customer and attempt, committed before anything is asked of the provider."""
    plan = catalogue().plan_of(price)
    mode = gateway.mode_of(strategy)
    with transaction.atomic(durable=True):
        customer, created = Customer.objects.get_or_create(
            provider=gateway.alias,
            mode=mode,
            payer_key=payer.customer_key,
            defaults={"email": payer.email, "name": payer.name},
        )
        if not created and not customer.reference and customer.email != payer.email:
            customer.email = payer.email
            customer.save(update_fields=["email"])
        subscription = Subscription.objects.create(
            user=payer.user,
            customer=customer,
            payer_key=payer.key,
            email=payer.email,
            plan=plan.key,
            price_key=price.key,
            slot=plan.slot,
            slot_key=recording.slot_key(payer.key, plan.slot),
            amount=price.amount.amount,
            currency=price.currency,
            frequency=price.frequency,
            provider=gateway.alias,
            mode=mode,
            strategy=strategy,
            metadata=metadata,
            next_sync_at=now() + timedelta(seconds=conf.get("CHECKOUT_EXPIRES")),
        )
        checkout = _attempt(subscription, strategy)
        write(subscription, [News("subscription.opened")])
    return checkout


def _attempt(subscription: Subscription, strategy: str, purpose: str = "open") -> Checkout:
    return Checkout.objects.create(
        subscription=subscription,
        customer=subscription.customer,
        purpose=purpose,
        provider=subscription.provider,
        mode=subscription.mode,
        strategy=strategy,
        due_at=now() + timedelta(seconds=conf.get("LEASE_SECONDS")),
    )


def _reuse(subscription: Subscription, payer: Payer, price: Price) -> Checkout | None:
    """The payer's open attempt, where it fits the choice; None when the way is free for a new one."""
    if not subscription.is_pending:
        raise AlreadySubscribed(subscription)
    attempt = subscription.checkouts.filter(purpose="open").last()
    same = subscription.price_key == price.key and subscription.email == payer.email
    if attempt and (attempt.status == CheckoutStatus.DONE or (attempt.is_running and same)):
        return attempt
    if attempt and attempt.is_running:
        expire(attempt)
        return None
    if same:
        return _attempt_again(subscription)
    _close(subscription)
    return None


def _attempt_again(subscription: Subscription, purpose: str = "open") -> Checkout:
    """A new attempt on the same subscription, or the one that another tab has just made."""
    try:
        return _attempt(subscription, subscription.strategy, purpose)
    except IntegrityError:
        return subscription.checkouts.running().get(purpose=purpose)


def _close(subscription: Subscription) -> None:
    with transaction.atomic(durable=True):
        recording.close(subscription)


def open_card_change(subscription: Subscription) -> Checkout:
    """The attempt by which the payer registers another card; what is owed is then collected.

    The running one, if there is one. Raises NotPossible.
    """
    gateway = gateways[subscription.provider]
    if not gateway.capabilities.update_card or subscription.status not in ALLOWED["update_card"]:
        raise NotPossible(_("The card of this subscription cannot be changed."))
    running = subscription.checkouts.running().filter(purpose="card").last()
    return running or _attempt_again(subscription, "card")


# Going on


def advance(checkout: Checkout) -> Checkout:
    """Take steps until the payer has to do something, the attempt ends, or nobody knows.

    Returns the row as it is now. Does nothing where another process is at work on it, or where
    the attempt is in doubt: resolve() is for those. Raises ConfigurationError, and BadRequest
    when the payer's data was refused.
    """
    for _step in range(MOST_STEPS):
        checkout = _read(checkout.pk)
        if not checkout.is_running or checkout.call_begun_at or checkout.next_step == "retry":
            return checkout
        lease = _begin(checkout)
        if lease is None:
            return _read(checkout.pk)
        gateway = gateways[checkout.provider]
        step = _ask(gateway, "advance", checkout, lease)
        if step is None or not _store(checkout, lease, step):
            return _read(checkout.pk)
        if step.outcome == Outcome.REFUSED:
            return _follow(checkout)
        if step.next_step != AGAIN:
            break
    return _settle(_read(checkout.pk))


def resolve(checkout: Checkout) -> Checkout:
    """Ask what became of a call whose answer is missing, and go on from there.

    Returns the row as it is now; still in doubt where the provider could not tell.
    """
    checkout = _read(checkout.pk)
    if not checkout.is_running or not checkout.call_begun_at:
        return checkout
    lease = _take_lease(checkout)
    if lease is None:
        return checkout
    if checkout.in_doubt_since is None:  # its process was killed: the call ended with it at the latest
        checkout.in_doubt_since = min(
            now(), checkout.call_begun_at + timedelta(seconds=conf.get("LEASE_SECONDS"))
        )
    step = _ask(gateways[checkout.provider], "resolve", checkout, lease)
    if step is None or not _store(checkout, lease, step):
        return _read(checkout.pk)
    if step.outcome == Outcome.REFUSED:
        return _follow(checkout)
    return advance(checkout) if step.next_step == AGAIN else _settle(_read(checkout.pk))


def go_on(checkout: Checkout) -> Checkout:
    """Whatever the attempt needs now: an answer to a doubt, the next step, or its end."""
    checkout = _read(checkout.pk)
    if checkout.is_in_doubt and checkout.due_at and checkout.due_at > now():
        return checkout  # asked a moment ago: a page that refreshes must not ask at every turn
    if checkout.call_begun_at:
        return resolve(checkout)
    if checkout.status == CheckoutStatus.WAITING and checkout.expires_at <= now():
        checkout = advance(checkout)  # the last chance: the payer may have finished, unseen
        return expire(checkout) if checkout.status == CheckoutStatus.WAITING else checkout
    return advance(checkout)


def returned(checkout: Checkout) -> Checkout:
    """The payer's browser came back: note it and go on."""
    Checkout.objects.filter(pk=checkout.pk, returned_at__isnull=True).update(returned_at=now())
    return go_on(checkout)


def retry(checkout: Checkout) -> Checkout:
    """The payer was turned down and tries again: on the same attempt, or with a new one."""
    checkout = _read(checkout.pk)
    if checkout.status == CheckoutStatus.WAITING and checkout.next_step == "retry":
        Checkout.objects.filter(pk=checkout.pk, call_begun_at__isnull=True).update(
            next_step="again", returned_at=None, reason="", status=CheckoutStatus.OPEN
        )
    elif checkout.status == CheckoutStatus.REFUSED and checkout.subscription.is_pending:
        newest = newest_attempt(checkout)
        checkout = newest if newest.is_running else _attempt_again(checkout.subscription)
    return advance(checkout)


def expire(checkout: Checkout) -> Checkout:
    """Give an attempt up: at the gateway first, then here. Its pending subscription is closed.

    Raises Busy where it cannot be given up yet: a call is under way or in doubt.
    """
    checkout = _read(checkout.pk)
    if not checkout.is_running:
        return checkout
    lease = _begin(checkout)
    if lease is None:
        raise Busy(_("Your earlier order is being confirmed. Wait for its result before you choose again."))
    try:
        gateways.of(checkout).expire(_attempt_data(checkout))
    except Refused:
        _release(checkout, lease)
        return checkout
    except PaymentsError:
        _release(checkout, lease)
        raise
    with transaction.atomic(durable=True):
        ended = Checkout.objects.filter(pk=checkout.pk, lease=lease).update(
            status=CheckoutStatus.EXPIRED, next_step="none", due_at=None, **_NO_CALL
        )
        if ended and checkout.purpose == "open" and checkout.subscription.is_pending:
            recording.close(checkout.subscription)
    return _read(checkout.pk)


_NO_CALL: dict[str, Any] = {"call_begun_at": None, "in_doubt_since": None, "lease": "", "lease_until": None}


def _read(pk: int) -> Checkout:
    return Checkout.objects.select_related("subscription", "customer").get(pk=pk)


def _attempt_data(checkout: Checkout) -> Any:
    return checkout.as_attempt(return_url(gateways[checkout.provider], checkout))


def _lease_columns() -> dict[str, Any]:
    return {"lease": new_key(), "lease_until": now() + timedelta(seconds=conf.get("LEASE_SECONDS"))}


def _free() -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lte=now())


def _begin(checkout: Checkout) -> str | None:
    """Take the row and store "call begun", in one committed statement; None where others are at it.

    ``due_at`` is set too: should this process die, the sweep takes the attempt up.
    """
    columns = _lease_columns()
    try:
        begun = Checkout.objects.filter(
            _free(), pk=checkout.pk, status__in=RUNNING, call_begun_at__isnull=True
        ).update(call_begun_at=now(), due_at=columns["lease_until"], **columns)
    except IntegrityError:  # another attempt of this customer has a call under way
        Checkout.objects.filter(pk=checkout.pk).update(due_at=after(1))
        return None
    return columns["lease"] if begun else None


def _take_lease(checkout: Checkout) -> str | None:
    columns = _lease_columns()
    taken = Checkout.objects.filter(_free(), pk=checkout.pk, call_begun_at__isnull=False).update(**columns)
    return columns["lease"] if taken else None


def _release(checkout: Checkout, lease: str) -> None:
    Checkout.objects.filter(pk=checkout.pk, lease=lease).update(**_NO_CALL)


def _put_off(checkout: Checkout, lease: str) -> None:
    Checkout.objects.filter(pk=checkout.pk, lease=lease).update(
        due_at=after(checkout.tries + 1), tries=min(checkout.tries + 1, 100), **_NO_CALL
    )


def _ask(gateway: Gateway, verb: str, checkout: Checkout, lease: str) -> Step | None:
    """One verb of the gateway, outside any transaction; its errors become steps.

    None where the call provably never left: nothing was begun, and the attempt is due again later.
    """
    try:
        gateway = gateways.of(checkout)
        step: Step = getattr(gateway, verb)(_attempt_data(checkout))
    except ConfigurationError:
        if verb == "advance":  # refused at the door: nothing was done, and every payer meets it
            _release(checkout, lease)
        raise
    except Refused as error:
        # A question that was refused answers nothing: the call that it was about stays in doubt.
        outcome = Outcome.REFUSED if verb == "advance" else Outcome.UNKNOWN
        step = Step(NOTHING, outcome, reason=error.code, scope=error.scope)
        logger.warning(
            "Refused", extra=_log(checkout, service=error.service, code=error.code, scope=error.scope)
        )
    except (OutcomeUnknown, Busy) as error:
        if verb == "advance" and not getattr(error, "sent", False):
            _put_off(checkout, lease)
            return None
        step = Step(WAIT, Outcome.UNKNOWN, reason=getattr(error, "code", ""))
        logger.warning("In doubt", extra=_log(checkout, error=type(error).__name__))
    return step


def _log(checkout: Checkout, **extra: object) -> dict[str, object]:
    return {"checkout": checkout.pk, "provider": checkout.provider, "strategy": checkout.strategy, **extra}


def _store(checkout: Checkout, lease: str, step: Step) -> bool:
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
    tries = checkout.tries + 1 if unknown or (waiting and step.next_step.kind == "wait") else 0
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
    if step.next_step.kind == "go":
        columns["url"] = step.next_step.url
    if step.token:
        columns["token_hash"] = token_hash(step.token)
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
        return after(tries)
    if step.outcome != Outcome.RUNNING:
        return None
    if step.next_step == AGAIN:
        return now()
    if step.next_step.kind == "retry":
        return checkout.expires_at
    return now() + timedelta(seconds=LOOKS[min(tries, len(LOOKS) - 1)])


def _store_references(checkout: Checkout, step: Step) -> None:
    subscription = checkout.subscription
    if step.customer_reference and step.customer_reference != checkout.customer.reference:
        Customer.objects.filter(pk=checkout.customer_id).update(reference=step.customer_reference)
    columns: dict[str, Any] = {}
    if step.subscription_reference:
        columns["reference"] = step.subscription_reference
    if step.outcome == Outcome.DONE:
        columns["next_sync_at"] = now()
    if columns:
        # No compare here: the reference is a fact of ours, and no other writer sets it.
        Subscription.objects.filter(pk=subscription.pk).update(version=F("version") + 1, **columns)


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
    if step.outcome == Outcome.DONE and checkout.purpose == "card":
        news.append(News("card.changed", payload))
    return news


def _fall_through(checkout: Checkout, step: Step) -> None:
    """The next strategy, only after a proved refusal that another strategy may escape.

    In the transaction that stores the refusal, so that a kill in between loses nothing.
    """
    if step.outcome != Outcome.REFUSED or step.scope != "strategy" or checkout.purpose != "open":
        return
    gateway = gateways[checkout.provider]
    following = _next_strategy(gateway, checkout.strategy)
    if following is None:
        return
    subscription = checkout.subscription
    mode = gateway.mode_of(following)
    customer = (
        subscription.customer if mode == subscription.mode else _customer_in(mode, subscription.customer)
    )
    Subscription.objects.filter(pk=subscription.pk).update(
        version=F("version") + 1, strategy=following, mode=mode, customer=customer
    )
    subscription.refresh_from_db()
    _attempt(subscription, following)


def _follow(checkout: Checkout) -> Checkout:
    """Go on with the attempt that took a refused one's place, where there is one."""
    newest = newest_attempt(checkout)
    return advance(newest) if newest.pk != checkout.pk else newest


def newest_attempt(checkout: Checkout) -> Checkout:
    """The latest attempt of the same purpose on the same subscription: perhaps this one."""
    found = Checkout.objects.filter(subscription=checkout.subscription_id, purpose=checkout.purpose).last()
    return _read(found.pk if found else checkout.pk)


def _next_strategy(gateway: Gateway, strategy: str) -> str | None:
    strategies = gateway.strategies
    later = strategies[strategies.index(strategy) + 1 :] if strategy in strategies else ()
    return later[0] if later else None


def _customer_in(mode: str, old: Customer) -> Customer:
    customer, _created = Customer.objects.get_or_create(
        provider=old.provider,
        mode=mode,
        payer_key=old.payer_key,
        defaults={"email": old.email, "name": old.name},
    )
    return customer


def _settle(checkout: Checkout) -> Checkout:
    """A finished attempt: have its subscription fetched, so that the payer sees the truth at once."""
    if checkout.status == CheckoutStatus.DONE:
        dispatch.run("sync_subscription", checkout.subscription_id)
        checkout = _read(checkout.pk)
    return checkout


def token_hash(token: str) -> str:
    """A provider's token as we keep it for recognising who comes back: SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def by_token(provider: str | None, token: str) -> Checkout | None:
    """The attempt that a returning browser's token belongs to."""
    found = Checkout.objects.filter(token_hash=token_hash(token))
    return (found.filter(provider=provider) if provider else found).last()
