"""A payer orders a plan: from our own dialog, or by JSON as the recipe's page does."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse

from .. import conf
from ..budget import time_budget
from ..exceptions import BadRequest, ConfigurationError, PaymentsError
from ..forms import SubscribeForm
from ..gateways import gateways
from ..lifecycle import CheckoutStatus
from ..mailboxes import normalised
from ..models import Checkout
from ..plans import Price, catalogue
from . import nonce as nonces
from .decorators import page
from .failure import TURNED_DOWN, UNAVAILABLE, Failure, Standing, Unreached, failure_of
from .offers import Option, alternatives, name_of, option_at, options
from .plans import payer, show
from .rendering import see_other, wants_json
from .ways import Wish, remember


@page
def create(request: HttpRequest, provider: str) -> HttpResponse:
    """The attempt's hand-over page, or why not: 400 what was sent cannot be used, 409 there is an order
    already, 503 payments do not work now."""
    json = wants_json(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"]) if json else see_other("plans")
    if provider not in gateways:
        raise Http404
    if "another" in request.POST:
        return _another(request, provider)
    form = SubscribeForm(request.POST)
    nonce = ""
    try:
        nonce = _nonce(request, form, json)
        checkout = _subscribe(request, provider, form, nonce)
        _refuse_refused(checkout)
        _refuse_unreached(checkout)
    except (PaymentsError, ConfigurationError) as error:
        failure = _failure(request, error, provider, form, nonce)
        return _failed_json(failure) if json else _failed_page(request, provider, form, failure)
    answer = _opened_json(checkout) if json else see_other("continue", checkout=checkout.public_id)
    remember(answer, request, checkout.provider, checkout.price.currency)
    return nonces.keep(answer, request, nonce)


def _another(request: HttpRequest, provider: str) -> HttpResponse:
    """The dialog for another price or gateway, with the e-mail that was written; nothing is ordered yet."""
    form = SubscribeForm(initial={"email": request.POST.get("email", "")})
    return show(request, form, request.POST["another"], Wish(provider))


def _nonce(request: HttpRequest, form: SubscribeForm, json: bool) -> str:
    """The one sealed in the form. A JSON caller may have none: CSRF has shown that the page is the
    site's own. Raises BadRequest for a form that is too old."""
    sealed = form.data.get("form", "")
    return nonces.nonce_of(request) if json and not sealed else nonces.unseal(sealed)


def _subscribe(request: HttpRequest, provider: str, form: SubscribeForm, nonce: str) -> Checkout:
    """Raises BadRequest for the form's own errors, and whatever billing raises."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise BadRequest(str(errors[0]), field="" if field == "__all__" else field)
    price: Price = form.cleaned_data["chosen"]
    email, coupon = form.cleaned_data["email"], form.cleaned_data["coupon"]
    with time_budget(conf.get("INLINE_SECONDS")):
        return payer(request, nonce, email).subscribe(
            price.key, provider=provider, email=email, coupon=coupon, request=request
        )


def _refuse_refused(checkout: Checkout) -> None:
    """Raises BadRequest with the provider's reason where it turned the attempt down at once."""
    if checkout.status == CheckoutStatus.REFUSED:
        gateway = gateways[checkout.provider]
        field = "email" if checkout.reason in gateway.email_refusals else ""
        raise BadRequest(gateway.explain(checkout.reason), field=field, code=TURNED_DOWN)


def _refuse_unreached(checkout: Checkout) -> None:
    """Raises Unreached, rather than have the payer wait for a gateway that does not answer."""
    if checkout.is_unreached:
        raise Unreached


def _failure(
    request: HttpRequest, error: Exception, provider: str, form: SubscribeForm, nonce: str
) -> Failure:
    if not nonce or not form.is_valid():
        return failure_of(error, Standing(), name_of(provider), [])
    price: Price = form.cleaned_data["chosen"]
    return failure_of(
        error,
        _standing(request, form, nonce),
        name_of(provider),
        alternatives(_sold(request), price, provider),
    )


def _standing(request: HttpRequest, form: SubscribeForm, nonce: str) -> Standing:
    """The order that this payer has already for that plan's slot. Where nobody has logged in, it is shown
    only under the e-mail that it was made with: at a shared computer the next person is somebody else."""
    data = form.cleaned_data
    subscription = payer(request, nonce, data["email"]).subscription(catalogue().plan_of(data["chosen"]).slot)
    order = subscription.order_attempt if subscription else None
    if subscription is None or order is None:
        return Standing()
    is_shown = bool(subscription.user_id) or normalised(subscription.email) == normalised(data["email"])
    return Standing(order, is_shown)


def _sold(request: HttpRequest) -> list[Option]:
    try:
        return options(request)
    except ConfigurationError:  # told already: it is what went wrong
        return []


def _opened_json(checkout: Checkout) -> HttpResponse:
    """The recipe's words: its page goes to ``${url}?token=${token}``."""
    return JsonResponse(
        {
            "success": True,
            "url": reverse("payments:continue", kwargs={"checkout": checkout.public_id}),
            "token": str(checkout.public_id),
            "subscription_id": str(checkout.subscription.public_id),
            "mode": checkout.mode,
        }
    )


def _failed_json(failure: Failure) -> HttpResponse:
    details: dict[str, Any] = {
        "field": failure.field,
        "url": failure.url,
        "reference": failure.reference,
        "alternatives": [_as_json(option) for option in failure.alternatives],
    }
    answer = {"success": False, "error": failure.text} | {k: v for k, v in details.items() if v}
    return JsonResponse(answer, status=failure.status)


def _as_json(option: Option) -> dict[str, str]:
    """``url`` is the dialog in which it is ordered."""
    query = urlencode({"price": option.price.key, "provider": option.provider})
    return {
        "provider": option.provider,
        "price": option.price.key,
        "amount": str(option.price.amount.amount),
        "currency": option.price.currency,
        "url": f"{reverse('payments:plans')}?{query}#subscribe",
    }


def _failed_page(request: HttpRequest, provider: str, form: SubscribeForm, failure: Failure) -> HttpResponse:
    price: Price | None = form.cleaned_data["chosen"] if form.is_valid() else None
    failed = None
    if price and failure.status == UNAVAILABLE:
        failed = option_at(provider, price, catalogue().plan_of(price))
    key = price.key if price else form.data.get("price", "")
    return show(request, form, key, Wish(provider), failed=failed, status=failure.status, failure=failure)
