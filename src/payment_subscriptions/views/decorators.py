"""What every view here that a gateway or a stranger reaches has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import decorators as auth
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from .errors import explained

View = Callable[..., Any]


def public(view: View) -> View:
    """Reached without login (LoginRequiredMiddleware, Django 5.1 on), never inside a transaction:
    no gateway is asked while a row is locked, even under ATOMIC_REQUESTS."""
    exempt: Callable[[View], View] = getattr(auth, "login_not_required", lambda view: view)
    return transaction.non_atomic_requests(exempt(view))


def page(view: View) -> View:
    """A public page that shows one payer's affairs: kept by no cache and no search engine, its address
    passed on to nobody, its errors told in words.

    The referrer stays "same-origin": with "no-referrer" a browser sends our own forms with
    ``Origin: null``, which Django's CSRF protection refuses.
    """
    explaining = explained(view)

    @public
    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        response: HttpResponse = explaining(request, *arguments, **named)
        add_never_cache_headers(response)
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["X-Frame-Options"] = "DENY"  # also where the project has no middleware for it
        return response

    return shown
