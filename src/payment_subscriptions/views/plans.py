"""The plans, and the dialog in which one of them is ordered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ..billing import Billing, billing, form_payer
from ..checkout import Payer
from ..forms import SubscribeForm
from ..gateways import gateways
from ..mailboxes import normalised
from ..models import Checkout, Subscription
from .decorators import page
from .nonce import keep, nonce_of, seal
from .offers import Option, offers, options
from .rendering import render
from .viewer import proved_address
from .ways import Wish, asked_for, currencies, preferred, remember, remembered, ways

# As long as a key of a payer's can be.
LONGEST = 255 - len("email:")


@page
@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """``?price=`` opens the dialog for it, which is how it works without JavaScript; ``&provider=`` at that
    gateway; ``&order=`` with the e-mail of that order of theirs."""
    form = SubscribeForm(initial={"email": _email(request)})
    return show(request, form, request.GET.get("price", ""), asked_for(request))


def show(
    request: HttpRequest,
    form: SubscribeForm,
    price: str,
    wish: Wish,
    *,
    failed: Option | None = None,
    status: int = 200,
    **trouble: Any,
) -> HttpResponse:
    """The page. A ``price`` that is sold opens its dialog, with what went wrong when it was sent
    (``trouble``); ``wish`` goes before what the browser remembers. ``failed`` is what a gateway could not
    sell: the dialog stays with it, whatever else is sold."""
    nonce = nonce_of(request)
    sold = options(request)
    dialog = failed or _dialog(request, sold, price, wish)
    way = dialog if dialog in sold else preferred(sold, wish, remembered(request))
    offered = offers(sold, way, mine(request))
    shown = dialog or next((option for offer in offered for option in offer.options), None)
    context = {
        "ways": ways(sold, way),
        "currencies": currencies(sold, way),
        "way": way,
        "offers": offered,
        "option": shown,
        "has_coupons": shown in sold and gateways[shown.provider].has_coupons,
        "is_open": dialog is not None,
        "form": form,
        "seal": seal(nonce),
        **trouble,
    }
    response = render(request, "plans.html", context, status=status)
    if way and any(wish.fits(way)):
        remember(response, request, way.provider, way.currency)
    return keep(response, request, nonce)


def _dialog(request: HttpRequest, sold: list[Option], price: str, wish: Wish) -> Option | None:
    """What the dialog is about."""
    return preferred((option for option in sold if option.price.key == price), wish, remembered(request))


def payer(request: HttpRequest, nonce: str, email: str) -> Billing:
    """Who orders: the user who is logged in, else whoever proved that very address in this browser, else
    the browser."""
    user = getattr(request, "user", None)
    if user and user.is_authenticated:
        return billing(user)
    address = proved_address(request) if email else ""
    if address and normalised(email) == address and len(address) <= LONGEST:
        return billing(Payer(f"email:{address}", email))
    return form_payer(nonce, email)


def mine(request: HttpRequest) -> dict[str, Subscription]:
    """The subscriptions of the user who is logged in, by slot; one still pending can be ordered anew. Of a
    proved address they take nothing off the page: whoever sits there may order with another."""
    user = getattr(request, "user", None)
    if not user or not user.is_authenticated:
        return {}
    return {subscription.slot: subscription for subscription in billing(user).subscriptions.begun()}


def _email(request: HttpRequest) -> str:
    """The user's, or that of the order which the address names, where this browser made it."""
    own = str(getattr(getattr(request, "user", None), "email", "") or "")
    return own or _email_of_order(request)


def _email_of_order(request: HttpRequest) -> str:
    try:
        order = UUID(request.GET.get("order", ""))
    except ValueError:
        return ""
    made = Checkout.objects.filter(
        public_id=order, subscription__payer_key=payer(request, nonce_of(request), "").payer.key
    )
    return made.values_list("subscription__email", flat=True).first() or ""
