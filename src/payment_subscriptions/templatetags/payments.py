"""Money, days and cards as the pages write them: ``{% load payments %}``."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date
from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import Customer
from ..money import Money, format_money, locale_of
from ..plans import Interval, Price

register = template.Library()


@register.filter
def money(amount: Money | None) -> str:
    """ "$10.000"."""
    return format_money(amount) if amount is not None else ""


@register.filter
def day(moment: datetime | date | None) -> str:
    """ "22 de noviembre de 2026", in the time zone in force."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = timezone.localtime(moment).date()
    return str(format_date(moment, "long", locale_of()))


@register.filter
def last_day(end: datetime | None) -> str:
    """The last day of a span whose end is exclusive."""
    return day(end - timedelta(microseconds=1)) if end else ""


@register.filter
def period(price: Price | None) -> str:
    """How often it is charged: "a month", "every 3 months"."""
    if price is None:
        return ""
    if price.interval_count == 1:
        return {
            Interval.DAY: _("a day"),
            Interval.WEEK: _("a week"),
            Interval.MONTH: _("a month"),
            Interval.YEAR: _("a year"),
            Interval.ONCE: _("once"),
        }[price.interval]
    return _every(price.interval, price.interval_count)


def _every(interval: Interval, count: int) -> str:
    words = {
        Interval.DAY: ngettext("every day", "every %(count)s days", count),
        Interval.WEEK: ngettext("every week", "every %(count)s weeks", count),
        Interval.MONTH: ngettext("every month", "every %(count)s months", count),
        Interval.YEAR: ngettext("every year", "every %(count)s years", count),
        Interval.ONCE: _("once"),
    }[interval]
    return words % {"count": count}


@register.filter
def card(customer: Customer | None) -> str:
    """ "Visa •••• 6623", or "" where no card is known."""
    if customer is None or not customer.card_last4:
        return ""
    return f"{customer.card_brand} •••• {customer.card_last4}".strip()


@register.simple_tag
def attempt_of(subscription: Any) -> Any:
    """The newest order of a subscription: its result page shows it."""
    return subscription.checkouts.filter(purpose="open").last()
