"""The catalogue as the plans page shows it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.http import HttpRequest
from django.utils import timezone

from ..clock import now
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..models import Subscription
from ..money import Money, in_hand
from ..plans import Catalogue, Interval, Plan, Price, catalogue

logger = logging.getLogger("payment_subscriptions.pages")


@dataclass(frozen=True)
class Option:
    """One price at one gateway, as it can be chosen. ``currency`` is what the payer pays in; ``gateway``
    the gateway's name; ``saving``: what it costs less than twelve monthly ones."""

    plan: Plan
    price: Price
    provider: str
    gateway: str
    saving: Money | None = None

    @property
    def currency(self) -> str:
        return in_hand(self.price.currency)

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


def following(begin: date, price: Price) -> date | None:
    """The day of the second charge, None where there is none."""
    return None if price.is_once else price.following(begin)


def options(request: HttpRequest) -> list[Option]:
    """All that this visitor can buy now, in the catalogue's order; of each price the gateway that is
    preferred for it comes first.

    Raises ConfigurationError where there are prices, but no gateway works.
    """
    found: list[Option] = []
    trouble: ConfigurationError | None = None
    plans = catalogue()
    for price in plans.prices():
        try:
            aliases = gateways.taking(price, request)
        except ConfigurationError as error:
            trouble, aliases = error, ()
        for alias in aliases:
            try:
                found += _options_at(alias, price, plans)
            except ConfigurationError as error:
                trouble = error
    if trouble:
        logger.error("A gateway sells nothing: %s", trouble)
        if not found:
            raise trouble
    return found


def _options_at(alias: str, price: Price, plans: Catalogue) -> list[Option]:
    """One, or none where that gateway cannot charge it, as payments.E013 says. Raises ConfigurationError."""
    gateway = gateways[alias]
    able = not gateway.objection(price) and bool(gateway.strategies_for(price))
    return [option_at(alias, price, plans.plan_of(price))] if able else []


def option_at(alias: str, price: Price, plan: Plan) -> Option:
    """Whether it works there or not."""
    return Option(plan, price, alias, name_of(alias), _saving(plan, price))


def name_of(alias: str) -> str:
    """The gateway's, as payers read it."""
    try:
        return gateways[alias].name or alias
    except ConfigurationError:
        return alias


def _saving(plan: Plan, price: Price) -> Money | None:
    """What a year costs less than its twelve months, where that is something."""
    if (price.interval, price.interval_count) != (Interval.YEAR, 1):
        return None
    monthly = plan.price(Interval.MONTH, price.currency)
    if monthly is None or monthly.interval_count != 1:
        return None
    saved = monthly.amount * 12 - price.amount
    return saved if saved.amount > 0 else None


def offers(sold: list[Option], way: Option | None, mine: dict[str, Subscription]) -> list[Offer]:
    """The plans that are sold at the gateway and in the currency of ``way``. ``mine``: the payer's open
    subscriptions by slot."""
    there = [o for o in sold if way and (o.provider, o.currency) == (way.provider, way.currency)]
    plans = dict.fromkeys(option.plan.key for option in there)
    chosen = ([option for option in _newest(there) if option.plan.key == key] for key in plans)
    return [Offer(each[0].plan, tuple(each), mine.get(each[0].plan.slot)) for each in chosen]


def _newest(sold: list[Option]) -> list[Option]:
    """A price stands for all of its plan, interval and currency that came before it at that gateway."""
    return list({(o.plan.key, *_period(o.price), o.price.currency, o.provider): o for o in sold}.values())


def alternatives(sold: list[Option], price: Price, provider: str) -> list[Option]:
    """The same plan for as long, in any currency, at every other gateway: where that one fails."""
    plan = catalogue().plan_of(price).key
    return [
        option
        for option in _newest(sold)
        if option.plan.key == plan and _period(option.price) == _period(price) and option.provider != provider
    ]


def _period(price: Price) -> tuple[Interval, int]:
    return price.interval, price.interval_count
