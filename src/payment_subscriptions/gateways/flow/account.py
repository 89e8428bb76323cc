"""The settings of one Flow account: which there are, and which contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings

from ...plans import Price
from ..base import Gateway
from ..contradictions import Contradiction

API_URLS: dict[str, str] = {"real": "https://www.flow.cl/api", "sandbox": "https://sandbox.flow.cl/api"}
OPTIONS = frozenset(
    {
        "API_KEY",
        "SECRET_KEY",
        "API_URL",
        "STRATEGIES",
        "PLAN_IDS",
        "RETURN_URL",
        "NOTICE_URL",
        "TIMEOUT",
        "SIGNATURE",
        "COUPONS",
        "REMIND_AFTER_DAYS",
        "REMIND_TIMES",
        "ORDER_EXTRA",
    }
)
KNOWN_STRATEGIES = ("card", "link", "order", "demo")


def _host(gateway: Gateway) -> str:
    return urlsplit(str(gateway.options.get("API_URL") or "")).hostname or ""


def _is_flows_own(gateway: Gateway) -> bool:
    """Its production, and never without TLS: the key goes with each question."""
    given = urlsplit(str(gateway.options.get("API_URL") or API_URLS["real"]))
    return (given.scheme, given.hostname) == ("https", "www.flow.cl")


def strategies(gateway: Gateway) -> tuple[str, ...]:
    """The strategies that the settings name, in their order."""
    return tuple(gateway.options.get("STRATEGIES", ("card",)))


def strategies_for(gateway: Gateway, price: Price, coupon: str) -> tuple[str, ...]:
    """Those that can charge that price. A single payment is an order, whatever the settings name; an
    order has no trial, no coupon and no UF (Flow takes UF by its plans only)."""
    named = strategies(gateway)
    if price.is_once:
        taken = tuple(name for name in named if name in ("order", "demo")) or ("order",)
    else:
        taken = named
    if price.trial_days or coupon or price.currency == "CLF":
        taken = tuple(name for name in taken if name != "order")
    return taken


REMINDERS = ("REMIND_AFTER_DAYS", "REMIND_TIMES")


def _are_coupons(written: object) -> bool:
    return isinstance(written, Mapping) and all(
        isinstance(code, str) and code and _is_count(number) for code, number in written.items()
    )


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


CONTRADICTIONS: tuple[Contradiction, ...] = (
    Contradiction(
        "E101",
        lambda gateway: not gateway.options.get("API_KEY") or not gateway.options.get("SECRET_KEY"),
        "API_KEY or SECRET_KEY is missing.",
        "Copy both from Flow's panel, Mis Datos, Integraciones; the sandbox has keys of its own.",
        "keys_missing",
    ),
    Contradiction(
        "E102",
        lambda gateway: gateway.mode == "real" and settings.DEBUG,
        "real money with DEBUG.",
        "Set DEBUG = False, or MODE to 'sandbox'.",
    ),
    Contradiction(
        "E103",
        lambda gateway: gateway.mode == "real" and "demo" in strategies(gateway),
        "the strategy 'demo' with real keys.",
        "Take 'demo' out of STRATEGIES: it shows pages and charges nobody.",
    ),
    Contradiction(
        "E104",
        lambda gateway: gateway.mode == "real" and not _is_flows_own(gateway),
        "MODE is 'real', but API_URL is not Flow's production.",
        "Take API_URL out, or set MODE to 'sandbox'.",
    ),
    Contradiction(
        "E105",
        lambda gateway: gateway.mode != "real" and _host(gateway) in ("www.flow.cl", "flow.cl"),
        "API_URL is Flow's production, but MODE is not 'real'.",
        "Set MODE to 'real', or take API_URL out.",
    ),
    Contradiction(
        "E106",
        lambda gateway: not strategies(gateway) or not set(strategies(gateway)) <= set(KNOWN_STRATEGIES),
        "STRATEGIES is empty or names one that does not exist.",
        f"There are: {', '.join(KNOWN_STRATEGIES)}.",
    ),
    Contradiction(
        "E107",
        lambda gateway: not set(gateway.options) <= OPTIONS,
        "it has an option that does not exist.",
        f"There are: BACKEND, MODE, {', '.join(sorted(OPTIONS))}.",
    ),
    Contradiction(
        "E108",
        lambda gateway: gateway.mode == "demo",
        "MODE 'demo' is no account.",
        "Set MODE to 'sandbox' and name 'demo' in STRATEGIES.",
    ),
    Contradiction(
        "E109",
        lambda gateway: not _are_coupons(gateway.options.get("COUPONS", {})),
        "COUPONS does not map codes to Flow's numbers.",
        "Write the code that payers type and the coupon's number in Flow's panel: {'VERANO': 12}.",
    ),
    Contradiction(
        "E110",
        lambda gateway: not isinstance(gateway.options.get("ORDER_EXTRA", {}), Mapping),
        "ORDER_EXTRA is no dictionary.",
        "Write the names and values that are to be sent with each order, or leave it out.",
    ),
    Contradiction(
        "E111",
        lambda gateway: not all(_is_count(gateway.options.get(name, 1)) for name in REMINDERS),
        "REMIND_AFTER_DAYS or REMIND_TIMES is no number above 0.",
        "Leave both out, or give whole numbers of days and of times.",
    ),
)
