"""Open an attempt: for a new subscription, or for another card of one that exists."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .. import conf, recording
from ..clock import now
from ..exceptions import BadRequest, Busy, ConfigurationError, NotPossible
from ..gateways import gateways
from ..gateways.base import ChangePreview, Gateway
from ..lifecycle import ALLOWED, CheckoutStatus
from ..models import Checkout, Customer, Subscription
from ..models.columns import new_key
from ..outbox import News, write
from ..plans import Price, catalogue
from . import attempts
from .progress import close, give_up

# Payers who showed who they are: by logging in, or by a link that was mailed to them.
PROVED = ("user:", "email:")
# More is a typing error, and no purchase.
MOST = 999_999


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
    def proved_address(self) -> str:
        """The address of one who is known by it; else nothing."""
        kind, _colon, address = self.key.partition(":")
        return address if kind == "email" else ""

    @property
    def customer_key(self) -> str:
        """A proved payer keeps their customer; anybody else gets a new one for each subscription,
        so that an e-mail typed into a form reaches nobody's card."""
        return self.key if self.is_proved else f"{self.key}:{new_key()}"


@dataclass(frozen=True)
class Choice:
    """What a payer wants."""

    price: Price
    gateway: Gateway
    coupon: str = ""
    quantity: int = 1


def open_checkout(
    payer: Payer,
    price: Price,
    gateway: Gateway,
    *,
    coupon: str = "",
    quantity: int = 1,
    metadata: dict[str, Any] | None = None,
) -> Checkout:
    """The attempt by which this payer gets this price there: a new one, or the one they have open.

    ``quantity``: how often the price is charged at once. The same payer with the same choice gets their
    open attempt back (two tabs, a double click); a new choice first expires the old attempt at the gateway.
    Raises BadRequest, AlreadySubscribed, Busy (the old attempt is in doubt), ConfigurationError.
    """
    _validate(payer)
    if coupon:
        gateway.check_coupon(coupon, price)
    strategy = _first_strategy(gateway, price, coupon)
    check_quantity(gateway, strategy, quantity)
    chosen = Choice(price, gateway, coupon, quantity)
    for _try in range(3):
        existing = _open_subscription(payer, price)
        if existing is None:
            try:
                return _create(payer, chosen, strategy, metadata or {})
            except IntegrityError:
                continue  # another tab was faster: take its attempt
        with suppress(recording.Stale):
            if (found := _reuse(existing, payer, chosen)) is not None:
                return found
    raise Busy(_("Your order is being worked on. Try again in a moment."))


def open_card_change(subscription: Subscription) -> Checkout:
    """The attempt by which the payer registers another card; what is owed is then collected.

    The running one, if there is one. Raises NotPossible.
    """
    able = gateways[subscription.provider].capabilities_of(subscription.strategy)
    if not able.update_card or subscription.status not in ALLOWED["update_card"]:
        raise NotPossible(_("The card of this subscription cannot be changed."))
    running = subscription.checkouts.running().filter(purpose="card").last()
    return running or attempts.again(subscription, "card")


def open_resumption(subscription: Subscription) -> Checkout:
    """The attempt by which a subscription that is to end goes on: the running one, if there is one."""
    running = subscription.checkouts.running().filter(purpose="resume").last()
    return running or attempts.again(subscription, "resume")


def open_plan_change(subscription: Subscription, preview: ChangePreview) -> Checkout:
    """The attempt that applies a preview which the payer has seen.

    Raises Busy where an earlier change has not come to its end, or the row has moved since it was read.
    """
    data = {
        "was": str(subscription.amount),
        "charge": str(preview.charge.amount),
        "credit": str(preview.credit.amount),
        "at": preview.at.isoformat() if preview.at else "",
        "quantity": preview.quantity,
        **preview.data,
    }
    attempt = attempts.again(subscription, "change", price_key=preview.price.key, data=data)
    if attempt.data != data:  # another tab was faster, with another change
        raise Busy(_("Your earlier change is being confirmed. Wait for its result."))
    return attempt


