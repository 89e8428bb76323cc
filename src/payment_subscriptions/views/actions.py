"""What a payer does from the result page: try again, take another card, leave, go on after all."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from .. import checkout as checkouts
from .. import conf, verbs
from ..budget import time_budget
from ..exceptions import NotPossible, OutcomeUnknown
from ..gateways import gateways
from ..lifecycle import ALLOWED, CancelReason
from ..models import Checkout, Subscription
from ..models.subscription import MOST_SAID
from .attempts import find, find_main
from .decorators import page
from .rendering import SeeOther, render, see_other
from .result import context_of, facts_of
from .standing import can_cancel, can_open_portal, can_resume
from .states import state_of


@page
@require_http_methods(["GET", "POST"])
def retry(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """Turned down, once more: on the same subscription."""
    attempt = checkouts.newest_attempt(find(checkout))
    if request.method == "POST":
        with time_budget(conf.get("INLINE_SECONDS")):
            attempt = checkouts.retry(attempt)
    return _onward(attempt)


@page
@require_http_methods(["GET", "POST"])
def card(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """Another card for the same subscription; what is owed is then collected from it."""
    attempt = find(checkout)
    if request.method == "POST":
        with time_budget(conf.get("INLINE_SECONDS")):
            attempt = checkouts.open_card_change(attempt.subscription)
            attempt = checkouts.retry(attempt) if attempt.next_step == "retry" else checkouts.go_on(attempt)
    return _onward(attempt)


def _onward(attempt: Checkout) -> HttpResponse:
    """To the gateway where the payer is wanted there: the hand-over page knows."""
    return see_other("continue", checkout=attempt.public_id)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """Says what leaving means, then does it. Where the provider gives no answer the wish is kept and
    carried out later, and the result page says so."""
    attempt = find_main(checkout)
    subscription = attempt.subscription
    capabilities = gateways.of(attempt).capabilities_of(subscription.strategy)
    if subscription.is_ended or subscription.cancel_at_period_end or subscription.cancel_requested:
        return see_other("result", checkout=attempt.public_id)
    if not can_cancel(subscription, capabilities):
        raise NotPossible(_("This subscription cannot be cancelled here."))
    goes_on = not (subscription.is_past_due or subscription.is_pending)
    at_period_end = capabilities.cancel_at_period_end and goes_on
    if request.method == "POST":
        _cancel(subscription, at_period_end)
        _leave_word(request, subscription)
        return see_other("result", checkout=attempt.public_id)
    context: dict[str, Any] = context_of(attempt, state_of(facts_of(attempt)))
    asked = {"at_period_end": at_period_end, "reasons": CancelReason.choices, "most_said": MOST_SAID}
    return render(request, "cancel.html", context | asked)


def _leave_word(request: HttpRequest, subscription: Subscription) -> None:
    """Why they leave, where they say it. Nothing here keeps anybody from leaving."""
    reason, comment = request.POST.get("reason", ""), request.POST.get("comment", "")
    if not subscription.is_pending:
        verbs.leave_word(subscription, reason if reason in CancelReason.values else "", comment)


def _cancel(subscription: Subscription, at_period_end: bool) -> None:
    """Who owes leaves at once, so that nobody goes on collecting. Raises NotPossible, Busy."""
    try:
        with time_budget(conf.get("INLINE_SECONDS")):
            verbs.cancel(subscription, at_period_end=at_period_end)
    except OutcomeUnknown:
        return


@page
@require_http_methods(["GET", "POST"])
def resume(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """Cancelled, and to go on after all: nothing is charged before the paid period is over."""
    attempt = find_main(checkout)
    subscription = attempt.subscription
    capabilities = gateways.of(attempt).capabilities_of(subscription.strategy)
    if request.method == "POST" and can_resume(subscription, capabilities):
        _resume(subscription)
    return see_other("result", checkout=attempt.public_id)


@page
@require_http_methods(["GET", "POST"])
def unpause(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """Paused, and to go on: charged again from the next period."""
    attempt = find_main(checkout)
    subscription = attempt.subscription
    if request.method == "POST" and subscription.status in ALLOWED["unpause"]:
        with suppress(OutcomeUnknown), time_budget(conf.get("INLINE_SECONDS")):
            verbs.unpause(subscription)
    return see_other("result", checkout=attempt.public_id)


@page
@require_safe
def portal(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """To the provider's own page with the payer's cards and bills. A link, not a form: a policy of
    ``form-action 'self'`` would stop it on the way. Raises NotPossible, Refused, OutcomeUnknown."""
    attempt = find_main(checkout)
    gateway = gateways.of(attempt)
    if not can_open_portal(attempt.subscription, gateway.capabilities_of(attempt.subscription.strategy)):
        raise NotPossible(_("The payment service has no such page for this subscription."))
    back = conf.absolute_url(reverse("payments:result", kwargs={"checkout": attempt.public_id}))
    with time_budget(conf.get("INLINE_SECONDS")):
        return SeeOther(gateway.portal_url(attempt.customer.reference or "", back))


def _resume(subscription: Subscription) -> None:
    """What could not be asked is asked later: the result page tells. Raises NotPossible, Busy."""
    try:
        with time_budget(conf.get("INLINE_SECONDS")):
            verbs.resume(subscription)
    except OutcomeUnknown:
        return
