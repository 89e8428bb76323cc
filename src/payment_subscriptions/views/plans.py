"""The plans, and the dialog in which one of them is ordered."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ..billing import Billing, billing, form_payer
from ..forms import SubscribeForm
from ..gateways import gateways
from ..models import Subscription
from .decorators import page
from .nonce import keep, nonce_of, seal
from .offers import Option, offers, options, ways
from .rendering import render


@page
@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """``?price=`` opens the dialog for it, which is how it works without JavaScript."""
    return show(request)


def show(
    request: HttpRequest, form: SubscribeForm | None = None, *, status: int = 200, **trouble: Any
) -> HttpResponse:
    """The page; with a form that was sent in vain, its dialog is open and says why (``trouble``)."""
    nonce = nonce_of(request)
    chosen = options()
    option = _option(request, form, chosen)
    wanted = option.provider if option else request.GET.get("provider", "")
    found = ways(chosen, wanted)
    provider = next((way.provider for way in found if way.is_chosen), "")
    offered = offers(chosen, provider, mine(request))
    shown = option or next((o for offer in offered for o in offer.options), None)
    context = {
        "ways": found if len(found) > 1 else [],
        "offers": offered,
        "option": shown,
        "has_coupons": bool(shown and gateways[shown.provider].has_coupons),
        "is_open": option is not None,
        "form": form or SubscribeForm(initial={"email": _email(request)}),
        "seal": seal(nonce),
        **trouble,
    }
    return keep(render(request, "plans.html", context, status=status), request, nonce)


def payer(request: HttpRequest, nonce: str, email: str) -> Billing:
    """Who orders: the user who is logged in, else the browser."""
    user = getattr(request, "user", None)
    return billing(user) if user and user.is_authenticated else form_payer(nonce, email)


def mine(request: HttpRequest) -> dict[str, Subscription]:
    """The subscriptions of the user who is logged in, by slot; one still pending can be ordered anew."""
    user = getattr(request, "user", None)
    if not user or not user.is_authenticated:
        return {}
    return {subscription.slot: subscription for subscription in billing(user).subscriptions.begun()}


def _email(request: HttpRequest) -> str:
    return str(getattr(getattr(request, "user", None), "email", "") or "")


def _option(request: HttpRequest, form: SubscribeForm | None, chosen: dict[str, Option]) -> Option | None:
    """What the dialog is about: what was sent, or what the address names."""
    if form is None:
        return chosen.get(request.GET.get("price", ""))
    price = form.cleaned_data.get("chosen") if form.is_bound and form.is_valid() else None
    key = price.key if price else form.data.get("price", "")
    return chosen.get(key)
