"""The payer's browser comes back from the gateway, perhaps by a cross-site POST without any cookie."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from .. import conf, verbs
from ..budget import time_budget
from ..checkout import returned
from ..exceptions import ConfigurationError, PaymentsError
from .attempts import find_returning
from .decorators import page
from .rendering import see_other

logger = logging.getLogger("payment_subscriptions.pages")


@csrf_exempt
@page
@require_http_methods(["GET", "HEAD", "POST"])
def success(request: HttpRequest) -> HttpResponse:
    """All that is believed is that somebody came back: the provider is asked what is true. Where it
    does not answer, the result page says so and goes on asking."""
    checkout = find_returning(request)
    try:
        with time_budget(conf.get("INLINE_SECONDS")):
            returned(checkout)
            if checkout.purpose == "renew":  # it was done once it was sent: the payment is what is new
                verbs.sync(checkout.subscription)
    except (PaymentsError, ConfigurationError):
        logger.exception("The provider could not be asked on return", extra={"checkout": checkout.pk})
    return see_other("result", checkout=checkout.public_id)
