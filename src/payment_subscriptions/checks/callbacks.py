"""Whether a gateway's call gets through to us: it follows no redirect and does not log in.

Flow posts to the address that a plan was made with, and drops the call when the answer is a
redirect (a slash that is missing, www, https, a language) or anything else than 200.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.translation import override

from .. import addresses, conf, views
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..gateways.base import Gateway
from ..models import Refund


@dataclass(frozen=True)
class Callback:
    """An address that we give away: whose, what for, where, and the view that must answer there."""

    gateway: Gateway
    name: str
    url: SplitResult
    view: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.name} of gateway {self.gateway.alias!r} ({self.url.geturl()})"


@register("payments", Tags.urls)
def check_callbacks(**_: Any) -> list[CheckMessage]:
    """Each address that gateways and returning browsers are given."""
    try:
        found = [callback for gateway in gateways.all() for callback in callbacks_of(gateway)]
        return [message for callback in found for message in look_at(callback)]
    except ConfigurationError:
        return []  # the settings' own check says what is wrong


def callbacks_of(gateway: Gateway) -> Iterator[Callback]:
    """All that are given away, as the settings have them, that of notices first. Raises
    ConfigurationError."""
    if not conf.get("BASE_URL"):
        return
    yield Callback(gateway, "NOTICE_URL", urlsplit(addresses.notice_url(gateway)), views.notice)
    if gateway.capabilities.refund:
        refunds = addresses.refund_notice_url(gateway, Refund())
        yield Callback(gateway, "The address of refunds", urlsplit(refunds), views.notice)
    yield Callback(gateway, "RETURN_URL", urlsplit(addresses.return_base(gateway)), views.success)


def look_at(callback: Callback) -> Iterator[CheckMessage]:
    """What keeps it from us, as far as the settings and the URLs tell."""
    if not callback.url.scheme or not callback.url.netloc:
        yield Error(f"{callback} is no whole address.", hint="Begin it with https://.", id="payments.E200")
        return
    yield from _reaches_us(callback)
    for broken, message, hint, number in REDIRECTS:
        if broken(callback):
            yield Warning(f"{callback} {message}", hint=hint, id=f"payments.{number}")


def _reaches_us(callback: Callback) -> Iterator[CheckMessage]:
    match = _match(callback.url.path)
    if match is None and settings.APPEND_SLASH and _match(callback.url.path + "/"):
        yield Warning(
            f"{callback} is redirected to the same with a slash, and gateways do not follow.",
            hint="End it with a slash.",
            id="payments.W201",
        )
    elif match is None:
        yield Error(
            f"{callback} leads to no page of this project.",
            hint="Take the setting out: the right address is built from BASE_URL and your URLs.",
            id="payments.E202",
        )
    elif match.func is not callback.view:
        yield Warning(
            f"{callback} leads to {match.view_name or match.func.__name__}, or something wraps our view.",
            hint="It must be answered without a login, by the view of payment_subscriptions.urls itself.",
            id="payments.W203",
        )
    elif match.kwargs.get("provider", callback.gateway.alias) != callback.gateway.alias:
        yield Error(
            f"{callback} is the address of another gateway, {match.kwargs['provider']!r}.",
            hint=f"The path carries the alias: {addresses.notice_path(callback.gateway)}",
            id="payments.E204",
        )


def _match(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def _has_language(callback: Callback) -> bool:
    with override("es"):
        spanish = addresses.notice_path(callback.gateway)
    with override("en"):
        return spanish != addresses.notice_path(callback.gateway)


def _is_sent_to_www(callback: Callback) -> bool:
    return settings.PREPEND_WWW and not callback.url.netloc.startswith("www.")


def _is_sent_to_https(callback: Callback) -> bool:
    return settings.SECURE_SSL_REDIRECT and callback.url.scheme == "http"


def _is_unprotected(callback: Callback) -> bool:
    return callback.gateway.mode == "real" and callback.url.scheme != "https"


# What is wrong, how to say it, what to do, number.
REDIRECTS: tuple[tuple[Callable[[Callback], bool], str, str, str], ...] = (
    (
        _has_language,
        "changes with the language, so that it may be redirected.",
        "Include payment_subscriptions.urls outside of i18n_patterns.",
        "W205",
    ),
    (
        _is_sent_to_www,
        "is redirected to www by PREPEND_WWW.",
        "Write BASE_URL with www.",
        "W206",
    ),
    (
        _is_sent_to_https,
        "is redirected to https by SECURE_SSL_REDIRECT.",
        "Write BASE_URL with https.",
        "W207",
    ),
    (
        _is_unprotected,
        "takes real money over plain http.",
        "Write BASE_URL with https.",
        "W208",
    ),
)
