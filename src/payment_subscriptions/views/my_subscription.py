"""A payer's own page: what they have and what they can do about it, for the users who are logged in and, by a
link that was mailed to them, for those who have only an e-mail address. It asks no gateway."""

from __future__ import annotations

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from ..portal_links import proved_by
from .decorators import page
from .rendering import render, see_other
from .viewer import forget_proof, keep_proof, viewer_of


@page
@require_safe
def my_subscription(request: HttpRequest) -> HttpResponse:
    """All that the payer has; without login and proof, how to get there."""
    viewer = viewer_of(request)
    found = list(viewer.subscriptions.select_related("customer")[:50])
    return render(request, "my_subscription.html", {"viewer": viewer, "subscriptions": found})


@page
@require_safe
def prove(request: HttpRequest, token: str) -> HttpResponse:
    """A link from a mail: its address is proved, and gone to without the token. Nothing else happens, for
    whatever scans mails opens it too."""
    try:
        subscription = proved_by(token)
    except BadSignature:
        return render(request, "link_expired.html", {}, status=410)
    response = see_other("my_subscription")
    keep_proof(response, request, subscription)
    return response


@page
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """This browser shows the page no more until another link is opened."""
    response = see_other("my_subscription")
    forget_proof(response)
    return response
