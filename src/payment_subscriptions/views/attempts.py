"""Finding the attempt that a page is about."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest

from ..checkout import by_token
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..models import Checkout


def find(public_id: UUID) -> Checkout:
    """Raises Http404."""
    found = Checkout.objects.select_related("subscription", "customer").filter(public_id=public_id).first()
    if found is None:
        raise Http404("There is no such order")
    return found


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
