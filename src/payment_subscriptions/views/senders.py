"""Who brought a notice: the address of the caller, as far as it can be believed, hashed.

It only tells senders apart, so that one who floods does not delay another. No address is stored.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from .. import conf

# Who has one address of IPv6 has all of its network.
PREFIX = 64


def sender_of(request: HttpRequest, provider: str) -> str:
    """The same text for the same network of callers of that provider's address."""
    told = f"{provider}|{_network(_address(request))}"
    return salted_hmac("payment_subscriptions.sender", told, algorithm="sha256").hexdigest()[:32]


def _address(request: HttpRequest) -> str:
    """Behind ``NUM_PROXIES`` proxies the one that the outermost of them saw: whatever stands further left
    in X-Forwarded-For was written by the caller."""
    proxies = conf.get("NUM_PROXIES")
    passed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and passed:
        return passed[-min(int(proxies), len(passed))]
    return str(request.META.get("REMOTE_ADDR", ""))


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or ip_network((found, PREFIX), strict=False))
    return str(found)
