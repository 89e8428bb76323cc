"""Why an order could not be opened: what a payer is told, and what else they may do."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from ..checkout import AlreadySubscribed
from ..clock import now
from ..exceptions import BadRequest, Busy, PaymentsError
from ..models import Checkout
from .errors import note
from .offers import Option

# The BadRequest of a gateway that turned the order down at once.
TURNED_DOWN = "refused"
UNAVAILABLE = 503


class Unreached(PaymentsError):
    """The gateway did not answer: nothing was begun there."""


@dataclass(frozen=True)
class Failure:
    """Why there is nothing to go on with. ``field`` is the form's, ``url`` the payer's own earlier order,
    ``alternatives`` the other gateways at which the same can be had: only where nothing can have been
    taken by the one that failed."""

    status: int
    text: str
    field: str = ""
    url: str = ""
    reference: str = ""
    alternatives: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Standing:
    """What there is when opening has failed: the payer's order in that slot, and whether it is shown to
    whoever asks."""

    order: Checkout | None = None
    is_shown: bool = False

    @property
    def url(self) -> str:
        if self.order is None or not self.is_shown:
            return ""
        return reverse("payments:result", kwargs={"checkout": self.order.public_id})

    @property
    def is_being_given_up(self) -> bool:
        """For another choice, and its gateway has not agreed yet."""
        return self.order is not None and self.order.is_running and self.order.expires_at <= now()

    @property
    def has_taken_nothing(self) -> bool:
        return self.order is None or (self.order.subscription.is_pending and self.order.has_taken_nothing)


def failure_of(error: Exception, standing: Standing, gateway: str, others: list[Option]) -> Failure:
    """``gateway`` is the name of the one that was asked, ``others`` are the ways around it."""
    order = standing.order
    if order and order.call_begun_at:
        return Failure(409, _waiting(standing, order), url=standing.url)
    if isinstance(error, BadRequest):
        turned_down = error.code == TURNED_DOWN and error.field != "email"
        return Failure(400, str(error), error.field, alternatives=tuple(others) if turned_down else ())
    if isinstance(error, (AlreadySubscribed, Busy)):
        return Failure(409, str(error), url=standing.url)
    return _unavailable(error, standing, gateway, others)


def _waiting(standing: Standing, order: Checkout) -> str:
    if standing.is_being_given_up and order.is_in_doubt and standing.has_taken_nothing:
        return _(
            "Your earlier order is being given up, but its payment service has not answered yet. Nothing has "
            "been charged. Try again in a minute."
        )
    return _("Your earlier order is being confirmed. Wait for its result before you choose again.")


def _unavailable(error: Exception, standing: Standing, gateway: str, others: list[Option]) -> Failure:
    """What is proved of money is said, and no more. Where the earlier order could not be given up, no other
    can be opened."""
    reference = note(error)
    if standing.is_being_given_up:
        return Failure(UNAVAILABLE, _stuck(standing), url=standing.url, reference=reference)
    if not standing.has_taken_nothing:
        return Failure(UNAVAILABLE, _perhaps_paid(gateway), url=standing.url, reference=reference)
    if others:
        text = _(
            "%(gateway)s cannot take your payment right now. Nothing has been charged. You can try again, or "
            "pay another way."
        )
    else:
        text = _(
            "%(gateway)s cannot take your payment right now. Nothing has been charged. Try again in a few "
            "minutes."
        )
    return Failure(UNAVAILABLE, text % {"gateway": gateway}, "", standing.url, reference, tuple(others))


def _stuck(standing: Standing) -> str:
    if standing.has_taken_nothing:
        return _(
            "Your earlier order could not be given up yet: its payment service is not answering. Nothing has "
            "been charged. Try again in a few minutes."
        )
    return _(
        "Your earlier order could not be given up yet: its payment service is not answering. If you have "
        "paid it, do not pay again: it will show up there."
    )


def _perhaps_paid(gateway: str) -> str:
    text = _(
        "%(gateway)s is not answering right now. If you have already paid, do not pay again: it will show up "
        "in your order."
    )
    return text % {"gateway": gateway}
