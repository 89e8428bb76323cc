"""For templates, ``{% load payments %}``: money, days and cards as the pages write them; who may use what."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..billing import NO_ACCESS, Billing, billing
from ..clock import now
from ..lifecycle import FOR_GOOD, RefundStatus
from ..models import Access, Customer, Payment, Refund
from ..money import Money, format_money, format_times, locale_of
from ..plans import Interval, Price

register = template.Library()


@register.simple_tag(takes_context=True)
def access_to(context: template.Context, *plans: str) -> Access:
    """May who looks use any of these plans: ``{% access_to "pro" as pro %}{% if pro %}``. One query."""
    payer = _billing_of(context)
    return payer.access(*plans) if payer else NO_ACCESS


@register.simple_tag(takes_context=True)
def has_feature(context: template.Context, key: str) -> Access:
    """May who looks use the feature: ``{% has_feature "export" as export %}{% if export %}``. One query."""
    payer = _billing_of(context)
    return payer.has_feature(key) if payer else NO_ACCESS


def _billing_of(context: template.Context) -> Billing | None:
    """Of the request's user, or of a ``user`` in the context; nobody's where they are not logged in."""
    user = getattr(context.get("request"), "user", None) or context.get("user")
    return billing(user) if user is not None and user.is_authenticated else None


@register.filter
def money(amount: Money | None) -> str:
    """ "$10.000"."""
    return format_money(amount) if amount is not None else ""


@register.filter
def times(unit: Money, quantity: int) -> str:
    """ "3 × US$10,00"; one is not counted."""
    return format_times(unit, quantity)


@register.filter
def day(moment: datetime | date | None) -> str:
    """ "22 de noviembre de 2026", in the time zone in force; "" for good."""
    if moment is None or moment == FOR_GOOD:
        return ""
    if isinstance(moment, datetime):
        moment = timezone.localtime(moment).date()
    return str(format_date(moment, "long", locale_of()))


@register.filter
def near_day(moment: datetime | None) -> str:
    """ "22 de diciembre"; with its year where it is not within some months of today."""
    if moment is None or abs(moment - now()) > timedelta(days=300):
        return day(moment)
    local = timezone.localtime(moment).date()
    return str(format_skeleton("MMMMd", local, locale=locale_of()))


@register.filter
def last_day(end: datetime | None) -> str:
    """The last day of a span whose end is exclusive."""
    return day(end - timedelta(microseconds=1)) if end and end != FOR_GOOD else ""


@register.filter
def last_month(end: date | None) -> str:
    """ "octubre de 2026": the month of the last day before ``end``, of a card that expires."""
    if end is None:
        return ""
    return str(format_skeleton("yMMMM", end - timedelta(days=1), locale=locale_of()))


@register.filter
def hour(moment: datetime | None) -> str:
    """ "10:30", in the time zone in force."""
    if moment is None:
        return ""
    locale = locale_of()
    shape = "HH:mm" if locale == "es_CL" else "short"
    return str(format_time(timezone.localtime(moment), shape, locale=locale))


@register.filter
def is_for_good(end: datetime | None) -> bool:
    return end == FOR_GOOD


@register.filter
def pesos(rate: Decimal | None) -> str:
    """Pesos a unit, with the decimals that money has not: "$41.008,10"."""
    if rate is None:
        return ""
    sign = "$" if locale_of() == "es_CL" else "CLP "
    return sign + format_decimal(rate, format="#,##0.00##", locale=locale_of())


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


@register.filter
def access(price: Price) -> str:
    """How long a one-time price gives access."""
    if price.access_days is None:
        return _("for good")
    return ngettext("one day", "%(count)s days", price.access_days) % {"count": price.access_days}


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
def refund_note(refund: Refund) -> str:
    """What its receiver has to know of it; "" where it came to nothing."""
    words: dict[str, str] = {
        RefundStatus.REQUESTED: _("%(amount)s is being given back."),
        RefundStatus.IN_DOUBT: _(
            "%(amount)s is to be given back; we are finding out whether it went through."
        ),
        RefundStatus.OFFERED: _("%(amount)s waits for you: accept it in the e-mail that was sent to you."),
        RefundStatus.ACCEPTED: _("%(amount)s is on its way to you: you have accepted it."),
        RefundStatus.REFUNDED: _("%(amount)s was given back on %(date)s."),
        RefundStatus.REJECTED: _("You did not accept %(amount)s that was offered back."),
    }
    told = {"amount": format_money(refund.money), "date": day(refund.settled_at or refund.updated_at)}
    return words.get(refund.status, "") % told


@register.filter
def refunded_note(payment: Payment) -> str:
    """What was given back of it by no refund of ours: those are told one by one."""
    ours = [refund.amount for refund in payment.refunds.all() if refund.status == RefundStatus.REFUNDED]
    left = payment.refunded - Money(sum(ours), payment.refunded.currency)
    return _("%(amount)s was given back.") % {"amount": format_money(left)} if left.amount > 0 else ""


@register.filter
def card(customer: Customer | None) -> str:
    """ "Visa •••• 6623", or "" where no card is known."""
    if customer is None or not customer.card_last4:
        return ""
    return f"{customer.card_brand} •••• {customer.card_last4}".strip()


@register.simple_tag
def attempt_of(subscription: Any) -> Any:
    """The newest order of a subscription: its result page shows it."""
    return subscription.order_attempt
