"""Flow's words for what is, and ours: tables with their source, no chain of ifs.

Flow's "active" does not mean paid (flow's reference: ``status`` and ``morose`` are apart), so a
subscription's status is read off four things at once.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from ...lifecycle import PaymentStatus, Status
from ...money import Money
from ..base import Card, PaymentSnapshot, Snapshot
from . import results
from .results.values import SANTIAGO

# Flow's subscription status: 0 not started, 1 active, 2 trial, 4 cancelled (there is no 3).
NOT_STARTED, ACTIVE, TRIAL, CANCELLED = 0, 1, 2, 4

# Its morose: 0 all paid, 1 something overdue, 2 something unpaid that is not overdue.
UNPAID_IN_TIME = 2

# What an active subscription owes, from morose and its newest invoice that is not void.
Debt = Literal["none", "billed", "declined", "owed", "first_owed"]

# (status, debt) -> ours. "billed": a link was e-mailed and its day has not come. "first_owed": nothing
# was ever paid and no charge was tried; the payer of a payment link has simply not paid yet.
STATUSES: dict[tuple[int, Debt], Status] = {
    (NOT_STARTED, "none"): Status.PENDING,
    (NOT_STARTED, "billed"): Status.PENDING,
    (NOT_STARTED, "first_owed"): Status.PENDING,
    (NOT_STARTED, "declined"): Status.PAST_DUE,
    (NOT_STARTED, "owed"): Status.PAST_DUE,
    (ACTIVE, "none"): Status.ACTIVE,
    (ACTIVE, "billed"): Status.ACTIVE,
    (ACTIVE, "declined"): Status.PAST_DUE,
    (ACTIVE, "owed"): Status.PAST_DUE,
    (ACTIVE, "first_owed"): Status.PENDING,
    (TRIAL, "none"): Status.TRIALING,
    (TRIAL, "billed"): Status.TRIALING,
    (TRIAL, "first_owed"): Status.TRIALING,
    (TRIAL, "declined"): Status.PAST_DUE,
    (TRIAL, "owed"): Status.PAST_DUE,
    (CANCELLED, "none"): Status.CANCELLED,
    (CANCELLED, "billed"): Status.CANCELLED,
    (CANCELLED, "declined"): Status.CANCELLED,
    (CANCELLED, "owed"): Status.CANCELLED,
    (CANCELLED, "first_owed"): Status.CANCELLED,
}

# Flow's invoice status: 0 unpaid, 1 paid, 2 void. An unpaid one whose charge was declined has error 1.
UNPAID, PAID, VOID = 0, 1, 2
INVOICE_STATUSES: dict[tuple[int, bool], PaymentStatus] = {
    (UNPAID, False): PaymentStatus.PENDING,
    (UNPAID, True): PaymentStatus.FAILED,
    (PAID, False): PaymentStatus.PAID,
    (PAID, True): PaymentStatus.PAID,
    (VOID, False): PaymentStatus.CANCELLED,
    (VOID, True): PaymentStatus.CANCELLED,
}

# Flow's status of a payment order.
ORDER_PENDING, ORDER_PAID, ORDER_REJECTED, ORDER_ANNULLED = 1, 2, 3, 4
ORDER_STATUSES: dict[int, PaymentStatus] = {
    ORDER_PENDING: PaymentStatus.PENDING,
    ORDER_PAID: PaymentStatus.PAID,
    ORDER_REJECTED: PaymentStatus.FAILED,
    ORDER_ANNULLED: PaymentStatus.CANCELLED,
}

# Flow's least amount (code 1901).
LEAST = {"CLP": 350}

# A line of an invoice for a period of its plan.
PLAN = 1
# A line of an invoice that takes something off: a coupon, or credit of an earlier change of plan.
DISCOUNT = 2

# Flow writes UF, ISO 4217 CLF.
ISO_OF_FLOW = {"UF": "CLF"}
FLOW_OF_ISO = {"CLF": "UF"}

INTERVALS = {"day": 1, "week": 2, "month": 3, "year": 4}


def snapshot(
    subscription: results.Subscription, customer: results.Customer | None, now: datetime
) -> Snapshot:
    """Flow's subscription as the core reads it. ``customer`` where the card was asked for."""
    owes = debt(subscription)
    status = STATUSES.get((subscription.status or NOT_STARTED, owes), STATUSES[ACTIVE, owes])
    return Snapshot(
        reference=subscription.subscription_id,
        status=status,
        price_id=subscription.plan_id or "",
        customer_reference=subscription.customer_id or "",
        period_start=begin_of(subscription.period_start),
        period_end=end_of(subscription.period_end),
        next_charge_at=None if status == Status.CANCELLED else _next_charge(subscription),
        trial_end=end_of(subscription.trial_end) if subscription.trial_period_days else None,
        cancel_at_period_end=bool(subscription.cancel_at_period_end) and not _ended_early(subscription, now),
        ended_at=_ended_at(subscription, now) if status == Status.CANCELLED else None,
        card=_card(customer),
        payments=tuple(
            payment(invoice) for invoice in sorted(subscription.invoices, key=lambda invoice: invoice.id)
        ),
        next_price_id="" if status == Status.CANCELLED else subscription.new_plan_id or "",
        next_price_at=begin_of(subscription.new_plan_scheduled_change_date),
        credit=_credit(subscription),
    )


