"""Who is in front of the page, where nobody has logged in: a random nonce.

A signed cookie carries it, so that two tabs are one payer; each form carries it too, sealed with
its age. It proves nobody's e-mail and reaches nobody's card.
"""

from __future__ import annotations

import secrets

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from .. import conf
from ..exceptions import BadRequest
from ..lifecycle import Status
from ..models import Subscription

COOKIE = "payments_form"
SALT = "payment_subscriptions.form"


def nonce_of(request: HttpRequest) -> str:
    """The browser's nonce; a new one where it has none, or has bought something with it: whoever
    uses a shared computer next is somebody else."""
    found = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=conf.get("FORM_MAX_AGE"))
    return found if found and not _is_spent(found) else secrets.token_hex(16)


def _is_spent(nonce: str) -> bool:
    """Whether it led to a subscription that the provider knows; one merely abandoned does not count."""
    bought = Subscription.objects.filter(payer_key=f"form:{nonce}").exclude(status=Status.PENDING)
    return bought.exclude(reference=None).exists()


def keep(response: HttpResponse, request: HttpRequest, nonce: str) -> HttpResponse:
    response.set_signed_cookie(
        COOKIE,
        nonce,
        salt=SALT,
        max_age=conf.get("FORM_MAX_AGE"),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def seal(nonce: str) -> str:
    """The nonce as a form carries it."""
    return signing.dumps(nonce, salt=SALT)


def unseal(sealed: str) -> str:
    """The nonce of a form that was sent. Raises BadRequest for one that is too old, or not ours."""
    try:
        return str(signing.loads(sealed, salt=SALT, max_age=conf.get("FORM_MAX_AGE")))
    except signing.BadSignature:
        raise BadRequest(
            _("This page had been open for too long. Nothing has been charged: send it once more."),
            code="stale",
        ) from None
