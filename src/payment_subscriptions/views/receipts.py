"""The receipt of one payment, on a page made for printing."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from .decorators import page
from .my_subscription import enter
from .payment_lines import lines_of
from .rendering import render
from .standing import standing_of
from .viewer import viewer_of


@page
@require_safe
def receipt(request: HttpRequest, subscription: UUID, number: int) -> HttpResponse:
    """Of one payment that was made, for its own payer. Raises Http404 for any other."""
    viewer = viewer_of(request)
    if not viewer.is_known:
        return enter(request)
    found = viewer.find(subscription)
    line = next(iter(lines_of(found, 1, number).shown), None)
    if line is None or line.number != number or not line.has_receipt:
        raise Http404("There is no such receipt")
    context = standing_of(found, []) | {"payment": line.payment, "number": number, "viewer": viewer}
    return render(request, "receipt.html", context)
