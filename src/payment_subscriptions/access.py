"""Doors of your own site that a plan opens::

    from payment_subscriptions.access import RequiresPlanMixin, requires_feature, requires_plan

    @requires_plan("pro", "team")  # any of them
    def reports(request):
        until = request.access.until  # what billing(request.user).access("pro", "team") answered

    @requires_feature("export")  # whatever plan offers it
    async def export(request): ...

    class Reports(RequiresPlanMixin, ListView):
        plans = ("pro", "team")

Who is not logged in is taken to the login; who has no access, to where it can be had: the page of a
subscription that is waiting for money, else the plans. A caller that reads JSON gets 401 or 402, with the
reason as a word of docs/statuses.md and in the caller's language, and the same address. In templates
``{% load payments %}{% access_to "pro" as pro %}{% if pro %}...``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from .billing import Billing, billing
from .exceptions import BadRequest, ConfigurationError
from .plans import catalogue
from .views.rendering import SeeOther, wants_json

AnyView = Callable[..., Any]


def requires_plan(*plans: str) -> Callable[[AnyView], AnyView]:
    """Let in, to a view or an async view, who may use any of these plans now.

    Raises ConfigurationError, when somebody comes, where PLANS has no such plan.
    """
    return lambda view: _guarded(view, plans, (), is_async=iscoroutinefunction(view))


def requires_feature(*features: str) -> Callable[[AnyView], AnyView]:
    """Let in who may use any of these features now, by whatever plan. Raises as ``requires_plan`` does."""
    return lambda view: _guarded(view, (), features, is_async=iscoroutinefunction(view))


class RequiresPlanMixin(View):
    """Both for views that are classes: any of these plans and features lets in. It stands before the view's
    own class. Raises as ``requires_plan`` does."""

    plans: Iterable[str] = ()
    features: Iterable[str] = ()

    def dispatch(self, request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponseBase:
        let_in = _guarded(super().dispatch, self.plans, self.features, is_async=self.view_is_async)
        response: HttpResponseBase = let_in(request, *arguments, **named)
        return response


def _guarded(view: AnyView, plans: Iterable[str], features: Iterable[str], *, is_async: bool) -> AnyView:
    if is_async:

        @wraps(view)
        async def asked(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
            turned_away = await sync_to_async(_turn_away)(request, plans, features)
            return turned_away or await view(request, *arguments, **named)

        return asked

    @wraps(view)
    def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
        return _turn_away(request, plans, features) or view(request, *arguments, **named)

    return guarded


def _turn_away(request: HttpRequest, plans: Iterable[str], features: Iterable[str]) -> HttpResponse | None:
    """Where to go instead; None for who may come in, with the answer in ``request.access``."""
    opening = _opening(plans, features)
    if not request.user.is_authenticated:
        login = resolve_url(settings.LOGIN_URL)
        if wants_json(request):
            return _told(401, "anonymous", _("Log in first."), login)
        return redirect_to_login(request.get_full_path(), login)
    payer = billing(request.user)
    access = payer.access(*opening)
    if access:
        request.access = access  # type: ignore[attr-defined]
        return None
    where = _where_it_is_had(payer, opening)
    return _told(402, access.why, str(access.text), where) if wants_json(request) else SeeOther(where)


def _opening(plans: Iterable[str], features: Iterable[str]) -> tuple[str, ...]:
    """The keys of the plans that open the door."""
    known = catalogue()
    try:
        named = [known.plan(key).key for key in plans]
        offering = [plan.key for key in features for plan in known.plans_with(key)]
    except BadRequest as error:
        raise ConfigurationError(
            f"A view requires {[*plans, *features]}: {error}",
            hint="Name plans and features that stand in PLANS.",
        ) from error
    if not named and not offering:
        raise ConfigurationError("A view requires no plan", hint='@requires_plan("pro")')
    return (*named, *offering)


def _told(status: int, code: str, text: str, url: str) -> JsonResponse:
    return JsonResponse({"error": text, "code": code, "url": url}, status=status)


def _where_it_is_had(payer: Billing, plans: Iterable[str]) -> str:
    """The page of a subscription that waits for its payer, else the plans."""
    waiting = payer.subscriptions.open().filter(plan__in=plans).first()
    checkout = waiting.order_attempt if waiting else None
    if checkout is None:
        return reverse("payments:plans")
    return reverse("payments:result", kwargs={"checkout": checkout.public_id})
