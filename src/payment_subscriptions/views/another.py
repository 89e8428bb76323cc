"""The same plan at another gateway, where an order of a payer has come to nothing, or may be given up."""

from __future__ import annotations

from django.http import HttpRequest

from ..exceptions import ConfigurationError
from ..models import Checkout
from ..plans import catalogue
from .offers import Option, alternatives, options
from .states import State


def another_way(request: HttpRequest, attempt: Checkout, state: State) -> list[Option]:
    """What else they may choose by a click, which first gives this order up at its gateway; nothing while
    it may have been paid, or has begun."""
    if attempt.purpose != "open" or not _is_free(attempt, state):
        return []
    if not catalogue().has_price(attempt.price_key):
        return []
    try:
        sold = options(request)
    except ConfigurationError:
        return []
    return alternatives(sold, attempt.price, attempt.provider)


def _is_free(attempt: Checkout, state: State) -> bool:
    if state == State.GIVEN_UP:
        return True
    if not attempt.subscription.is_pending:
        return False
    if state == State.DOUBT:
        return attempt.has_taken_nothing
    return state in (State.REJECTED, State.UNREACHED)
