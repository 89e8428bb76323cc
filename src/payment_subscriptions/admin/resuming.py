"""Take a cancelled subscription up again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import verbs
from ..clock import now
from ..exceptions import NotPossible
from ..lifecycle import ALLOWED, CheckoutStatus
from ..models import Checkout, Subscription
from ..money import format_money
from . import attempts, words
from .abilities import capabilities
from .verb import Said, Verb


def _possible(row: Subscription) -> bool:
    ends = row.period_end or row.trial_end
    return (
        capabilities(row).resume != "none"
        and row.is_cancelling
        and row.status in ALLOWED["resume"]
        and not (row.cancel_requested or row.successor_reference)
        and ends is not None
        and ends > now()
    )


def _consequences(row: Subscription) -> list[str]:
    terms = {
        "provider": row.provider,
        "day": words.day(row.period_end or row.trial_end),
        "money": format_money(row.money),
    }
    if capabilities(row).resume == "successor":
        begins = _(
            "%(provider)s takes no cancellation back: it is asked for a new subscription that begins on "
            "%(day)s, when this one ends. Here it stays the same one."
        )
    else:
        begins = _("It goes on after %(day)s as if it had not been cancelled.")
    return [
        begins % terms,
        _("Nothing is charged before; then %(money)s for each period.") % terms,
        _("The payer keeps what is paid already."),
    ]


def _resume(request: HttpRequest, row: Subscription, data: dict[str, Any]) -> Said:
    try:
        row = verbs.resume(row)
    except NotPossible:
        attempt = _last_attempt(row)
        if attempt is None or attempt.status != CheckoutStatus.REFUSED:
            raise
        return attempts.refused(attempt)
    attempt = _last_attempt(row)
    if attempt is not None and row.is_cancelling and (said := attempts.unfinished(attempt)):
        return said
    if row.is_cancelling:
        text = _("It was asked for, but the provider does not show it. %(state)s")
        return Said(messages.WARNING, text % {"state": words.state(row)})
    return Said(messages.SUCCESS, _("It goes on. %(state)s") % {"state": words.state(row)})


def _last_attempt(row: Subscription) -> Checkout | None:
    return row.checkouts.filter(purpose="resume").last()


RESUME = Verb(
    "resume",
    "payment_subscriptions.resume_subscription",
    gettext_lazy("Resume"),
    gettext_lazy("Lets it go on when the paid period ends."),
    _possible,
    _consequences,
    _resume,
    stamp=lambda row: str(row.version),
)
