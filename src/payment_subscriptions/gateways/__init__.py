"""``gateways["flow"]``: the handler from an alias to its Gateway, by dotted path, as DATABASES does.

Gateways are built at first use: a project without keys still runs its other commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from .. import conf
from ..exceptions import BadRequest, ConfigurationError
from ..plans import Price
from .base import Gateway

MODES = ("real", "sandbox", "demo")


class Row(Protocol):
    """A Subscription or a Checkout."""

    provider: Any
    mode: Any
    strategy: Any


class Gateways:
    """The gateways that the settings name."""

    def __init__(self) -> None:
        self._built: dict[str, Gateway] = {}

    def __getitem__(self, alias: str) -> Gateway:
        """Raises ConfigurationError for an alias that is not in GATEWAYS or cannot be built."""
        if alias not in self._built:
            self._built[alias] = self._build(alias)
        return self._built[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(conf.get("GATEWAYS"))

    def __contains__(self, alias: str) -> bool:
        return alias in conf.get("GATEWAYS")

    def all(self) -> list[Gateway]:
        return [self[alias] for alias in self]

    def for_price(self, price: Price) -> Gateway:
        """Who takes the money: the gateway that the price names, else the first that takes its currency.

        Raises BadRequest where there is none.
        """
        if price.provider:
            return self[price.provider]
        for gateway in self.all():
            if price.currency in gateway.currencies:
                return gateway
        raise BadRequest(f"No gateway takes {price.currency}", field="price", code="currency")

    def of(self, row: Row) -> Gateway:
        """The gateway of a stored row.

        Raises ConfigurationError where the row is of another mode than its gateway is now: live and
        sandbox rows never meet.
        """
        gateway = self[row.provider]
        if gateway.mode_of(row.strategy) != row.mode:
            raise ConfigurationError(
                f"This row is of mode {row.mode!r}; the gateway {gateway.alias!r} is now {gateway.mode!r}",
                hint="Give the other account an alias of its own, or restore MODE.",
            )
        return gateway

    def forget(self) -> None:
        """Build anew at next use, as after a change of the settings."""
        self._built.clear()

    def _build(self, alias: str) -> Gateway:
        settings = conf.get("GATEWAYS").get(alias)
        if not isinstance(settings, dict) or "BACKEND" not in settings:
            known = ", ".join(conf.get("GATEWAYS")) or "none"
            raise ConfigurationError(
                f"There is no gateway {alias!r}; there are: {known}",
                hint=f"Add {alias!r} to GATEWAYS with a BACKEND.",
            )
        options = dict(settings)
        backend, mode = options.pop("BACKEND"), options.pop("MODE", "sandbox")
        if mode not in MODES:
            raise ConfigurationError(f"MODE of {alias!r} is {mode!r}", hint=f"One of: {', '.join(MODES)}.")
        try:
            factory = import_string(backend)
        except ImportError as error:
            raise ConfigurationError(
                f"The gateway {alias!r} cannot be imported: {error}", hint="Mend its BACKEND."
            ) from error
        gateway: Gateway = factory(alias, mode, options)
        return gateway


gateways = Gateways()


def _settings_changed(*, setting: str, **_: object) -> None:
    if setting == conf.NAME:
        gateways.forget()


setting_changed.connect(_settings_changed, dispatch_uid="payment_subscriptions.gateways")
