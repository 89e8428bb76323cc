"""The bare limit: what Django needs to check a signature and keep a body, and nothing else."""

from __future__ import annotations

import hashlib
import hmac

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from .settings import WEBHOOK_SECRET


@csrf_exempt
@require_POST
def bare(request: HttpRequest) -> HttpResponse:
    stamp, _, signature = request.headers.get("Stripe-Signature", "").partition(",")
    signed = stamp.removeprefix("t=").encode() + b"." + request.body
    right = hmac.new(WEBHOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, signature.removeprefix("v1=")):
        return JsonResponse({"received": False}, status=400)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_bare (body, received_at) VALUES (%s, %s)",
            [request.body.decode(), timezone.now()],
        )
    return JsonResponse({"received": True})
