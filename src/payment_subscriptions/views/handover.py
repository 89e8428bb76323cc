"""Leaving for the gateway: by GET, so that a Content-Security-Policy of ``form-action 'self'`` holds."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from .. import conf
from ..budget import time_budget
from ..checkout import go_on
from ..gateways import gateways
from ..lifecycle import CheckoutStatus
from .attempts import find
from .decorators import page
from .rendering import render, see_other


@page
@require_safe
def hand_over(request: HttpRequest, checkout: UUID) -> HttpResponse:
    """One second of "we are taking you there"; the result page where there is nowhere to go."""
    attempt = find(checkout)
    if attempt.status == CheckoutStatus.OPEN:
        with time_budget(conf.get("INLINE_SECONDS")):
            attempt = go_on(attempt)
    if attempt.status != CheckoutStatus.WAITING or attempt.next_step != "go":
        return see_other("result", checkout=attempt.public_id)
    context = {"checkout": attempt, "gateway": gateways[attempt.provider].name or attempt.provider}
    response = render(request, "hand_over.html", context)
    response["Refresh"] = f"1; url={attempt.url}"
    return response
