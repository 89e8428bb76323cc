"""The addresses that we give to gateways: built from ``BASE_URL`` and the project's own URLs.

A gateway's ``RETURN_URL`` and ``NOTICE_URL`` replace them; checks.py sees to it that those reach us.
The path of notices and the alias in it are for good: a plan with subscribers keeps its address.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.urls import NoReverseMatch, reverse

from . import conf
from .exceptions import ConfigurationError
from .gateways.base import Gateway
from .models import Checkout, Refund


def notice_url(gateway: Gateway) -> str:
    """Where the provider's server reports. Raises ConfigurationError."""
    return gateway.options.get("NOTICE_URL") or conf.absolute_url(notice_path(gateway))


def notice_path(gateway: Gateway) -> str:
    """The path of ``notice_url`` in this project. Raises ConfigurationError."""
    return path_of("payments:notice", provider=gateway.alias)


def refund_notice_url(gateway: Gateway, refund: Refund) -> str:
    """Where the provider's server reports about one refund: its path names it, so that a report can be
    told whose it is although the answer that named the refund was lost. Raises ConfigurationError."""
    path = path_of("payments:refund_notice", provider=gateway.alias, refund=str(refund.public_id))
    given = urlsplit(str(gateway.options.get("NOTICE_URL") or ""))
    return f"{given.scheme}://{given.netloc}{path}" if given.netloc else conf.absolute_url(path)


def return_url(gateway: Gateway, checkout: Checkout) -> str:
    """Where the payer's browser comes back; it carries the attempt's public id. Raises ConfigurationError."""
    base = return_base(gateway)
    return f"{base}{'&' if '?' in base else '?'}{urlencode({'checkout': str(checkout.public_id)})}"


def return_base(gateway: Gateway) -> str:
    """The same for any attempt. Raises ConfigurationError."""
    return gateway.options.get("RETURN_URL") or conf.absolute_url(path_of("payments:success"))


def path_of(name: str, **arguments: str) -> str:
    """The path of one of our pages. Raises ConfigurationError."""
    try:
        return reverse(name, kwargs=arguments)
    except NoReverseMatch as error:
        raise ConfigurationError(
            "The URLs of payment_subscriptions are not part of this project",
            hint="Add path('pagos/', include('payment_subscriptions.urls')) to the root URLconf.",
        ) from error
