"""What became of an order, by its unguessable id: for whoever comes back, logged in or not."""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from .. import conf, verbs
from ..budget import time_budget
from ..checkout import go_on
from ..clock import now
from ..exceptions import BadRequest, ConfigurationError, PaymentsError
from ..gateways import gateways
from ..gateways.base import Capabilities
from ..lifecycle import ALLOWED, GIVEN_BACK, PAYING, CheckoutStatus, PaymentStatus, Status
from ..models import Checkout, Payment, Subscription
from ..money import Money
from ..plans import Price, catalogue
from .another import another_way
from .attempts import beside, find_main
from .decorators import page
from .rendering import render, see_other
from .states import REFRESHING, Facts, State, state_of

logger = logging.getLogger("payment_subscriptions.pages")

# A page that waits asks again after so many seconds, and more slowly once nobody is likely to look.
REFRESH, SLOW_REFRESH = 3, 30
SLOW_AFTER = timedelta(minutes=5)
# How often the provider is asked about a bill that is being paid in another tab.
ASK_EVERY = timedelta(seconds=6)
# For so long the page tells of a change or a resumption that was refused.
NEWS_FOR = timedelta(days=1)


@page
@require_safe
def result(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """Always of the newest attempt, or of one to change or resume what stands while that is under way."""
    main = find_main(checkout)
    attempt = _speaking(main)
    was_ours = attempt.status in (CheckoutStatus.OPEN, CheckoutStatus.IN_DOUBT)
    attempt = _asked(attempt, main)
    if was_ours and attempt.status == CheckoutStatus.WAITING and attempt.next_step == "go":
        return see_other("continue", checkout=attempt.public_id)
    state = state_of(facts_of(attempt))
    context = context_of(attempt, state) | {"alternatives": another_way(request, attempt, state)}
    response = render(request, f"result/{state}.html", context)
    if state in REFRESHING:
        response["Refresh"] = str(_pause(attempt))
    return response


def _speaking(main: Checkout) -> Checkout:
    """Which attempt the page is about."""
    other = beside(main.subscription)
    return other if other and other.is_running else main


def _asked(attempt: Checkout, main: Checkout) -> Checkout:
    """Go on with what is open. Whatever trouble there is, the page tells what is known."""
    if attempt.next_step == "pay" and now() - attempt.updated_at < ASK_EVERY:
        return attempt  # its callback tells sooner than asking at every turn of a page that waits
    try:
        with time_budget(conf.get("INLINE_SECONDS")):
            go_on(attempt)
    except (PaymentsError, ConfigurationError):
        logger.exception("The provider could not be asked", extra={"checkout": attempt.pk})
    return _speaking(find_main(main.public_id))


def _pause(attempt: Checkout) -> int:
    began = attempt.returned_at or attempt.created_at
    return REFRESH if now() - began < SLOW_AFTER else SLOW_REFRESH


def facts_of(attempt: Checkout) -> Facts:
    subscription = attempt.subscription
    return Facts(
        purpose=attempt.purpose,
        status=CheckoutStatus(attempt.status),
        next_step=attempt.next_step,
        subscription=Status(subscription.status),
        cancelling=subscription.cancel_at_period_end,
        ever_paid=bool(subscription.paid_through or subscription.trial_end or subscription.payment_date),
        demo=attempt.mode == "demo",
        unreached=attempt.purpose == "open" and attempt.is_unreached,
    )


def context_of(attempt: Checkout, state: State) -> dict[str, Any]:
    """What the templates of all states show."""
    subscription = attempt.subscription
    payments = list(subscription.payments.order_by("-pk").prefetch_related("refunds"))
    plan, price = _bought(subscription)
    gateway_name, capabilities, by_hand = _gateway(attempt)
    owed = [payment for payment in payments if payment.is_owed]
    scheduled = _scheduled(subscription)
    return {
        "checkout": attempt,
        "state": state,
        "subscription": subscription,
        "plan": plan,
        "price": price,
        "customer": subscription.customer,
        "payments": payments,
        "order": next((p.order for p in payments if p.order), attempt.order),
        "collected": [payment for payment in payments if _is_collected_by(attempt, payment)],
        "owed": owed,
        "paid": next((payment for payment in payments if payment.status in PAYING), None),
        "by_hand": by_hand,
        "bills": [payment for payment in owed if by_hand and payment.pay_url],
        "days_before": _days_before(subscription),
        "scheduled": scheduled,
        "scheduled_quantity": _scheduled_quantity(subscription) if scheduled else 1,
        "scheduled_plan": catalogue().plan_of(scheduled).name if scheduled else "",
        "scheduled_charge": _scheduled_charge(subscription) if scheduled else None,
        "next_money": _next_money(subscription, scheduled),
        "setback": _setback(subscription),
        "why": _why(attempt, payments),
        "declined": bool(attempt.reason) or any(payment.failure_code for payment in owed),
        "nothing_charged": _is_nothing_charged(payments),
        "gateway": gateway_name,
        "can_change_card": capabilities.update_card and subscription.status in ALLOWED["update_card"],
        "can_cancel": can_cancel(subscription, capabilities),
        "can_resume": can_resume(subscription, capabilities),
        "can_change": can_change(subscription, capabilities),
        "can_unpause": capabilities.pause and subscription.status in ALLOWED["unpause"],
        "can_open_portal": can_open_portal(subscription, capabilities),
    }


def _is_collected_by(attempt: Checkout, payment: Payment) -> bool:
    """Whether a debt was paid in the course of a change of card."""
    paid_since = payment.is_paid and payment.paid_at is not None and payment.paid_at >= attempt.created_at
    return attempt.purpose == "card" and paid_since


def _bought(subscription: Subscription) -> tuple[Any, Any]:
    """The plan's name and the price, as far as the catalogue still has them."""
    try:
        return subscription.plan_in_catalogue.name, subscription.price
    except BadRequest:
        return subscription.plan, None


def _gateway(attempt: Checkout) -> tuple[str, Capabilities, bool]:
    """Its name, what it can do (nothing, where the settings no longer have it), and whether its bills are
    paid by hand."""
    strategy = attempt.subscription.strategy
    try:
        gateway = gateways.of(attempt)
    except ConfigurationError:
        return attempt.provider, Capabilities(), False
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


def _next_money(subscription: Subscription, scheduled: Price | None) -> Money:
    """What the next charge comes to: the price of its day, less what is the payer's credit by then."""
    starts, charged = subscription.next_price_at, subscription.next_charge_at
    credit, price = Money(subscription.credit, subscription.currency), subscription.money
    if scheduled and starts and charged and starts <= charged:
        credit += _previewed(subscription, "credit")
        price = scheduled.amount * _scheduled_quantity(subscription)
    return max(price - credit, price * 0)


def _scheduled_charge(subscription: Subscription) -> Money | None:
    """What the scheduled change itself costs on its day."""
    charge = _previewed(subscription, "charge")
    return charge if charge.amount else None


def _previewed(subscription: Subscription, what: str) -> Money:
    """Of the scheduled change, as the payer confirmed it."""
    asked = _asked_change(subscription)
    return Money(Decimal(asked.data.get(what) or 0) if asked else 0, subscription.currency)


def _scheduled_quantity(subscription: Subscription) -> int:
    asked = _asked_change(subscription)
    return asked.quantity if asked else subscription.quantity


def _asked_change(subscription: Subscription) -> Checkout | None:
    return subscription.checkouts.filter(purpose="change", price_key=subscription.next_price_key).last()


def _setback(subscription: Subscription) -> Checkout | None:
    """A change or a resumption that was refused a short while ago, and nothing of that kind since."""
    found = beside(subscription)
    if found is None or found.status != CheckoutStatus.REFUSED or now() - found.updated_at > NEWS_FOR:
        return None
    return found


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
    able = capabilities.change_now or capabilities.change_at_period_end
    leaving = subscription.cancel_at_period_end or subscription.cancel_requested
    changing = subscription.next_price_key or subscription.successor_reference
    if not able or leaving or changing or subscription.status not in ALLOWED["change_plan"]:
        return False
    return bool(verbs.choices(subscription))


def _why(attempt: Checkout, payments: list[Payment]) -> str:
    """Why it was turned down, in plain words."""
    code = attempt.reason or next((p.failure_code for p in payments if p.failure_code), "")
    try:
        return gateways[attempt.provider].explain(code)
    except ConfigurationError:
        return ""


def _is_nothing_charged(payments: list[Payment]) -> bool:
    """Whether it is proved: every charge was declined or voided, none is open, paid or given back."""
    unproved = PAYING | GIVEN_BACK | {PaymentStatus.PENDING}
    return not any(payment.status in unproved for payment in payments)