def _credit(subscription: results.Subscription) -> Money | None:
    """Flow's ``discount_balance``, in the currency of its bills."""
    if not subscription.discount_balance or subscription.status == CANCELLED:
        return None
    bill = next((invoice for invoice in subscription.invoices if invoice.currency), None)
    return money(subscription.discount_balance, bill.currency if bill else None)


def _ended_early(subscription: results.Subscription, now: datetime) -> bool:
    """Cancelled at once although its end was already scheduled: Flow leaves the schedule standing."""
    scheduled = utc(subscription.cancel_at) or end_of(subscription.period_end)
    return subscription.status == CANCELLED and scheduled is not None and scheduled > now


def _ended_at(subscription: results.Subscription, now: datetime) -> datetime:
    """Its ``cancel_at``, unless that is still to come; the moment at which we learned of it else. Of one
    that ended with its period that is the last day's first moment, and the day was still paid for."""
    told = (
        end_of(subscription.period_end) if subscription.cancel_at_period_end else utc(subscription.cancel_at)
    )
    return told if told and told <= now else now


def debt(subscription: results.Subscription) -> Debt:
    """What is owed, by the invoices; by ``morose`` alone where the answer lists none."""
    standing = [i for i in subscription.invoices if i.status != VOID and not _is_uncollectable(i)]
    unpaid = [invoice for invoice in standing if invoice.status != PAID]
    if not standing and subscription.invoices and subscription.status == ACTIVE:
        return "first_owed"  # its only bill was voided: nothing was paid
    if not standing:
        return "owed" if subscription.morose == 1 else "first_owed" if subscription.morose == 2 else "none"
    if not unpaid:
        return "none"
    if any(invoice.error for invoice in unpaid):
        return "declined"
    if len(unpaid) == len(standing):
        return "owed" if subscription.morose == 1 else "first_owed"
    return "billed" if subscription.morose == UNPAID_IN_TIME else "owed"


def _is_uncollectable(invoice: results.Invoice) -> bool:
    """The balance of a change of plan that is less than Flow takes: nobody can pay it, and it is no
    period's price, so that nobody is late for it."""
    least = LEAST.get(ISO_OF_FLOW.get(invoice.currency or "", invoice.currency or "CLP"), 0)
    of_a_plan = not invoice.items or any(line.type == PLAN for line in invoice.items)
    return invoice.status not in (PAID, VOID) and not of_a_plan and (invoice.amount or 0) < least


def _next_charge(subscription: results.Subscription) -> datetime | None:
    """Nothing is charged again where it ends with the period."""
    return None if subscription.cancel_at_period_end else begin_of(subscription.next_invoice_date)


