"""Settings, plans and gateways, as far as they can be judged without asking anybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from .. import conf, dispatch
from ..exceptions import ConfigurationError
from ..gateways import gateways, rule_in_force
from ..gateways.base import Gateway
from ..plans import DAYS, MONTHS, Catalogue, Price, catalogue

TAG = "payments"


@register(TAG)
def check_settings(**_: Any) -> list[CheckMessage]:
    """Every check, in the order in which things are set up."""
    try:
        written = conf.everything()
    except ConfigurationError as error:
        return [_error(error, "E001")]
    if wrong := [*_unknown(written), *_values(written)]:
        return wrong
    return [*_base_url(), *_clock(), *_tasks(), *(_rule() or _plans()), *_gateways()]


def _unknown(written: dict[str, Any]) -> list[CheckMessage]:
    return [
        Error(
            f"{conf.NAME} has no setting {name!r}.",
            hint=f"There are: {', '.join(sorted(conf.DEFAULTS))}.",
            id="payments.E002",
        )
        for name in written
        if name not in conf.DEFAULTS
    ]


def _values(written: dict[str, Any]) -> list[CheckMessage]:
    messages: list[CheckMessage] = [
        Error(
            f"{conf.NAME}[{name!r}] is {written[name]!r}.",
            hint=f"Give a number {'above 0' if default else 'of 0 or more'}; the default is {default}.",
            id="payments.E007",
        )
        for name, default in conf.DEFAULTS.items()
        if isinstance(default, int) and not isinstance(default, bool)
        if not _is_number(written.get(name, default), or_nothing=not default)
    ]
    if not isinstance(conf.get("GATEWAYS"), dict):
        messages.append(
            Error(
                f"{conf.NAME}['GATEWAYS'] is no dictionary.",
                hint="Write an entry for each account: 'flow': {'BACKEND': ...}.",
                id="payments.E007",
            )
        )
    if not messages and conf.get("LEASE_SECONDS") <= conf.get("INLINE_SECONDS"):
        messages.append(
            Error(
                "LEASE_SECONDS is not above INLINE_SECONDS: work would be taken over while it is being done.",
                hint="Leave both out, or make LEASE_SECONDS several times as long.",
                id="payments.E008",
            )
        )
    return messages


def _is_number(value: object, *, or_nothing: bool) -> bool:
    """Above 0, or 0 where that is a setting's default."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return False
    return value > 0 or (or_nothing and value == 0)


def _clock() -> list[CheckMessage]:
    try:
        import_string(str(conf.get("CLOCK")))
    except ImportError as error:
        return [
            Error(
                f"CLOCK cannot be imported: {error}.",
                hint="Leave it out, or give the dotted path of a function that returns the time.",
                id="payments.E009",
            )
        ]
    return []


def _tasks() -> list[CheckMessage]:
    """Without TASKS, Django's Tasks have one backend, "default", that runs at once."""
    alias = conf.get("TASKS_BACKEND")
    known = getattr(settings, "TASKS", None) or {"default": {}}
    if alias is None:
        return []
    if alias in known and dispatch.has_framework():
        return _queue(alias)
    return [
        Error(
            f"TASKS_BACKEND names {alias!r}, but there is no such backend.",
            hint=f"Of TASKS: {', '.join(known)}. Before Django 6.0 install django-tasks; None works inline.",
            id="payments.E011",
        )
    ]


def _queue(alias: str) -> list[CheckMessage]:
    try:
        dispatch.backend()
    except ImproperlyConfigured as error:
        return [
            Error(
                f"TASKS_BACKEND names {alias!r}, which cannot be used: {error}.",
                hint=getattr(error, "hint", "") or "Mend its entry in TASKS; None works inline.",
                id="payments.E016",
            )
        ]
    return []


def _base_url() -> list[CheckMessage]:
    base = str(conf.get("BASE_URL"))
    if not base:
        return (
            [
                Error(
                    f"{conf.NAME}['BASE_URL'] is missing.",
                    hint="Set the address by which gateways and payers reach the site, e.g. https://example.cl.",
                    id="payments.E003",
                )
            ]
            if list(gateways)
            else []
        )
    if not base.startswith(("http://", "https://")):
        return [Error("BASE_URL is no address.", hint="Begin it with https://.", id="payments.E004")]
    return []


