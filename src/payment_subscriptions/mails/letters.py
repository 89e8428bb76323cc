"""What each mail says now, in the language in force; None where there is nothing to say any more.

A handler may run long after its event: what has been settled since is not asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from .. import conf
from ..addresses import path_of
from ..clock import now
from ..gateways import gateways
from ..lifecycle import BEGUN, ENDED, PAYING, Status
from ..models import Event, Payment, Subscription
from ..money import format_money
from ..plans import Interval
from ..portal_links import portal_link
from ..templatetags.payments import card, day, last_day, last_month, period
from .facts import (
    Facts,
    access_end,
    bill_of,
    card_of,
    in_all,
    is_paid_by_hand,
    next_charge,
    period_of,
    price_of,
    still_owed,
    told,
    why,
)
from .kinds import LINK

# News is for its time: what is learned of later (an outage, books taken over from elsewhere) is in no mail.
FRESH = timedelta(days=7)


@dataclass(frozen=True)
class Letter:
    """``template``: the name of its three files; ``context``: what they may show besides ``base``."""

    template: str
    context: dict[str, Any] = field(default_factory=dict)


def letter_for(kind: str, event: Event, subscription: Subscription) -> Letter | None:
    """The mail of that kind about that event, as things are now."""
    letter = _LETTERS[kind](event, subscription)
    return letter and Letter(letter.template, base(subscription) | letter.context)


def base(subscription: Subscription) -> dict[str, Any]:
    """What every mail of a subscription may show."""
    price = subscription.agreed_price
    once = price.interval == Interval.ONCE
    each = format_money(subscription.money)
    return {
        "subscription": subscription,
        "is_test": subscription.mode != "real",
        "plan": subscription.plan_name,
        "amount": each,
        "price": each if once else f"{each} {period(price)}",
        "card": card_of(subscription),
        "by_hand": is_paid_by_hand(subscription),
        "action_url": portal_link(subscription),
    }


# --- it runs --------------------------------------------------------------------------------------

_BEGINNINGS = ("subscription.activated", "subscription.trial_started", "subscription.recovered")


def _subscribed(event: Event, subscription: Subscription) -> Letter | None:
    """The first time that it runs, whether by a trial, at once, or after a first charge that was declined."""
    before = Event.objects.filter(subscription=subscription, name__in=_BEGINNINGS, pk__lt=event.pk)
    first = subscription.payments.filter(paid_at__lt=now() - FRESH)
    if before.exists() or first.exists() or not subscription.is_begun:
        return None
    trial = subscription.trial_end if subscription.is_on_trial else None
    facts = [
        (_("Plan"), subscription.plan_name),
        (_("Price"), price_of(subscription)),
        (_("Card"), card_of(subscription)),
        (_("Trial until"), last_day(trial)),
        *next_charge(subscription),
    ]
    return Letter(
        "subscribed",
        {
            "facts": told(facts),
            "date": day(subscription.period_start or event.created_at),
            "trial_until": last_day(trial),
        },
    )


def _receipt(event: Event, subscription: Subscription) -> Letter | None:
    payment = _payment(event, subscription)
    if payment is None or payment.status not in PAYING or _is_old(payment.paid_at):
        return None
    once = subscription.agreed_price.interval == Interval.ONCE
    facts = [
        (_("Plan"), subscription.plan_name),
        (_("Amount paid"), format_money(payment.paid_money)),
        (_("Bill"), bill_of(payment)),
        (_("Date"), day(payment.paid_at)),
        (_("Period"), period_of(payment)),
        (_("Card"), card_of(subscription)),
        (_("Order"), payment.order or payment.reference),
        *([(_("Access until"), access_end(subscription))] if once else next_charge(subscription)),
    ]
    paid = format_money(payment.paid_money)
    return Letter("receipt", {"facts": told(facts), "amount": paid, "date": day(payment.paid_at)})


# --- it is owed -----------------------------------------------------------------------------------


def _charge_failed(event: Event, subscription: Subscription) -> Letter | None:
    """Not of bills: whoever pays those stood before the gateway's page and has seen it."""
    payment = _payment(event, subscription)
    if payment is None or not payment.is_owed or subscription.status not in BEGUN:
        return None
    if _is_old(payment.due_at):  # the ladder's
        return None
    if is_paid_by_hand(subscription):
        return None
    return Letter(
        "charge_failed",
        _debt(subscription, [payment]) | {"date": day(event.created_at), "why": why(payment)},
    )


def _dunning(event: Event, subscription: Subscription) -> Letter | None:
    """Of the debt that the event tells of, as long as it is one."""
    owed, since = subscription.owed, subscription.past_due_since
    if not owed or not since or since.isoformat() != event.payload["since"]:
        return None
    if subscription.cancel_at_period_end or subscription.cancel_requested or not subscription.is_past_due:
        return None
    return Letter(
        event.payload["mail"],
        _debt(subscription, owed) | {"date": day(since), "why": why(owed[-1]), "rung": event.payload["rung"]},
    )