def payment(invoice: results.Invoice) -> PaymentSnapshot:
    """An invoice: what names a recurring charge for good, while each attempt has a new order and token."""
    paid = invoice.payment
    data = paid.payment_data if paid else None
    last = invoice.charge_attempts[-1] if invoice.charge_attempts else None
    status = INVOICE_STATUSES[
        (invoice.status if invoice.status in (PAID, VOID) else UNPAID, bool(invoice.error))
    ]
    if _is_uncollectable(invoice):
        status = PaymentStatus.CANCELLED
    settled = status in (PaymentStatus.PAID, PaymentStatus.CANCELLED)
    return PaymentSnapshot(
        reference=str(invoice.id),
        status=status,
        amount=money(invoice.amount, invoice.currency),
        order=(paid.commerce_order if paid else None) or "",
        period_start=begin_of(invoice.period_start),
        period_end=end_of(invoice.period_end),
        due_at=end_of(invoice.due_date),
        paid_at=_paid_at(invoice, data) if status == PaymentStatus.PAID else None,
        next_attempt_at=None if settled else utc(invoice.next_attempt_date),
        attempts=invoice.attempt_count or 0,
        failure_code="" if settled or not last else (last.error_code or "")[:100],
        pay_url="" if settled else (invoice.payment_link or ""),
        list_amount=_before_discounts(invoice),
        settled=_settled(invoice, data),
        rate=data.conversion_rate if data else None,
    )


def _before_discounts(invoice: results.Invoice) -> Money | None:
    """None where the answer lists no lines."""
    lines = [line.amount or Decimal(0) for line in invoice.items if line.type != DISCOUNT]
    return money(sum(lines, Decimal(0)), invoice.currency) if lines else None


def _settled(invoice: results.Invoice, data: results.PaymentData | None) -> Money | None:
    """The pesos that a bill in UF was paid with."""
    if data is None or data.amount is None or data.currency in (None, invoice.currency):
        return None
    return money(data.amount, data.currency)


def order(found: results.PaymentStatus, name: str, url: str) -> PaymentSnapshot:
    """A payment order of ours, which bears our name; ``url`` is where it can be paid."""
    status = ORDER_STATUSES.get(found.status, PaymentStatus.PENDING)
    paid = status == PaymentStatus.PAID
    data = found.payment_data
    return PaymentSnapshot(
        reference=name,
        status=status,
        amount=money(found.amount, found.currency),
        order=name,
        paid_at=utc((data.date if data else None) or found.request_date) if paid else None,
        pay_url="" if paid or status == PaymentStatus.CANCELLED else url,
    )


def _paid_at(invoice: results.Invoice, data: results.PaymentData | None) -> datetime | None:
    if data and data.date:
        return utc(data.date)
    outside = invoice.outside_payment
    return begin_of(outside.date) if outside else utc(invoice.created)


def money(amount: Decimal | None, currency: str | None) -> Money:
    """Flow's amount; "29990.0000" pesos are 29990."""
    code = currency or "CLP"
    return Money(amount or Decimal(0), ISO_OF_FLOW.get(code, code))


def flow_currency(currency: str) -> str:
    """Flow's word for it."""
    return FLOW_OF_ISO.get(currency, currency)


def begin_of(day: date | None) -> datetime | None:
    """The first moment of a day in Santiago, where Flow's dates are: they have no offset."""
    return utc(datetime.combine(day, time.min, SANTIAGO)) if day else None


def utc(moment: datetime | None) -> datetime | None:
    """In UTC, as rows keep it: in the hour that comes twice a year, a time of Santiago equals no other."""
    return moment.astimezone(UTC) if moment else None


def day_of(moment: datetime) -> date:
    """The day in Santiago."""
    return moment.astimezone(SANTIAGO).date()


def end_of(day: date | None) -> datetime | None:
    """The moment after the last of a day: Flow's periods include their last day."""
    return begin_of(day + timedelta(days=1)) if day else None


def _card(customer: results.Customer | None) -> Card | None:
    if customer is None or not customer.card_last4_digits:
        return None
    return Card((customer.card_type or "")[:40], customer.card_last4_digits[-4:])
