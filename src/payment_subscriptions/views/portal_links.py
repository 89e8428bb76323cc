"""Links to a payer's own page: asked for, mailed, opened, forgotten."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..forms import LinkForm
from ..portal_links import ask_for_link, made_for, proved_by
from .decorators import page
from .my_subscription import enter
from .rendering import SeeOther, render, see_other
from .viewer import forget_proof, keep_proof

logger = logging.getLogger("payment_subscriptions.pages")


class AnsweredFirst(SeeOther):
    """A redirect that has something done once its visitor has got it, so that how long that takes tells them
    nothing: a server closes the answer when it has been sent."""

    def __init__(self, url: str, afterwards: Callable[[], object]) -> None:
        super().__init__(url)
        self._afterwards = afterwards

    def close(self) -> None:
        try:
            self._afterwards()
        except Exception:  # nobody is left to be told
            logger.exception("A link could not be mailed")
        finally:
            super().close()


@page
@require_safe
def prove(request: HttpRequest, token: str) -> HttpResponse:
    """A link from a mail: its address is proved, and gone to without the token. Nothing else happens, for
    whatever scans mails opens it too."""
    try:
        subscription = proved_by(token)
    except BadSignature:
        return _expired(request, token)
    response = see_other("subscription", subscription=subscription.public_id)
    keep_proof(response, request, subscription)
    return response


def _expired(request: HttpRequest, token: str) -> HttpResponse:
    """One that was ours is good enough to have a fresh one mailed to the same address."""
    try:
        made_for(token)
    except BadSignature:
        token = ""
    return render(request, "link_expired.html", {"token": token, "form": LinkForm()}, status=410)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def send_link(request: HttpRequest) -> HttpResponse:
    """Mail a fresh link, to the address that was written or to that of an old link. The answer is the same
    whether there is anything to be mailed or not, and comes before anybody looks."""
    if request.method != "POST":
        return render(request, "link_sent.html", {})
    address = reverse("payments:send_link")
    if token := request.POST.get("token", ""):
        return AnsweredFirst(address, lambda: ask_for_link(_address_of(token)))
    form = LinkForm(request.POST)
    if not form.is_valid():
        return enter(request, form, status=400)
    email = form.cleaned_data["email"]
    return AnsweredFirst(address, lambda: ask_for_link(email))


def _address_of(token: str) -> str:
    try:
        return made_for(token).email
    except BadSignature:
        return ""


@page
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """This browser shows the page no more until another link is opened."""
    response = see_other("my_subscription")
    forget_proof(response)
    return response
