"""``gateways["flow"]``: the handler from an alias to its Gateway, by dotted path, as DATABASES does.

Gateways are built at first use: a project without keys still runs its other commands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from django.core.signals import setting_changed
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from .. import conf
from ..exceptions import BadRequest, ConfigurationError
from ..plans import Plan, Price, catalogue
from .base import Gateway

MODES = ("real", "sandbox", "demo")
# What GATEWAY_FOR is: who may charge that plan in that currency for that visitor (None: nobody is there).
Rule = Callable[[Plan, str, HttpRequest | None], str | Sequence[str]]


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

    def for_price(self, price: Price, provider: str = "", request: HttpRequest | None = None) -> Gateway:
        """Who takes the money: the gateway of that alias, where it may, else the first that may.

        Raises BadRequest where it may not, or nobody may; ConfigurationError where it cannot.
        """
        aliases = self.taking(price, request)
        if not aliases:
            raise BadRequest(_("That plan is not sold here."), field="price", code="currency")
        if provider and provider not in aliases:
            raise BadRequest(_("That plan cannot be paid there."), field="price", code="provider")
        gateway = self[provider or aliases[0]]
        if objection := gateway.objection(price):
            raise ConfigurationError(f"The price {price.key!r} cannot be charged: {objection}")
        return gateway

    def taking(self, price: Price, request: HttpRequest | None = None) -> tuple[str, ...]:
        """Who may take that price from that visitor, in order of preference: the gateway that the price
        names, else what GATEWAY_FOR says; () where it is not sold to them.

        Raises ConfigurationError for an alias that does not exist, or does not take the currency.
        """
        if price.provider:
            return self._expected((price.provider,), price)
        rule = rule_in_force()
        if rule is None:
            return self._able(price)
        named = rule(catalogue().plan_of(price), price.currency, request)
        return self._expected(_as_aliases(named), price)

    def _expected(self, aliases: tuple[str, ...], price: Price) -> tuple[str, ...]:
        for alias in aliases:
            if alias not in self or not self._takes(alias, price):
                raise ConfigurationError(
                    f"The price {price.key!r} is to be paid by {alias!r}, which is no gateway that takes "
                    f"{price.currency}",
                    hint="Mend the price's provider, or the rule GATEWAY_FOR.",
                )
        return aliases

    def _able(self, price: Price) -> tuple[str, ...]:
        """Those that take its currency and can charge it. Where all of them object, those: whoever uses
        one is told why."""
        takers = [alias for alias in self if self._takes(alias, price)]
        able = [alias for alias in takers if self._can_charge(alias, price)]
        return tuple(able or takers)

    # One whose settings are wrong may be the right one: it keeps its place, and whoever uses it is told.

    def _takes(self, alias: str, price: Price) -> bool:
        try:
            return price.currency in self[alias].currencies
        except ConfigurationError:
            return True

    def _can_charge(self, alias: str, price: Price) -> bool:
        try:
            return not self[alias].objection(price) and bool(self[alias].strategies_for(price))
        except ConfigurationError:
            return True

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


def rule_in_force() -> Rule | None:
    """GATEWAY_FOR. Raises ConfigurationError where it cannot be imported or called."""
    rule = conf.get("GATEWAY_FOR")
    hint = "Give a function of plan, currency and request, or its dotted path."
    if isinstance(rule, str):
        try:
            rule = import_string(rule)
        except ImportError as error:
            raise ConfigurationError(f"GATEWAY_FOR cannot be imported: {error}", hint=hint) from error
    if rule is not None and not callable(rule):
        raise ConfigurationError(f"GATEWAY_FOR is {rule!r}", hint=hint)
    found: Rule | None = rule
    return found


def _as_aliases(named: str | Sequence[str]) -> tuple[str, ...]:
    """Raises ConfigurationError for what is neither an alias nor several."""
    aliases = (named,) if isinstance(named, str) else named
    if not isinstance(aliases, Sequence) or not all(isinstance(alias, str) for alias in aliases):
        raise ConfigurationError(f"GATEWAY_FOR returned {named!r}", hint="Return an alias, or several.")
    return tuple(dict.fromkeys(aliases))


def _settings_changed(*, setting: str, **_: object) -> None:
    if setting == conf.NAME:
        gateways.forget()


setting_changed.connect(_settings_changed, dispatch_uid="payment_subscriptions.gateways")
