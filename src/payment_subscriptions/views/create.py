"""A payer orders a plan: from our own dialog, or by JSON as the recipe's page does."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from .. import conf
from ..budget import time_budget
from ..checkout import AlreadySubscribed
from ..exceptions import BadRequest, Busy, ConfigurationError, PaymentsError
from ..forms import SubscribeForm
from ..gateways import gateways
from ..lifecycle import CheckoutStatus
from ..models import Checkout
from ..plans import Price, catalogue
from . import nonce as nonces
from .decorators import page
from .errors import note
from .plans import payer, show
from .rendering import see_other


@dataclass(frozen=True)
class Failure:
    """Why there is nothing to go on with. ``field`` is the form's, ``url`` the payer's own earlier order."""

    status: int
    text: str
    field: str = ""
    url: str = ""
    reference: str = ""


@page
def create(request: HttpRequest, provider: str) -> HttpResponse:
    """The attempt's hand-over page, or why not: 400 what was sent cannot be used, 409 there is an order
    already, 503 payments do not work now."""
    json = wants_json(request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"]) if json else see_other("plans")
    if provider not in gateways:
        raise Http404
    form = SubscribeForm(request.POST)
    nonce = ""
    try:
        nonce = _nonce(request, form, json)
        checkout = _subscribe(request, provider, form, nonce)
        _refuse_refused(checkout)
    except (PaymentsError, ConfigurationError) as error:
        failure = _failure(error, _own_attempt(request, form, nonce))
        return _failed_json(failure) if json else _failed_page(request, form, failure)
    answer = _opened_json(checkout) if json else see_other("continue", checkout=checkout.public_id)
    return nonces.keep(answer, request, nonce)


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller reads JSON: fetch sends ``*/*``, a browser's form asks for text/html first."""
    accepted = request.headers.get("Accept", "*/*").lower()
    html, json = accepted.find("text/html"), accepted.find("application/json")
    return html < 0 or 0 <= json < html


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
    if gateways.for_price(price).alias != provider:
        raise BadRequest(_("That price is of another currency."), field="price", code="currency")
    email = form.cleaned_data["email"]
    with time_budget(conf.get("INLINE_SECONDS")):
        return payer(request, nonce, email).subscribe(
            price.key, email=email, coupon=form.cleaned_data["coupon"]
        )


def _refuse_refused(checkout: Checkout) -> None:
    """Raises BadRequest with the provider's reason where it turned the attempt down at once."""
    if checkout.status == CheckoutStatus.REFUSED:
        gateway = gateways[checkout.provider]
        field = "email" if checkout.reason in gateway.email_refusals else ""
        raise BadRequest(gateway.explain(checkout.reason), field=field, code="refused")


def _own_attempt(request: HttpRequest, form: SubscribeForm, nonce: str) -> Checkout | None:
    """The order that this payer has already for that plan's slot. Where nobody has logged in, only under
    the e-mail that it was made with: at a shared computer the next person is somebody else."""
    if not nonce or not form.is_valid():
        return None
    slot = catalogue().plan_of(form.cleaned_data["chosen"]).slot
    subscription = payer(request, nonce, "").subscription(slot)
    if subscription is None or (
        not subscription.user_id and subscription.email != form.cleaned_data["email"]
    ):
        return None
    return subscription.checkouts.filter(purpose="open").last()


def _failure(error: Exception, own: Checkout | None) -> Failure:
    url = reverse("payments:result", kwargs={"checkout": own.public_id}) if own else ""
    if own and own.call_begun_at:
        waiting = _("Your earlier order is being confirmed. Wait for its result before you choose again.")
        return Failure(409, waiting, url=url)
    if isinstance(error, BadRequest):
        return Failure(400, str(error), error.field)
    if isinstance(error, (AlreadySubscribed, Busy)):
        return Failure(409, str(error), url=url)
    text = _("Payments are not available right now. Nothing has been charged. Try again in a few minutes.")
    return Failure(503, text, reference=note(error))


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
    details = {"field": failure.field, "url": failure.url, "reference": failure.reference}
    answer = {"success": False, "error": failure.text} | {k: v for k, v in details.items() if v}
    return JsonResponse(answer, status=failure.status)


def _failed_page(request: HttpRequest, form: SubscribeForm, failure: Failure) -> HttpResponse:
    return show(request, form, status=failure.status, failure=failure)
