"""Another plan: choose it, see what it costs to the peso, confirm what was seen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from .. import conf, verbs
from ..budget import time_budget
from ..exceptions import BadRequest, Refused
from ..gateways import gateways
from ..gateways.base import Capabilities, ChangePreview
from ..models import Checkout, Subscription
from ..plans import catalogue
from .attempts import beside, find_main
from .decorators import page
from .rendering import render, see_other
from .result import context_of, facts_of
from .standing import can_change
from .states import state_of

# What the address and the form call the two moments.
NOW, PERIOD_END = "now", "period_end"


@page
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """``?price=``, ``&quantity=`` and ``&when=`` show what that change costs; without them, what there
    is to choose."""
    attempt = find_main(checkout)
    subscription = attempt.subscription
    capabilities = gateways.of(attempt).capabilities_of(subscription.strategy)
    running = beside(subscription)
    if not can_change(subscription, capabilities) or (running and running.is_running):
        return see_other("result", checkout=attempt.public_id)
    if request.method == "POST":
        return _confirm(request, attempt)
    if key := request.GET.get("price", ""):
        return _preview(request, attempt, key, _quantity(request), _is_at_period_end(request, capabilities))
    return _choose(request, attempt)


@page
@require_http_methods(["GET", "POST"])
def undo_change(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """Until it takes effect."""
    attempt = find_main(checkout)
    if request.method == "POST" and attempt.subscription.next_price_key:
        with time_budget(conf.get("INLINE_SECONDS")):
            verbs.undo_change(attempt.subscription)
    return see_other("result", checkout=attempt.public_id)


def _choose(request: HttpRequest, attempt: Checkout, *, status: int = 200, notice: str = "") -> HttpResponse:
    subscription = attempt.subscription
    capabilities = gateways.of(attempt).capabilities_of(subscription.strategy)
    choices = [{"price": price, "plan": catalogue().plan_of(price)} for price in verbs.choices(subscription)]
    choice = {"choices": choices, "capabilities": capabilities, "notice": notice}
    return render(request, "change.html", _context(attempt) | choice, status=status)


def _quantity(request: HttpRequest) -> int | None:
    """As asked for; None as it is. Raises BadRequest."""
    written = request.GET.get("quantity", "")
    if written and not (written.isascii() and written.isdigit() and len(written) < 7):
        raise BadRequest(_("That quantity cannot be bought."), field="quantity", code="quantity")
    return int(written) if written else None


def _is_at_period_end(request: HttpRequest, capabilities: Capabilities) -> bool:
    """As asked for, where the gateway leaves a choice."""
    if capabilities.change_now and capabilities.change_at_period_end:
        return request.GET.get("when") != NOW
    return capabilities.change_at_period_end


def _preview(
    request: HttpRequest,
    attempt: Checkout,
    key: str,
    quantity: int | None,
    at_period_end: bool,
    *,
    status: int = 200,
    notice: str = "",
) -> HttpResponse:
    """Raises BadRequest, NotPossible, OutcomeUnknown: nothing was changed."""
    try:
        with time_budget(conf.get("INLINE_SECONDS")):
            found = verbs.preview_change(
                attempt.subscription, key, at_period_end=at_period_end, quantity=quantity
            )
    except Refused:
        refused = _("The payment service does not accept that change. Nothing has been changed or charged.")
        return _choose(request, attempt, status=409, notice=refused)
    return _shown(request, attempt, found, status=status, notice=notice)


def _shown(
    request: HttpRequest, attempt: Checkout, found: ChangePreview, *, status: int, notice: str
) -> HttpResponse:
    told = {
        "preview": found,
        "new_plan": catalogue().plan_of(found.price).name,
        "seal": verbs.seal_preview(attempt.subscription, found),
        "notice": notice,
    }
    return render(request, "change_preview.html", _context(attempt) | told, status=status)


def _confirm(request: HttpRequest, attempt: Checkout) -> HttpResponse:
    """Apply what the payer saw, if it still holds. Raises BadRequest for a preview that is not ours."""
    subscription = attempt.subscription
    seen, is_old = verbs.unseal_preview(subscription, request.POST.get("preview", ""))
    if is_old:
        return _preview(
            request,
            attempt,
            seen.price.key,
            seen.quantity,
            seen.at is not None,
            status=409,
            notice=_("This page had been open for too long. Nothing has been changed: look at it once more."),
        )
    is_done = (seen.price.key, seen.quantity) == (subscription.price_key, subscription.quantity)
    if is_done:  # sent twice
        return see_other("result", checkout=attempt.public_id)
    return _apply(request, attempt, subscription, seen)


def _apply(
    request: HttpRequest, attempt: Checkout, subscription: Subscription, seen: ChangePreview
) -> HttpResponse:
    """Whatever came of it, also that nobody knows yet, is told by the result page."""
    try:
        with time_budget(conf.get("INLINE_SECONDS")):
            verbs.change_plan(subscription, seen)
    except verbs.PreviewChanged as changed:
        return _shown(request, attempt, changed.preview, status=409, notice=str(changed))
    except Refused:
        refused = _("The payment service does not accept that change. Nothing has been changed or charged.")
        return _choose(request, attempt, status=409, notice=refused)
    return see_other("result", checkout=attempt.public_id)


def _context(attempt: Checkout) -> dict[str, Any]:
    return context_of(attempt, state_of(facts_of(attempt)))
