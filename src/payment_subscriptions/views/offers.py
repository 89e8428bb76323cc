"""The catalogue as the plans page shows it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..clock import now
from ..exceptions import BadRequest, ConfigurationError
from ..gateways import gateways
from ..gateways.base import Gateway
from ..models import Subscription
from ..money import Money
from ..plans import Interval, Plan, Price, catalogue

logger = logging.getLogger("payment_subscriptions.pages")


@dataclass(frozen=True)
class Option:
    """One price as it can be chosen. ``saving``: what it costs less than twelve monthly ones."""

    plan: Plan
    price: Price
    provider: str
    saving: Money | None = None

    @property
    def is_once(self) -> bool:
        return self.price.is_once

    @property
    def today(self) -> Money:
        """What is charged when the payer goes through with it."""
        amount = self.price.amount
        return Money(Decimal(0), amount.currency) if self.price.trial_days else amount

    @property
    def next_charge(self) -> date | None:
        begin = timezone.localdate(now())
        if self.price.trial_days:
            return begin + timedelta(days=self.price.trial_days)
        return following(begin, self.price)


@dataclass(frozen=True)
class Offer:
    """One plan. ``mine``: the payer's own subscription that takes its slot."""

    plan: Plan
    options: tuple[Option, ...]
    mine: Subscription | None = None

    @property
    def is_present(self) -> bool:
        return self.mine is not None and self.mine.plan == self.plan.key


@dataclass(frozen=True)
class Way:
    """A gateway as a choice, where there are several."""

    provider: str
    label: Any
    currencies: str
    is_chosen: bool


def following(begin: date, price: Price) -> date | None:
    """The day of the second charge, None where there is none."""
    return None if price.is_once else price.following(begin)


def options() -> dict[str, Option]:
    """Every price that can be bought now, by key.

    Raises ConfigurationError where there are prices, but no gateway works.
    """
    found: dict[str, Option] = {}
    trouble: ConfigurationError | None = None
    for price in catalogue().prices():
        try:
            gateway = gateways.for_price(price)
        except BadRequest:
            continue  # payments.W006 says so
        except ConfigurationError as error:
            trouble = error
            continue
        found[price.key] = Option(catalogue().plan_of(price), price, gateway.alias, _saving(price))
    if trouble and not found:
        raise trouble
    return found


def _saving(price: Price) -> Money | None:
    """What a year costs less than its twelve months, where that is something."""
    if (price.interval, price.interval_count) != (Interval.YEAR, 1):
        return None
    monthly = catalogue().plan_of(price).price(Interval.MONTH, price.currency)
    if monthly is None or monthly.interval_count != 1:
        return None
    saved = monthly.amount * 12 - price.amount
    return saved if saved.amount > 0 else None


def offers(chosen: dict[str, Option], provider: str, mine: dict[str, Subscription]) -> list[Offer]:
    """The plans that this gateway sells. A price stands for all of its interval that came before it:
    the newest is shown. ``mine``: the payer's open subscriptions by slot."""
    found = []
    for plan in catalogue():
        newest = {
            (p.interval, p.interval_count, p.currency): chosen[p.key]
            for p in plan.prices
            if p.key in chosen and chosen[p.key].provider == provider
        }
        if newest:
            found.append(Offer(plan, tuple(newest.values()), mine.get(plan.slot)))
    return found


def ways(chosen: dict[str, Option], wanted: str) -> list[Way]:
    """The gateways that sell something, the first one chosen unless another is asked for."""
    aliases = list(dict.fromkeys(option.provider for option in chosen.values()))
    provider = wanted if wanted in aliases else next(iter(aliases), "")
    return [
        Way(alias, _label(gateways[alias]), _currencies(chosen, alias), alias == provider)
        for alias in aliases
    ]


def _label(gateway: Gateway) -> Any:
    return _("Payment in Chile") if "CLP" in gateway.currencies else _("International payment")


def _currencies(chosen: dict[str, Option], alias: str) -> str:
    found = {option.price.currency for option in chosen.values() if option.provider == alias}
    return ", ".join("UF" if currency == "CLF" else currency for currency in sorted(found))
