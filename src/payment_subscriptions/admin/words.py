"""What is so, in the words of the person who keeps the accounts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..lifecycle import PaymentStatus, Status
from ..models import Customer, Discrepancy, Payment, Subscription
from ..models.discrepancy import DiscrepancyKind
from ..money import Money, format_money, format_times
from ..plans import FREQUENCIES, Price, catalogue
from .masking import mask

EVENT_WORDS: dict[str, Any] = {
    "subscription.opened": gettext_lazy("The payer chose the plan"),
    "subscription.activated": gettext_lazy("Became active"),
    "subscription.trial_started": gettext_lazy("The trial began"),
    "subscription.trial_ending": gettext_lazy("The trial ends soon"),
    "subscription.past_due": gettext_lazy("A charge is owed"),
    "subscription.dunning": gettext_lazy("Still owed: time for a reminder"),
    "subscription.recovered": gettext_lazy("What was owed has been paid"),
    "subscription.paused": gettext_lazy("The provider paused it"),
    "subscription.unpaused": gettext_lazy("The pause is over"),
    "subscription.paid": gettext_lazy("The one-time plan is settled"),
    "subscription.renewal_ordered": gettext_lazy("The next period was ordered and e-mailed"),
    "subscription.resumed": gettext_lazy("It goes on: it was to end"),
    "subscription.change_scheduled": gettext_lazy("Will change to another price"),
    "subscription.change_undone": gettext_lazy("The change that was to come was called off"),
    "subscription.plan_changed": gettext_lazy("Charged by another price from now on"),
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
    "payment.dispute_won": gettext_lazy("The dispute was won: the charge stays paid"),
    "refund.requested": gettext_lazy("Somebody asked to give a payment back"),
    "refund.offered": gettext_lazy("The payer is asked by e-mail to accept a refund"),
    "refund.accepted": gettext_lazy("The payer accepted the refund; it will be paid out"),
    "refund.paid": gettext_lazy("A refund was given back"),
    "refund.rejected": gettext_lazy("The payer rejected the refund"),
    "refund.cancelled": gettext_lazy("The refund was called off before the payer accepted it"),
    "refund.refused": gettext_lazy("The refund was refused: nothing was given back"),
    "refund.in_doubt": gettext_lazy("A refund got no answer: nobody knows yet whether the money went back"),
    "card.changed": gettext_lazy("The payer registered another card"),
    "card.expiring": gettext_lazy("The card expires soon"),
    "payer.left_word": gettext_lazy("The payer said why they cancel"),
    "payer.link_asked": gettext_lazy("A link to their page was asked for, and mailed to the payer"),
    "payer.exported": gettext_lazy("All that is held of the payer was told"),
    "payer.erased": gettext_lazy("All that names the payer was removed"),
    "discrepancy.found": gettext_lazy("Something is as it should not be"),
}


def event_words(name: str) -> str:
    """What an event says; its name where we have no words for it."""
    return str(EVENT_WORDS.get(name, name))


def amount(value: Any, currency: str) -> str:
    """Money as people write it, "" for none."""
    return format_money(Money(value, currency)) if value is not None and currency else ""


def paid(payment: Payment) -> str:
    """ "UF 1,5 ($58.500 at $39.000 a UF)": the bill, and what left the payer's hand where that differs."""
    billed = format_money(payment.money)
    if payment.settled_amount is None:
        return billed
    settled = payment.paid_money
    if payment.rate is None:
        return f"{billed} ({format_money(settled)})"
    return _("%(billed)s (%(settled)s, at %(rate)s a unit)") % {
        "billed": billed,
        "settled": format_money(settled),
        "rate": rate(payment),
    }


def settled(payment: Payment) -> str:
    """What the payer paid for a bill in another unit; "" where it is the bill's."""
    return format_money(payment.paid_money) if payment.settled_amount is not None else ""


def rate(payment: Payment) -> str:
    """Pesos for a unit, with the decimals that the rate has."""
    if payment.rate is None:
        return ""
    places = max(-int(payment.rate.normalize().as_tuple().exponent), 0)
    return f"{payment.settled_currency} {formats.number_format(payment.rate, places, force_grouping=True)}"


def price(price: Price, quantity: int = 1) -> str:
    """ "Pro: 3 × $10.000, monthly (pro_monthly_v1)"; its key alone where the catalogue has lost it."""
    if not catalogue().has_price(price.key):
        return price.key
    plan = catalogue().plan_of(price)
    return f"{plan.name}: {format_times(price.amount, quantity)}, {frequency(price.frequency)} ({price.key})"


def state(subscription: Subscription) -> str:
    """Its sentence, for one whose payments are not at hand."""
    return sentence(subscription, list(subscription.payments.all()))


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
    """ "Paid $20.000 (2) · Pending $10.000 (1) · given back $5.000"; currencies apart, in the money that
    was paid."""
    found: dict[tuple[str, str], list[Payment]] = {}
    back: dict[str, Any] = {}
    for payment in payments:
        currency = payment.paid_money.currency.code
        found.setdefault((payment.status, currency), []).append(payment)
        back[currency] = back.get(currency, 0) + payment.refunded_amount
    order = [status.value for status in PaymentStatus]
    said = [
        f"{PaymentStatus(status).label} {_total(rows, currency)} ({len(rows)})"
        for (status, currency), rows in sorted(found.items(), key=lambda item: order.index(item[0][0]))
    ]
    said += [
        _("given back %(money)s") % {"money": amount(value, currency)}
        for currency, value in back.items()
        if value
    ]
    return " · ".join(said)


def _total(payments: Iterable[Payment], currency: str) -> str:
    return amount(sum(payment.paid_money.amount for payment in payments), currency)


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


# The kinds of discrepancy that propose to give a payment back.
PROPOSE_REFUND = frozenset({DiscrepancyKind.DOUBLE, DiscrepancyKind.LATE, DiscrepancyKind.DUPLICATE})


def payment_meant(row: Discrepancy, payments: Iterable[Payment]) -> Payment | None:
    """The payment that a discrepancy names; of a second subscription the last that was paid."""
    if row.kind == DiscrepancyKind.DUPLICATE:
        paid = [payment for payment in payments if payment.refundable.amount > 0]
        return max(
            paid, key=lambda payment: (payment.paid_at or payment.created_at, payment.pk), default=None
        )
    named = row.detail.get("payment")
    return next((payment for payment in payments if named and payment.reference == named), None)


def discrepancy(row: Discrepancy) -> str:
    """What its kind does not say: which charge or order, what was agreed, asked for and told."""
    labels = {
        "payment": _("charge %s"),
        "order": _("order %s"),
        "refund": _("refund %s"),
        "agreed": _("agreed: %s"),
        "charged": _("charged: %s"),
        "asked": _("asked for: %s"),
        "told": _("the provider says: %s"),
        "reason": _("reason %s"),
        "was": _("was: %s"),
        "is": _("is: %s"),
    }
    said = ((label, row.detail.get(name)) for name, label in labels.items())
    return mask("; ".join(label % value for label, value in said if value))
