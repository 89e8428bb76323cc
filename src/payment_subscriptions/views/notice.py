"""Where gateways' servers report: store, answer, process."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .. import conf, dispatch, inbox, probing
from ..budget import time_budget
from ..exceptions import ConfigurationError, InvalidNotice
from ..gateways import gateways
from ..models import Refund
from ..models.notice import NoticeState
from .decorators import public
from .senders import sender_of

logger = logging.getLogger("payment_subscriptions.notices")

# The largest body that is looked at: a token has 40 characters, an event some ten thousand.
MOST_BYTES = 1024 * 1024

# The answer where work is handed on or failed: the recipe's words, null and "pending".
NOBODY_KNOWS: dict[str, str | None] = {"state": None, "subscription": None, "status": None}


@csrf_exempt
@public
@require_POST
def notice(request: HttpRequest, provider: str, refund: UUID | None = None) -> HttpResponse:
    """``refund``: the one that the address names.

    200 once stored, whatever the processing does (Flow e-mails the merchant about any other answer), and
    for what is genuine and about nothing of ours, which is not stored.

    400 for what is no notice, or too large for one; 500, and nothing stored, where our settings lack what it
    takes to tell: the provider sends it again; 404 only where the provider itself, asked in this request,
    does not know it. The body's own claims are ignored. Who asks whether it is this view that answers (the
    doctor, by ``probing``) is told so, and nothing else is done.
    """
    if provider not in gateways:
        raise Http404
    if proof := probing.answer(request.headers.get(probing.HEADER, ""), provider):
        return JsonResponse({"received": False, "probe": proof})
    if _length(request) > MOST_BYTES:  # before anything reads it: an upload would go to the disk
        return JsonResponse({"received": False, "error": "Too large"}, status=400)
    try:
        gateway = gateways[provider]
        received = gateway.receive(request)
    except InvalidNotice as error:
        return JsonResponse({"received": False, "error": str(error)}, status=400)
    except ConfigurationError as error:
        logger.error("A notice could not be judged: %s", error, extra={"provider": provider})
        return JsonResponse({"received": False, "error": "Payments are not set up."}, status=500)
    if received is None:
        return _answered(NOBODY_KNOWS)
    if refund and not Refund.objects.filter(public_id=refund, provider=provider).exists():
        raise Http404
    sender = "" if gateway.signs_notices else sender_of(request, provider)
    pk = inbox.store(provider, received, about=str(refund or ""), sender=sender)
    with time_budget(conf.get("INLINE_SECONDS")):
        found = dispatch.run("process_notice", pk) or NOBODY_KNOWS
    return _answered(found)


def _length(request: HttpRequest) -> int:
    written = request.META.get("CONTENT_LENGTH") or "0"
    return int(written) if written.isdecimal() else 0


def _answered(found: Mapping[str, str | None]) -> HttpResponse:
    answer = {
        "received": True,
        "subscription_id": found["subscription"],
        "status": found["status"] or "pending",
    }
    return JsonResponse(answer, status=404 if found["state"] == NoticeState.UNKNOWN else 200)
