from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from payment_subscriptions import conf


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What this is and what to try."""
    return render(request, "example/index.html", {"site": conf.get("SITE_NAME")})
