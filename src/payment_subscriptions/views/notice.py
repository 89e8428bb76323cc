"""Where gateways' servers report: store, answer, process."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .. import conf, dispatch, inbox
from ..budget import time_budget
from ..exceptions import InvalidNotice
from ..gateways import gateways
from ..models import Notice
from ..models.notice import NoticeState
from .decorators import public

logger = logging.getLogger("payment_subscriptions.notices")


@csrf_exempt
@public
@require_POST
def notice(request: HttpRequest, provider: str) -> HttpResponse:
    """200 once stored, whatever the processing does: Flow e-mails the merchant about any other answer.

    400 for what is no notice; 404 only where the provider itself, asked in this request, does not
    know it. The body's own claims are ignored.
    """
    if provider not in gateways:
        raise Http404
    try:
        received = gateways[provider].receive(request)
    except InvalidNotice as error:
        return JsonResponse({"received": False, "error": str(error)}, status=400)
    pk = inbox.store(provider, received)
    with time_budget(conf.get("INLINE_SECONDS")):
        dispatch.run("process_notice", pk)
    if not dispatch.is_inline():
        return JsonResponse(_answer(None))
    stored = Notice.objects.select_related("subscription").get(pk=pk)
    return JsonResponse(_answer(stored), status=404 if stored.state == NoticeState.UNKNOWN else 200)


def _answer(stored: Notice | None) -> dict[str, Any]:
    """The recipe's words; null and "pending" while nobody knows."""
    subscription = stored.subscription if stored and stored.state == NoticeState.DONE else None
    return {
        "received": True,
        "subscription_id": str(subscription.public_id) if subscription else None,
        "status": subscription.status if subscription else "pending",
    }
