"""The catalogue: what can be bought, in code, under version control.

A plan is what access is asked about ("pro"); a price is one way to pay for it
("pro_monthly_v1"). A price is never edited once somebody pays it: it gets a new key.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import TextChoices
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import conf
from .exceptions import BadRequest, ConfigurationError
from .money import Money, make


class Interval(TextChoices):
    """How often a price is charged."""

    DAY = "day", gettext_lazy("daily")
    WEEK = "week", gettext_lazy("weekly")
    MONTH = "month", gettext_lazy("monthly")
    YEAR = "year", gettext_lazy("yearly")
    ONCE = "once", gettext_lazy("one-time")


# The recipe's words for a frequency.
FREQUENCIES: dict[Interval, str] = {
    Interval.DAY: "daily",
    Interval.WEEK: "weekly",
    Interval.MONTH: "monthly",
    Interval.YEAR: "yearly",
    Interval.ONCE: "one-time",
}


# How long an interval is: in months, or in days.
MONTHS: dict[Interval, int] = {Interval.MONTH: 1, Interval.YEAR: 12}
DAYS: dict[Interval, int] = {Interval.DAY: 1, Interval.WEEK: 7}


def intervals_between(interval: Interval, begin: date, end: date) -> int:
    """How many of them a period of those days was; 1 at least."""
    if interval in DAYS:
        return max((end - begin).days // DAYS[interval], 1)
    months = (end.year - begin.year) * 12 + end.month - begin.month
    return max(months // MONTHS.get(interval, 12), 1)


@dataclass(frozen=True)
class Price:
    """One way to pay for a plan; its key is also the id of the plan at the gateway.

    ``days_until_due`` is how long an unpaid charge may stand before the payer is late,
    ``access_days`` how long a one-time price gives access (None: for good), ``provider`` names the
    gateway where the currency does not decide it.
    """

    key: str
    amount: Money
    interval: Interval = Interval.MONTH
    interval_count: int = 1
    trial_days: int = 0
    days_until_due: int = 3
    access_days: int | None = None
    provider: str = ""

    @property
    def currency(self) -> str:
        return str(self.amount.currency.code)

    @property
    def frequency(self) -> str:
        return FREQUENCIES[self.interval]

    @property
    def is_once(self) -> bool:
        return self.interval == Interval.ONCE

    def following(self, begin: date, day: int | None = None) -> date:
        """The first day of the period after the one that begins at ``begin``. ``day`` of the month is
        the one on which it all began: the 31st becomes the last day of a shorter month, and the 31st
        again after it. A period that begins on another day (those before it were weeks) is as long as
        any. Raises ValueError for a one-time price."""
        if self.is_once:
            raise ValueError(f"{self.key} has no periods")
        if self.interval in DAYS:
            return begin + timedelta(days=DAYS[self.interval] * self.interval_count)
        months = begin.month - 1 + MONTHS[self.interval] * self.interval_count
        year, month = begin.year + months // 12, months % 12 + 1
        began = min(day or begin.day, monthrange(begin.year, begin.month)[1])
        day = (day or begin.day) if began == begin.day else begin.day
        return date(year, month, min(day, monthrange(year, month)[1]))


@dataclass(frozen=True)
class Feature:
    """One thing that plans offer, for pages to show and for code to ask for by its key.

    ``Feature("export", _("Export to Excel"))`` stands in ``Plan.features`` as any text does.
    """

    key: str
    text: Any

    def __str__(self) -> str:
        return str(self.text)


@dataclass(frozen=True)
class Plan:
    """What a payer may use, and the prices at which it can be had.

    ``slot``: a payer has at most one open subscription per slot. ``grace_days``: how long
    access outlives what is paid; by default as long as the price leaves a charge unpaid.
    ``features``: what the page shows, in this turn; each a text, or a Feature that code can ask for.
    """

    key: str
    name: Any
    prices: tuple[Price, ...]
    slot: str = "default"
    grace_days: int | None = None
    description: Any = ""
    features: tuple[Any, ...] = ()

    def price(self, interval: Interval, currency: str | None = None) -> Price | None:
        """The newest price of that interval (and currency): the last one listed."""
        found = [p for p in self.prices if p.interval == interval and currency in (None, p.currency)]
        return found[-1] if found else None

    def grace(self, price: Price) -> int:
        """Days of access after what is paid has run out."""
        return price.days_until_due if self.grace_days is None else self.grace_days


class Catalogue:
    """All plans, found by key.

    Raises ConfigurationError when two plans or two prices share a key, or a price contradicts itself.
    """

    def __init__(self, plans: Iterable[Plan]) -> None:
        self.plans = tuple(plans)
        self._plans = _by_key("plan", self.plans)
        self._prices = _by_key("price", (price for plan in self.plans for price in plan.prices))
        for price in self._prices.values():
            _check_decimals(price)
            _check_terms(price)
        self._plan_of = {price.key: plan for plan in self.plans for price in plan.prices}

    def __iter__(self) -> Iterator[Plan]:
        return iter(self.plans)

    def plan(self, key: str) -> Plan:
        """The plan of that key. Raises BadRequest when there is none."""
        try:
            return self._plans[key]
        except KeyError:
            raise BadRequest(_("There is no such plan."), field="plan", code="unknown_plan") from None

    def price(self, key: str) -> Price:
        """The price of that key. Raises BadRequest when there is none."""
        try:
            return self._prices[key]
        except KeyError:
            raise BadRequest(_("There is no such plan."), field="price", code="unknown_price") from None

    def plans_with(self, feature: str) -> tuple[Plan, ...]:
        """The plans that offer the feature of that key. Raises BadRequest when none does."""
        found = tuple(plan for plan in self.plans if feature in _keys(plan.features))
        if not found:
            raise BadRequest(_("There is no such feature."), field="feature", code="unknown_feature")
        return found

    def has_plan(self, key: str) -> bool:
        return key in self._plans

    def has_price(self, key: str) -> bool:
        return key in self._prices

    def plan_of(self, price: Price | str) -> Plan:
        """The plan that a price belongs to. Raises BadRequest when there is none."""
        key = price if isinstance(price, str) else price.key
        self.price(key)
        return self._plan_of[key]

    def prices(self) -> tuple[Price, ...]:
        return tuple(self._prices.values())

    def price_by_amount(self, amount: Decimal) -> Price:
        """The one price of that amount: what the recipe's form sends.

        Raises BadRequest when no price has it, or more than one.
        """
        found = [price for price in self._prices.values() if price.amount.amount == amount]
        if not found:
            raise BadRequest(_("There is no plan of that amount."), field="amount", code="unknown_amount")
        if len(found) > 1:
            raise BadRequest(
                _("More than one plan has that amount: send its key as 'price'."),
                field="amount",
                code="ambiguous_amount",
            )
        return found[0]


Keyed = TypeVar("Keyed", Plan, Price)


def _by_key(kind: str, things: Iterable[Keyed]) -> dict[str, Keyed]:
    found: dict[str, Keyed] = {}
    for thing in things:
        if thing.key in found:
            raise ConfigurationError(
                f"Two {kind}s have the key {thing.key!r}", hint="Give a changed price a new key, e.g. _v2."
            )
        found[thing.key] = thing
    return found


def _keys(features: Iterable[Any]) -> set[str]:
    """Of those that code can ask for."""
    return {feature.key for feature in features if isinstance(feature, Feature)}


def _check_decimals(price: Price) -> None:
    try:
        make(price.amount.amount, price.currency)
    except BadRequest as error:
        raise ConfigurationError(
            f"The price {price.key!r} is {price.amount.amount} {price.currency}: {error}",
            hint="Pesos are whole: write no decimals.",
        ) from error


def _check_terms(price: Price) -> None:
    for broken, message, hint in CONTRADICTIONS:
        if broken(price):
            raise ConfigurationError(f"The price {price.key!r} {message}", hint=hint)


# What no price can be, how to say it, what to do.
CONTRADICTIONS: tuple[tuple[Callable[[Price], bool], str, str], ...] = (
    (
        lambda price: price.access_days is not None and not price.is_once,
        "is charged by the period, and has access_days.",
        "Take access_days out: each period gives access until it ends.",
    ),
    (
        lambda price: price.access_days is not None and price.access_days < 1,
        "gives access for less than a day.",
        "Set access_days to 1 or more; leave it out for access for good.",
    ),
    (
        lambda price: price.is_once and price.trial_days != 0,
        "is paid once, and has trial_days.",
        "Take trial_days out: nothing is charged after a trial of a one-time price.",
    ),
    (
        lambda price: price.trial_days < 0 or price.days_until_due < 0 or price.interval_count < 1,
        "has days below 0, or no period.",
        "Set trial_days and days_until_due to 0 or more, interval_count to 1 or more.",
    ),
)


def catalogue() -> Catalogue:
    """The project's plans, from the setting ``PLANS``.

    Raises ConfigurationError when they cannot be imported or are not plans.
    """
    plans = conf.get("PLANS")
    if isinstance(plans, str):
        try:
            plans = import_string(plans)
        except ImportError as error:
            raise ConfigurationError(
                f"PLANS cannot be imported: {error}", hint="Give the dotted path of a list of Plan."
            ) from error
    if not isinstance(plans, Iterable) or not all(isinstance(plan, Plan) for plan in plans):
        raise ConfigurationError("PLANS is no list of Plan", hint="Use payment_subscriptions.plans.Plan.")
    return Catalogue(plans)
