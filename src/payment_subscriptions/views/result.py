"""What became of an order, by its unguessable id: for whoever comes back, logged in or not."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from .. import conf
from ..budget import time_budget
from ..checkout import go_on
from ..clock import now
from ..exceptions import ConfigurationError, PaymentsError
from ..gateways import gateways
from ..lifecycle import GIVEN_BACK, PAYING, CheckoutStatus, PaymentStatus, Status
from ..models import Checkout, Payment, Subscription
from .another import another_way
from .attempts import beside, find_main
from .decorators import page
from .payment_lines import numbered
from .rendering import render, see_other
from .standing import standing_of
from .states import REFRESHING, Facts, State, state_of
from .viewer import viewer_of

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
    context = context_of(attempt, state) | {
        "alternatives": another_way(request, attempt, state),
        "is_mine": viewer_of(request).owns(attempt.subscription),
    }
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
    owed = [payment for payment in payments if payment.is_owed]
    return standing_of(subscription, owed) | {
        "checkout": attempt,
        "state": state,
        "payments": payments,
        "lines": numbered(payments, len(payments)),
        "order": next((p.order for p in payments if p.order), attempt.order),
        "collected": [payment for payment in payments if _is_collected_by(attempt, payment)],
        "paid": next((payment for payment in payments if payment.status in PAYING), None),
        "setback": _setback(subscription),
        "why": _why(attempt, payments),
        "declined": bool(attempt.reason) or any(payment.failure_code for payment in owed),
        "nothing_charged": _is_nothing_charged(payments),
    }


def _is_collected_by(attempt: Checkout, payment: Payment) -> bool:
    """Whether a debt was paid in the course of a change of card."""
    paid_since = payment.is_paid and payment.paid_at is not None and payment.paid_at >= attempt.created_at
    return attempt.purpose == "card" and paid_since


def _setback(subscription: Subscription) -> Checkout | None:
    """A change or a resumption that was refused a short while ago, and nothing of that kind since."""
    found = beside(subscription)
    if found is None or found.status != CheckoutStatus.REFUSED or now() - found.updated_at > NEWS_FOR:
        return None
    return found


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
