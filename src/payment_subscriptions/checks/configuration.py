"""Settings, plans and gateways, as far as they can be judged without asking anybody."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register

from .. import conf
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..plans import catalogue

TAG = "payments"


@register(TAG)
def check_settings(**_: Any) -> list[CheckMessage]:
    """Every check, in the order in which things are set up."""
    try:
        written = conf.everything()
    except ConfigurationError as error:
        return [_error(error, "E001")]
    return [*_unknown(written), *_base_url(), *_plans(), *_gateways()]


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


def _plans() -> list[CheckMessage]:
    try:
        found = catalogue()
    except ConfigurationError as error:
        return [_error(error, "E005")]
    currencies = {currency for gateway in _built() for currency in gateway.currencies}
    return [
        Warning(
            f"No gateway takes {price.currency}: the price {price.key!r} cannot be bought.",
            hint="Add a gateway for that currency, or remove the price.",
            id="payments.W006",
        )
        for price in found.prices()
        if not price.provider and price.currency not in currencies
    ]


def _built() -> list[Any]:
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
