"""How a subscription stands, and what its payer can do about it, as the pages tell it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from .. import conf, verbs
from ..clock import now
from ..exceptions import BadRequest, ConfigurationError
from ..gateways import gateways
from ..gateways.base import Capabilities
from ..lifecycle import ALLOWED
from ..models import Checkout, Payment, Subscription
from ..money import Money
from ..plans import Price, catalogue


def standing_of(subscription: Subscription, owed: list[Payment]) -> dict[str, Any]:
    """``owed``: its charges that are asked for and not paid. One query, where a change is scheduled."""
    plan, price = _bought(subscription)
    gateway_name, capabilities, by_hand = _gateway(subscription)
    scheduled = _scheduled(subscription)
    asked = _asked_change(subscription) if scheduled else None
    return {
        "subscription": subscription,
        "plan": plan,
        "price": price,
        "customer": subscription.customer,
        "owed": owed,
        "by_hand": by_hand,
        "bills": [payment for payment in owed if by_hand and payment.pay_url],
        "days_before": _days_before(subscription),
        "scheduled": scheduled,
        "scheduled_quantity": _quantity(subscription, asked),
        "scheduled_plan": catalogue().plan_of(scheduled).name if scheduled else "",
        "scheduled_charge": _charge(subscription, asked),
        "next_money": _next_money(subscription, scheduled, asked),
        "gateway": gateway_name,
        "can_change_card": capabilities.update_card and subscription.status in ALLOWED["update_card"],
        "can_cancel": can_cancel(subscription, capabilities),
        "can_resume": can_resume(subscription, capabilities),
        "can_change": can_change(subscription, capabilities),
        "changes_from": changes_from(subscription, capabilities),
        "can_unpause": capabilities.pause and subscription.status in ALLOWED["unpause"],
        "can_open_portal": can_open_portal(subscription, capabilities),
    }


def _bought(subscription: Subscription) -> tuple[Any, Any]:
    """The plan's name and the price, as far as the catalogue still has them."""
    try:
        return subscription.plan_in_catalogue.name, subscription.price
    except BadRequest:
        return subscription.plan, None


def _gateway(subscription: Subscription) -> tuple[str, Capabilities, bool]:
    """Its name, what it can do (nothing, where the settings no longer have it), and whether its bills are
    paid by hand."""
    strategy = subscription.strategy
    try:
        gateway = gateways.of(subscription)
    except ConfigurationError:
        return subscription.provider, Capabilities(), False
    return gateway.name or gateway.alias, gateway.capabilities_of(strategy), gateway.is_paid_by_hand(strategy)


def _days_before(subscription: Subscription) -> int:
    """How many days before its period each order of ours is e-mailed; 0 where the provider bills."""
    try:
        ours = not gateways.of(subscription).renews(subscription.strategy)
    except ConfigurationError:
        return 0
    return int(conf.get("RENEW_DAYS_BEFORE")) if ours else 0


def _scheduled(subscription: Subscription) -> Price | None:
    """What it changes to, as far as the catalogue still has it."""
    try:
        return subscription.next_price
    except BadRequest:
        return None


def _asked_change(subscription: Subscription) -> Checkout | None:
    """The attempt by which the scheduled change was asked for."""
    return subscription.checkouts.filter(purpose="change", price_key=subscription.next_price_key).last()


def _quantity(subscription: Subscription, asked: Checkout | None) -> int:
    return asked.quantity if asked else subscription.quantity


def _charge(subscription: Subscription, asked: Checkout | None) -> Money | None:
    """What the scheduled change itself costs on its day."""
    charge = _previewed(subscription, asked, "charge")
    return charge if charge.amount else None


def _previewed(subscription: Subscription, asked: Checkout | None, what: str) -> Money:
    """Of the scheduled change, as the payer confirmed it."""
    return Money(Decimal(asked.data.get(what) or 0) if asked else 0, subscription.currency)


def _next_money(subscription: Subscription, scheduled: Price | None, asked: Checkout | None) -> Money:
    """What the next charge comes to: the price of its day, less what is the payer's credit by then."""
    starts, charged = subscription.next_price_at, subscription.next_charge_at
    credit, price = Money(subscription.credit, subscription.currency), subscription.money
    if scheduled and starts and charged and starts <= charged:
        credit += _previewed(subscription, asked, "credit")
        price = scheduled.amount * _quantity(subscription, asked)
    return max(price - credit, price * 0)


def can_cancel(subscription: Subscription, capabilities: Capabilities) -> bool:
    """A pending one is given up; one that has begun is cancelled where the gateway can."""
    if subscription.cancel_at_period_end or subscription.cancel_requested:
        return False
    able = capabilities.cancel_at_period_end or capabilities.cancel_now
    return subscription.is_pending or (able and subscription.status in ALLOWED["cancel"])


def can_resume(subscription: Subscription, capabilities: Capabilities) -> bool:
    """It is to end with its period, which is not over."""
    ends = subscription.period_end or subscription.trial_end
    return (
        capabilities.resume != "none"
        and subscription.is_cancelling
        and subscription.status in ALLOWED["resume"]
        and not subscription.cancel_requested
        and ends is not None
        and ends > now()
    )


def can_open_portal(subscription: Subscription, capabilities: Capabilities) -> bool:
    """The provider has a page of its own with the payer's cards and bills, and knows the payer."""
    return capabilities.portal and bool(subscription.customer.reference) and not subscription.is_pending


def can_change(subscription: Subscription, capabilities: Capabilities) -> bool:
    """It is active, goes on as it is, and there is another price for it."""
    return not subscription.successor_reference and _could_change(subscription, capabilities)


def changes_from(subscription: Subscription, capabilities: Capabilities) -> datetime | None:
    """From when its plan can be changed, where it was taken up again and begins anew first."""
    if subscription.successor_reference and _could_change(subscription, capabilities):
        return subscription.next_charge_at
    return None


def _could_change(subscription: Subscription, capabilities: Capabilities) -> bool:
    """But for an earlier one that has to end first."""
    able = capabilities.change_now or capabilities.change_at_period_end
    leaving = subscription.cancel_at_period_end or subscription.cancel_requested
    if not able or leaving or subscription.next_price_key:
        return False
    return subscription.status in ALLOWED["change_plan"] and bool(verbs.choices(subscription))
