"""Who looks at a payer's own page: the user who is logged in, and the e-mail address that this browser proved
by a link which was mailed there.

The proof is kept in a signed cookie, so that no sessions are needed. It holds no address: it names the
subscription whose mail it was, and proves nothing once that has another address or was made to name nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse

from .. import conf
from ..mailboxes import normalised
from ..models import Subscription
from ..models.subscription import SubscriptionQuerySet
from ..portal_links import proof_of, subscription_of

COOKIE = "payments_payer"
SALT = "payment_subscriptions.payer"


@dataclass(frozen=True)
class Viewer:
    """``user``: None where nobody is logged in. ``address``: normalised, "" where none was proved. A proved
    address opens nothing that a user bought; a user's own address nothing, for nobody has proved it here."""

    user: Any = None
    address: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.user or self.address)

    @property
    def subscriptions(self) -> SubscriptionQuerySet:
        """The user's, and those of the address. One query, to know the latter."""
        rows: SubscriptionQuerySet = Subscription.objects.none()
        if self.user:
            rows = Subscription.objects.of_user(self.user)
        return rows | Subscription.objects.of_mailbox(self.address) if self.address else rows

    def find(self, public_id: UUID) -> Subscription:
        """Raises Http404 for anybody else's, as for one that does not exist."""
        found = self.subscriptions.select_related("customer").filter(public_id=public_id).first()
        if found is None:
            raise Http404("This payer has no such subscription")
        return found

    def owns(self, subscription: Subscription) -> bool:
        """Whether it is one of these."""
        return self.is_known and self.subscriptions.filter(pk=subscription.pk).exists()


def viewer_of(request: HttpRequest) -> Viewer:
    """At most one query, beside that for the user."""
    user = getattr(request, "user", None)
    return Viewer(user if user and user.is_authenticated else None, proved_address(request))


def proved_address(request: HttpRequest) -> str:
    """Normalised; "" where this browser has proved none, or too long ago. At most one query."""
    kept = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=conf.get("PORTAL_MAX_AGE"))
    try:
        return normalised(subscription_of(kept).email) if kept else ""
    except BadSignature:
        return ""


def keep_proof(response: HttpResponse, request: HttpRequest, subscription: Subscription) -> None:
    """Until the browser is closed, ``PORTAL_MAX_AGE`` seconds at most."""
    response.set_signed_cookie(
        COOKIE,
        proof_of(subscription),
        salt=SALT,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def forget_proof(response: HttpResponse) -> None:
    response.delete_cookie(COOKIE, samesite="Lax")