def _debt(subscription: Subscription, owed: list[Payment]) -> dict[str, Any]:
    coming = sorted(p.next_attempt_at for p in owed if p.next_attempt_at and p.next_attempt_at > now())
    amount = format_money(in_all(owed))
    access = subscription.access
    facts = [
        (_("Plan"), subscription.plan_name),
        (_("Owed"), amount),
        (_("Card"), card_of(subscription)),
        (_("Next try"), day(coming[0]) if coming else ""),
        (_("Works until"), last_day(access.until) if access.allowed else ""),
    ]
    return {
        "facts": told(facts),
        "amount": amount,
        "next_attempt": day(coming[0]) if coming else "",
        "works": access.allowed,
        "works_until": last_day(access.until) if access.allowed else "",
        "gateway": gateways.of(subscription).name,
    }


# --- what time brings ------------------------------------------------------------------------------


def _card_expiring(event: Event, subscription: Subscription) -> Letter | None:
    expires = subscription.customer.card_expires
    if expires is None or f"{expires - timedelta(days=1):%Y-%m}" != event.payload["expires"]:
        return None  # another card since
    if not subscription.is_begun or subscription.cancel_at_period_end or not subscription.next_charge_at:
        return None
    facts = [
        (_("Plan"), subscription.plan_name),
        (_("Card"), card(subscription.customer)),
        (_("Valid until the end of"), last_month(expires)),
        *next_charge(subscription),
    ]
    return Letter(
        "card_expiring",
        {
            "facts": told(facts),
            "card": card(subscription.customer),
            "month": last_month(expires),
            "date": day(subscription.next_charge_at),
        },
    )


def _trial_ending(event: Event, subscription: Subscription) -> Letter | None:
    end = subscription.trial_end
    if not subscription.is_on_trial or not end or end <= now() or subscription.cancel_at_period_end:
        return None
    facts = [
        (_("Plan"), subscription.plan_name),
        (_("Trial until"), last_day(end)),
        (_("First charge"), day(subscription.next_charge_at or end)),
        (_("Price"), price_of(subscription)),
        (_("Card"), card_of(subscription)),
    ]
    return Letter(
        "trial_ending",
        {
            "facts": told(facts),
            "date": last_day(end),
            "charge_date": day(subscription.next_charge_at or end),
        },
    )


# --- it ends ----------------------------------------------------------------------------------------


def _cancel_scheduled(event: Event, subscription: Subscription) -> Letter | None:
    """Until when it works; not where it was taken up again, or ended, meanwhile."""
    if not subscription.is_cancelling or not subscription.is_begun:
        return None
    access = subscription.access
    can_resume = gateways.of(subscription).capabilities_of(subscription.strategy).resume != "none"
    ends = subscription.period_end or subscription.trial_end or subscription.access_until
    facts = [
        (_("Plan"), subscription.plan_name),
        (_("Works until"), last_day(access.until) if access.allowed else ""),
        (_("Still owed"), still_owed(subscription)),
    ]
    return Letter(
        "cancel_scheduled",
        {
            "facts": told(facts),
            "date": last_day(access.until if access.allowed else ends),
            "works": access.allowed,
            "owed": still_owed(subscription),
            "can_resume": can_resume and subscription.status in (Status.ACTIVE, Status.TRIALING),
        },
    )


def _cancelled(event: Event, subscription: Subscription) -> Letter | None:
    """Not of what never ran, nor of a one-time plan that was given back."""
    if event.payload.get("was") not in BEGUN or subscription.status not in ENDED:
        return None
    ended = subscription.ended_at or event.created_at
    if _is_old(ended):
        return None
    facts: Facts = [
        (_("Plan"), subscription.plan_name),
        (_("Ended on"), day(ended)),
        (_("Still owed"), still_owed(subscription)),
    ]
    unpaid = event.name == "subscription.failed"
    return Letter(
        "ended_unpaid" if unpaid else "cancelled",
        {
            "facts": told(facts),
            "date": day(ended),
            "owed": still_owed(subscription),
            "action_url": conf.absolute_url(path_of("payments:plans")),
        },
    )


def _is_old(moment: datetime | None) -> bool:
    return moment is not None and now() - moment > FRESH


# --- words -------------------------------------------------------------------------------------------


def _payment(event: Event, subscription: Subscription) -> Payment | None:
    return subscription.payments.filter(reference=event.payload["payment"]).first()


# --- they asked -----------------------------------------------------------------------------------


def _portal_link(event: Event, subscription: Subscription) -> Letter:
    """A link to their own page, or where they have an account the page itself."""
    seconds = int(conf.get("PORTAL_LINK_MAX_AGE"))
    has_account = subscription.has_account
    return Letter(LINK, {"has_account": has_account, "days": max(1, seconds // (24 * 3600))})


_LETTERS: dict[str, Callable[[Event, Subscription], Letter | None]] = {
    "subscribed": _subscribed,
    "receipt": _receipt,
    "charge_failed": _charge_failed,
    "card_expiring": _card_expiring,
    "trial_ending": _trial_ending,
    "cancel_scheduled": _cancel_scheduled,
    "cancelled": _cancelled,
    "dunning": _dunning,
    LINK: _portal_link,
}