def _rule() -> list[CheckMessage]:
    try:
        rule_in_force()
    except ConfigurationError as error:
        return [_error(error, "E015")]
    return []


def _plans() -> list[CheckMessage]:
    try:
        found = catalogue()
    except ConfigurationError as error:
        return [_error(error, "E005")]
    strangers: list[CheckMessage] = [
        Error(
            f"The price {price.key!r} names the gateway {price.provider!r}, which does not exist.",
            hint=f"One of: {', '.join(gateways) or '(none)'}.",
            id="payments.E012",
        )
        for price in found.prices()
        if price.provider and price.provider not in gateways
    ]
    currencies = {currency for gateway in _built() for currency in gateway.currencies}
    return (
        strangers
        + _ruled(found)
        + [
            Warning(
                f"No gateway takes {price.currency}: the price {price.key!r} cannot be bought.",
                hint="Add a gateway for that currency, or remove the price.",
                id="payments.W006",
            )
            for price in found.prices()
            if not price.provider and price.currency not in currencies
        ]
        + _objections(found)
        + _renewals(found)
    )


def _ruled(found: Catalogue) -> list[CheckMessage]:
    """Prices that are sent to a gateway which cannot take them, by GATEWAY_FOR or by their own provider."""
    messages: list[CheckMessage] = []
    for price in found.prices():
        if price.provider and price.provider not in gateways:
            continue  # told above
        try:
            gateways.taking(price)
        except ConfigurationError as error:
            messages.append(_error(error, "E015"))
    return messages


def _objections(found: Catalogue) -> list[CheckMessage]:
    """Prices that a gateway of theirs cannot charge."""
    return [
        Error(
            f"The price {price.key!r} cannot be charged: {objection}.",
            hint="Change it under a new key, or give it another gateway.",
            id="payments.E013",
        )
        for price in found.prices()
        for gateway in _sellers(price)
        if (objection := gateway.objection(price))
    ]


def _sellers(price: Price) -> list[Gateway]:
    """Those that may take it and can be built: what keeps the others from it is told elsewhere."""
    try:
        aliases = gateways.taking(price)
    except ConfigurationError:
        return []
    return [gateway for gateway in _built() if gateway.alias in aliases]


def _renewals(found: Catalogue) -> list[CheckMessage]:
    """Prices whose next period would be ordered before the one that it follows has begun."""
    ahead = conf.get("RENEW_DAYS_BEFORE")
    return [
        Warning(
            f"RENEW_DAYS_BEFORE is {ahead}, and a period of the price {price.key!r} has {days} days.",
            hint="Make it shorter than the period: the next one would be asked for as soon as one is paid.",
            id="payments.W014",
        )
        for price in found.prices()
        if not price.is_once and ahead >= (days := _shortest(price)) and _is_ours_to_renew(price)
    ]


def _shortest(price: Price) -> int:
    """The days of its shortest period."""
    if price.interval in DAYS:
        return DAYS[price.interval] * price.interval_count
    return 28 * MONTHS[price.interval] * price.interval_count


def _is_ours_to_renew(price: Price) -> bool:
    try:
        return not all(
            gateway.renews(strategy)
            for gateway in _sellers(price)
            for strategy in gateway.strategies_for(price)
        )
    except ConfigurationError:
        return False  # told by the messages above, or by the gateway's own


def _built() -> list[Gateway]:
    found = []
    for alias in gateways:
        try:
            found.append(gateways[alias])
        except ConfigurationError:
            continue  # reported by _gateways
    return found


def _gateways() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for alias in gateways:
        try:
            messages += gateways[alias].check()
        except ConfigurationError as error:
            messages.append(_error(error, "E010"))
    return messages


def _error(error: ConfigurationError, number: str) -> CheckMessage:
    return Error(str(error), hint=error.hint, id=f"payments.{number}")
