"""What is so, in the words of the person who keeps the accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..lifecycle import PaymentStatus, Status
from ..models import Customer, Payment, Subscription
from ..money import Money, format_money
from ..plans import FREQUENCIES

EVENT_WORDS: dict[str, Any] = {
    "subscription.opened": gettext_lazy("The payer chose the plan"),
    "subscription.activated": gettext_lazy("Became active"),
    "subscription.trial_started": gettext_lazy("The trial began"),
    "subscription.past_due": gettext_lazy("A charge is owed"),
    "subscription.recovered": gettext_lazy("What was owed has been paid"),
    "subscription.paused": gettext_lazy("The provider paused it"),
    "subscription.paid": gettext_lazy("The one-time plan is settled"),
    "subscription.failed": gettext_lazy("Ended because nobody paid"),
    "subscription.cancel_scheduled": gettext_lazy("Will end with the paid period"),
    "subscription.cancelled": gettext_lazy("Ended"),
    "subscription.abandoned": gettext_lazy("Closed: the payer never finished, or chose another plan"),
    "checkout.in_doubt": gettext_lazy("A call got no answer: nobody knows yet whether it happened"),
    "checkout.resolved": gettext_lazy("The doubt is over"),
    "checkout.refused": gettext_lazy("The provider refused the attempt"),
    "payment.paid": gettext_lazy("A charge was paid"),
    "payment.failed": gettext_lazy("A charge was declined"),
    "payment.cancelled": gettext_lazy("A charge was voided: nobody will ask for it any more"),
    "payment.refunded": gettext_lazy("A charge was given back, whole or in part"),
    "payment.disputed": gettext_lazy("The payer's bank takes a charge back"),
    "card.changed": gettext_lazy("The payer registered another card"),
    "discrepancy.found": gettext_lazy("Something is as it should not be"),
}


def event_words(name: str) -> str:
    """What an event says; its name where we have no words for it."""
    return str(EVENT_WORDS.get(name, name))


def amount(value: Any, currency: str) -> str:
    """Money as people write it, "" for none."""
    return format_money(Money(value, currency)) if value is not None and currency else ""


def moment(value: datetime | None) -> str:
    """Date and time in the current time zone."""
    return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT") if value else "—"


def day(value: datetime | None) -> str:
    """The day in the current time zone, written out."""
    return formats.date_format(timezone.localtime(value), "DATE_FORMAT") if value else "—"


def short_day(value: datetime | None) -> str:
    """The day in the current time zone, for a column."""
    return formats.date_format(timezone.localtime(value), "SHORT_DATE_FORMAT") if value else "—"


def period(payment: Payment) -> str:
    """The days that a charge pays for; ends are exclusive, people say the last day."""
    if not payment.period_start or not payment.period_end:
        return ""
    return _("%(start)s to %(end)s") % {
        "start": day(payment.period_start),
        "end": day(payment.period_end - timedelta(microseconds=1)),
    }


def frequency(word: str) -> str:
    """The recipe's word for a frequency, translated."""
    return next((str(interval.label) for interval, said in FREQUENCIES.items() if said == word), word)


def card(customer: Customer) -> str:
    """ "Visa •••• 6623", or "" where none is known."""
    return f"{customer.card_brand} •••• {customer.card_last4}".strip() if customer.card_last4 else ""


def sums(payments: Iterable[Payment]) -> str:
    """ "Paid $20.000 (2) · Pending $10.000 (1)"; currencies apart."""
    found: dict[tuple[str, str], list[Payment]] = {}
    for payment in payments:
        found.setdefault((payment.status, payment.currency), []).append(payment)
    order = [status.value for status in PaymentStatus]
    return " · ".join(
        f"{PaymentStatus(status).label} {amount(sum(p.amount for p in rows), currency)} ({len(rows)})"
        for (status, currency), rows in sorted(found.items(), key=lambda item: order.index(item[0][0]))
    )


def owed_sum(payments: Iterable[Payment]) -> str:
    """What is asked for and not paid, currencies apart; "" for nothing."""
    found: dict[str, Any] = {}
    for payment in payments:
        if payment.is_owed:
            found[payment.currency] = found.get(payment.currency, 0) + payment.amount
    return " + ".join(amount(value, currency) for currency, value in found.items())


def sentence(subscription: Subscription, payments: Iterable[Payment]) -> str:
    """The state in one sentence: what holds now, and what money moves next."""
    words = {
        "money": format_money(subscription.money),
        "next": day(subscription.next_charge_at),
        "end": day(subscription.access_until or subscription.period_end),
        "ended": day(subscription.ended_at),
        "paid": day(subscription.payment_date),
        "trial": day(subscription.trial_end),
        "chosen": day(subscription.created_at),
        "owed": owed_sum(payments),
        "card": card(subscription.customer),
    }
    return _template(subscription, words) % words


def _template(subscription: Subscription, words: dict[str, str]) -> str:
    status = subscription.status
    if subscription.is_cancelling:
        return _("Ends on %(end)s; no further period is charged.")
    if status == Status.PAST_DUE and words["owed"]:
        return _("Past due: %(owed)s is owed.")
    if status == Status.ACTIVE and subscription.next_charge_at:
        if words["card"]:
            return _("Active. Next charge: %(money)s on %(next)s, %(card)s.")
        return _("Active. Next charge: %(money)s on %(next)s.")
    return {
        Status.PENDING: _("Pending: the payer chose it on %(chosen)s, and no payment is known."),
        Status.TRIALING: _("On trial until %(trial)s; then %(money)s is charged."),
        Status.ACTIVE: _("Active. The provider names no next charge."),
        Status.PAST_DUE: _("Past due."),
        Status.PAUSED: _("Paused: nothing is charged."),
        Status.PAID: _("Paid once, on %(paid)s; nothing more is charged."),
        Status.FAILED: _("Ended on %(ended)s because nobody paid."),
        Status.CANCELLED: _("Cancelled; it ended on %(ended)s."),
    }[Status(status)]


def access(subscription: Subscription) -> str:
    """Whether the payer may use it, until when, and why."""
    answer = subscription.access
    if answer.allowed:
        return _("Until %(until)s: %(why)s") % {"until": moment(answer.until), "why": answer.text}
    return _("None: %(why)s") % {"why": answer.text}
