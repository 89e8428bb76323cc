"""Where a payer pays: the gateways that sell something, the currencies of each, and the choice made.

The choice is remembered by the browser, in a cookie that names a gateway and a currency and nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from ..money import in_hand
from .offers import Option

COOKIE = "payments_way"
MAX_AGE = 365 * 24 * 3600


@dataclass(frozen=True)
class Wish:
    """A gateway and a currency, as far as they were named."""

    provider: str = ""
    currency: str = ""

    def fits(self, option: Option) -> tuple[bool, bool]:
        return option.provider == self.provider, option.currency == self.currency


@dataclass(frozen=True)
class Way:
    """A gateway as a choice."""

    provider: str
    label: Any
    currencies: str
    is_chosen: bool


@dataclass(frozen=True)
class Currency:
    """One of a gateway's currencies as a choice."""

    code: str
    is_chosen: bool


def asked_for(request: HttpRequest) -> Wish:
    """By the address."""
    return Wish(request.GET.get("provider", ""), in_hand(request.GET.get("currency", "")))


def remembered(request: HttpRequest) -> Wish:
    provider, _colon, currency = request.COOKIES.get(COOKIE, "").partition(":")
    return Wish(provider, currency)


def preferred(sold: Iterable[Option], *wishes: Wish) -> Option | None:
    """The first of those that fit best: the gateway goes before the currency, an earlier wish before a
    later one. What is wished for and not sold counts for nothing."""
    return max(sold, key=lambda option: [wish.fits(option) for wish in wishes], default=None)


def remember(response: HttpResponse, request: HttpRequest, provider: str, currency: str) -> None:
    response.set_cookie(
        COOKIE,
        f"{provider}:{in_hand(currency)}",
        max_age=MAX_AGE,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def ways(sold: list[Option], chosen: Option | None) -> list[Way]:
    """The gateways as a choice; none where there is but one."""
    found = {
        alias: [option for option in sold if option.provider == alias]
        for alias in dict.fromkeys(option.provider for option in sold)
    }
    labels = [_label(there) for there in found.values()]
    return [
        Way(
            alias,
            label if labels.count(label) == 1 else format_lazy("{} · {}", label, there[0].gateway),
            _names(there),
            chosen is not None and alias == chosen.provider,
        )
        for (alias, there), label in zip(found.items(), labels, strict=True)
        if len(found) > 1
    ]


def _label(there: list[Option]) -> Any:
    return _("Payment in Chile") if _currencies(there) == ["CLP"] else _("International payment")


def _names(there: list[Option]) -> str:
    codes = dict.fromkeys(option.price.currency for option in there)
    return ", ".join("UF" if code == "CLF" else code for code in codes)


def _currencies(there: Iterable[Option]) -> list[str]:
    return list(dict.fromkeys(option.currency for option in there))


def currencies(sold: list[Option], chosen: Option | None) -> list[Currency]:
    """Those of the chosen gateway as a choice; none where there is but one."""
    if chosen is None:
        return []
    codes = _currencies(option for option in sold if option.provider == chosen.provider)
    return [Currency(code, code == chosen.currency) for code in codes if len(codes) > 1]
