"""What is true of an attempt that has not done what it was made for."""

from __future__ import annotations

from django.contrib import messages
from django.utils.translation import gettext as _

from ..lifecycle import CheckoutStatus
from ..models import Checkout
from . import words
from .masking import mask
from .verb import Said


def unfinished(attempt: Checkout) -> Said | None:
    """None for one that is done."""
    if attempt.status == CheckoutStatus.DONE:
        return None
    if attempt.status == CheckoutStatus.IN_DOUBT:
        return Said(
            messages.WARNING,
            _(
                "In doubt: the provider gave no answer, so nobody knows yet whether it happened. It is asked "
                "about by itself, and not done a second time before that is known."
            ),
        )
    if attempt.status == CheckoutStatus.REFUSED:
        return refused(attempt)
    if attempt.status == CheckoutStatus.EXPIRED:
        return Said(messages.ERROR, _("It was given up; nothing was done."))
    return Said(
        messages.WARNING,
        _(
            "The provider could not be reached; nothing was done yet. It is tried again by itself until "
            "%(day)s."
        )
        % {"day": words.moment(attempt.expires_at)},
    )


def refused(attempt: Checkout) -> Said:
    text = _("The provider refused; nothing was done. It says: %s")
    return Said(messages.ERROR, text % (mask(attempt.reason) or "—"))