def check_quantity(gateway: Gateway, strategy: str, quantity: int) -> None:
    """Raises BadRequest for less than one, and for more where the gateway charges a price once."""
    if not 1 <= quantity <= MOST or (quantity > 1 and not gateway.capabilities_of(strategy).quantity):
        raise BadRequest(_("That quantity cannot be bought."), field="quantity", code="quantity")


def _validate(payer: Payer) -> None:
    try:
        validate_email(payer.email)
    except ValidationError:
        raise BadRequest(_("That is not an e-mail address."), field="email", code="email") from None


def _first_strategy(gateway: Gateway, price: Price, coupon: str) -> str:
    strategies = gateway.strategies_for(price, coupon)
    if not strategies:
        raise ConfigurationError(f"The gateway {gateway.alias!r} has no STRATEGIES for {price.key!r}")
    return strategies[0]


def _open_subscription(payer: Payer, price: Price) -> Subscription | None:
    """The one that has their seat; of a proved address also one that they bought before they proved it."""
    slot = catalogue().plan_of(price).slot
    rows = Subscription.objects.select_related("customer")
    found = rows.filter(slot_key=recording.slot_key(payer.key, slot)).first()
    if found or not payer.proved_address:
        return found
    return rows.of_mailbox(payer.proved_address).begun().filter(slot=slot).first()


def _create(payer: Payer, chosen: Choice, strategy: str, metadata: dict[str, Any]) -> Checkout:
    """Subscription, customer and attempt, committed before anything is asked of the provider."""
    price, gateway = chosen.price, chosen.gateway
    plan = catalogue().plan_of(price)
    mode = gateway.mode_of(strategy)
    known = _known_customer(payer, gateway.alias, mode)
    with transaction.atomic(durable=True):  # begins with a write, so that SQLite takes its lock at once
        customer = known or Customer.objects.create(
            provider=gateway.alias,
            mode=mode,
            payer_key=payer.customer_key,
            email=payer.email,
            name=payer.name,
        )
        subscription = Subscription.objects.create(
            user=payer.user,
            customer=customer,
            payer_key=payer.key,
            email=payer.email,
            language=get_language() or "",
            plan=plan.key,
            price_key=price.key,
            slot=plan.slot,
            slot_key=recording.slot_key(payer.key, plan.slot),
            quantity=chosen.quantity,
            amount=price.amount.amount * chosen.quantity,
            currency=price.currency,
            frequency=price.frequency,
            coupon=chosen.coupon,
            provider=gateway.alias,
            mode=mode,
            strategy=strategy,
            metadata=metadata,
            next_sync_at=now() + timedelta(seconds=conf.get("CHECKOUT_EXPIRES")),
        )
        checkout = attempts.new(subscription, strategy)
        write(subscription, [News("subscription.opened")])
    return checkout


def _known_customer(payer: Payer, provider: str, mode: str) -> Customer | None:
    """The customer that a proved payer has; its e-mail follows while the provider has not heard it."""
    if not payer.is_proved:
        return None
    customer = Customer.objects.filter(provider=provider, mode=mode, payer_key=payer.key).first()
    if customer and not customer.reference and customer.email != payer.email:
        customer.email = payer.email
        customer.save(update_fields=["email"])
    return customer


def _reuse(subscription: Subscription, payer: Payer, chosen: Choice) -> Checkout | None:
    """The payer's open attempt, where it fits the choice; None when the way is free for a new one."""
    if not subscription.is_pending:
        raise AlreadySubscribed(subscription)
    attempt = subscription.order_attempt
    wanted = (chosen.price.key, payer.email, chosen.coupon, chosen.quantity, chosen.gateway.alias)
    had = (
        subscription.price_key,
        subscription.email,
        subscription.coupon,
        subscription.quantity,
        subscription.provider,
    )
    same = had == wanted
    if attempt and (attempt.status == CheckoutStatus.DONE or (attempt.is_running and same)):
        return attempt
    if attempt and attempt.is_running:
        give_up(attempt)
        return None
    if same:
        return attempts.again(subscription)
    close(subscription)
    return None
