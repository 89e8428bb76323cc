"""A payer's own page: what they have and what they can do about it, for users who are logged in and, by a
link that was mailed to them, for those who have only an e-mail address. It asks no gateway and changes
nothing: what is done is done by the pages of each action."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from ..exceptions import ConfigurationError
from ..forms import LinkForm
from ..gateways import gateways
from ..lifecycle import PAYING, CheckoutStatus
from ..models import Checkout, Payment, Subscription
from .decorators import page
from .payment_lines import lines_of
from .rendering import render
from .standing import standing_of
from .viewer import Viewer, viewer_of

# So many payments stand on the page, so many on each of the pages of older ones; so many subscriptions that
# go on, and that have ended.
PAYMENTS, OLDER_PAYMENTS, SUBSCRIPTIONS = 4, 12, 20


@page
@require_safe
def my_subscription(request: HttpRequest) -> HttpResponse:
    """The one that the payer has, or a list of several; without login and proof, how to get there."""
    viewer = viewer_of(request)
    if not viewer.is_known:
        return enter(request)
    rows = _listed(viewer)
    current = [row for row in rows if row.is_open] or rows
    if len(current) == 1:
        return _shown(request, viewer, current[0], rows)
    context = {"viewer": viewer, "standings": _standings(rows), "mode": rows[0].mode if rows else ""}
    return render(request, "my_subscriptions.html", context)


@page
@require_safe
def subscription(request: HttpRequest, subscription: UUID) -> HttpResponse:
    """One of those that the payer has; ``?until=`` shows its payments from that number down. Raises Http404
    for anybody else's, as for one that does not exist."""
    viewer = viewer_of(request)
    if not viewer.is_known:
        return enter(request)
    return _shown(request, viewer, viewer.find(subscription), _listed(viewer))


def enter(request: HttpRequest, form: LinkForm | None = None, *, status: int = 200) -> HttpResponse:
    """How to get to the page: by logging in, or by a link that is mailed."""
    context = {"form": form or LinkForm(), "login_url": _login_url(request)}
    return render(request, "enter.html", context, status=status)


def _login_url(request: HttpRequest) -> str:
    """The project's login, which leads back here; "" where it has none at LOGIN_URL."""
    try:
        login = resolve_url(settings.LOGIN_URL)
        resolve(login.partition("?")[0])
    except Resolver404:
        return ""
    return f"{login}{'&' if '?' in login else '?'}{urlencode({REDIRECT_FIELD_NAME: request.path})}"


def _listed(viewer: Viewer) -> list[Subscription]:
    """What is owed for first, then what goes on, then what has ended, each newest first."""
    found = viewer.subscriptions.select_related("customer")
    going_on = sorted(found.open()[:SUBSCRIPTIONS], key=lambda row: not row.is_past_due)
    return [*going_on, *found.ended()[:SUBSCRIPTIONS]]


def _standings(rows: list[Subscription]) -> list[dict[str, Any]]:
    """Of each what its sentence tells. One query for what is owed of all."""
    owed: dict[int, list[Payment]] = {row.pk: [] for row in rows}
    for payment in Payment.objects.owed().filter(subscription__in=rows).order_by("due_at", "pk"):
        owed[payment.subscription_id].append(payment)
    return [standing_of(row, [] if row.is_ended else owed[row.pk]) for row in rows]


def _shown(
    request: HttpRequest, viewer: Viewer, subscription: Subscription, rows: list[Subscription]
) -> HttpResponse:
    others = [row for row in rows if row.pk != subscription.pk]
    context = _page_of(subscription, _until(request)) | {"viewer": viewer, "others": others}
    return render(request, "my_subscription.html", context)


def _until(request: HttpRequest) -> int | None:
    """The number of a payment, as the address names it."""
    written = request.GET.get("until", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 7 else None


def _page_of(subscription: Subscription, until: int | None) -> dict[str, Any]:
    lines = lines_of(subscription, PAYMENTS if until is None else OLDER_PAYMENTS, until)
    payments = [line.payment for line in lines.shown]
    owed = [] if subscription.is_ended else subscription.owed
    attempt = subscription.order_attempt or subscription.checkouts.last()
    return standing_of(subscription, owed) | {
        "checkout": attempt,
        "is_mine": True,
        "lines": lines.shown,
        "older": lines.older,
        "is_older": until is not None,
        "order": next((p.order for p in payments if p.order), attempt.order if attempt else ""),
        "paid": next((payment for payment in payments if payment.status in PAYING), None),
        "why": _why(subscription, owed),
        "under_way": _under_way(subscription),
    }


def _why(subscription: Subscription, owed: list[Payment]) -> str:
    """Why the last charge was declined, in plain words."""
    code = next((payment.failure_code for payment in reversed(owed) if payment.failure_code), "")
    try:
        return gateways.of(subscription).explain(code) if code else ""
    except ConfigurationError:
        return ""


def _under_way(subscription: Subscription) -> Checkout | None:
    """Something that was asked for, and of which nobody knows yet what came of it."""
    running = subscription.checkouts.running().exclude(status=CheckoutStatus.WAITING)
    return running.exclude(purpose="renew").last()
