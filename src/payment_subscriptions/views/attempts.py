"""Finding the attempt that a page is about."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest

from ..checkout import by_token, newest_attempt
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..models import Checkout, Subscription


def find(public_id: UUID) -> Checkout:
    """Raises Http404."""
    found = Checkout.objects.select_related("subscription", "customer").filter(public_id=public_id).first()
    if found is None:
        raise Http404("There is no such order")
    return found


def find_main(public_id: UUID) -> Checkout:
    """The attempt that the page of that address is about: the newest of its purpose, so that an earlier
    one's address goes on telling the truth. One made beside the order (a renewal, a change of plan, a
    resumption) leads to the order itself. Raises Http404."""
    found = find(public_id)
    if found.purpose not in ("open", "card"):
        found = found.subscription.order_attempt or found
    return newest_attempt(found)


def beside(subscription: Subscription) -> Checkout | None:
    """The newest attempt to change its plan or to take it up again."""
    return subscription.checkouts.filter(purpose__in=("change", "resume")).last()


def find_returning(request: HttpRequest) -> Checkout:
    """The attempt of a browser that comes back: by the id that we put into the return address, else
    by the provider's token. Raises Http404."""
    try:
        return find(UUID(request.GET.get("checkout", "")))
    except ValueError:
        pass
    for alias in gateways:
        found = _by_token(alias, request)
        if found:
            return found
    raise Http404("Nobody knows this token")


def _by_token(alias: str, request: HttpRequest) -> Checkout | None:
    try:
        token = gateways[alias].token_of(request)
    except ConfigurationError:
        return None
    return by_token(alias, token) if token else None
