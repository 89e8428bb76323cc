"""The error page: what happened, whether money moved, what to do, and a reference for support."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ..exceptions import BadRequest, Busy, ConfigurationError, NotPossible, PaymentsError, Refused
from .rendering import render

logger = logging.getLogger("payment_subscriptions.pages")

NOTHING_CHARGED = _("This step has charged nothing.")


@dataclass(frozen=True)
class Trouble:
    """An error as a payer reads it. Without ``what`` the error's own words are shown."""

    status: int
    title: Any
    what: Any = ""
    do: Any = ""


NOT_FOUND = Trouble(
    404,
    _("We do not know this address"),
    _("The link is incomplete, or the order that it belonged to no longer exists."),
    _("If you have just paid, do not pay again: write to us and we will look for your payment."),
)
UNAVAILABLE = Trouble(
    503,
    _("Payments are not available right now"),
    _("We cannot reach the payment service. We have been told."),
    _("Try again in a few minutes. If you had already paid, do not pay again: it will show up here."),
)
BUSY = Trouble(
    409,
    _("One moment, please"),
    do=_("Wait a few seconds and go back to see where your order stands."),
)
NOT_POSSIBLE = Trouble(409, _("That cannot be done now"), do=_("Go back to see where your order stands."))
REFUSED = Trouble(
    409,
    _("The payment service did not accept that"),
    _("It said no, so that everything is as it was."),
    _("Go back to see where your order stands."),
)
BAD_REQUEST = Trouble(400, _("We could not read your order"), do=_("Go back to the plans and choose again."))

# The first class that fits decides.
TROUBLES: tuple[tuple[type[Exception], Trouble], ...] = (
    (Http404, NOT_FOUND),
    (ConfigurationError, UNAVAILABLE),
    (BadRequest, BAD_REQUEST),
    (Busy, BUSY),
    (NotPossible, NOT_POSSIBLE),
    (Refused, REFUSED),
    (PaymentsError, UNAVAILABLE),
)


def explained(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Whatever of ours goes wrong in the view becomes the error page, and a line in the log."""

    @wraps(view)
    def shown(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            return view(request, *arguments, **named)
        except (Http404, ConfigurationError, PaymentsError) as error:
            return error_page(request, error, named.get("checkout"))

    return shown


def error_page(request: HttpRequest, error: Exception, checkout: Any = None) -> HttpResponse:
    """``checkout`` is the public id of the order that the page was about: the way back."""
    trouble = next(trouble for kind, trouble in TROUBLES if isinstance(error, kind))
    context = {
        "trouble": trouble,
        "what": trouble.what or str(error),
        "money": NOTHING_CHARGED,
        "reference": note(error),
        "back_to": None if trouble is NOT_FOUND else checkout,
    }
    return render(request, "error.html", context, status=trouble.status)


def note(error: Exception) -> str:
    """Log the error under a short reference that the payer can tell to support."""
    reference = secrets.token_hex(4)
    extra = {"support_reference": reference, "error": type(error).__name__}
    if isinstance(error, ConfigurationError):
        logger.error("Payments are not set up: %s", error, extra=extra)
    else:
        logger.warning("A page could not be shown", extra=extra)
    return reference
