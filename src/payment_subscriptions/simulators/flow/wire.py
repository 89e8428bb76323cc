"""Records as Flow's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from . import wire_extras
from .account import Account
from .formats import Json, four, midnight, moment, number, plain, two
from .records import (
    PAID,
    Attempt,
    Customer,
    Enrolment,
    Invoice,
    Item,
    Order,
    Plan,
    Refund,
    Subscription,
)


def order(record: Order) -> Json:
    return {
        "flowOrder": record.flow_order,
        "commerceOrder": record.commerce_order,
        "requestDate": moment(record.created),
        "status": record.status,
        "subject": record.subject,
        "currency": record.currency,
        "amount": plain(record.amount),
        "payer": record.payer,
        "optional": record.optional,
        "pending_info": {"media": record.pending_media, "date": moment(record.pending_date)},
        "paymentData": _payment_data(record),
        "merchantId": record.merchant_id,
    }


def _payment_data(record: Order) -> Json:
    receipt = record.receipt
    if receipt is None:
        names = ("date", "media", "conversionDate", "conversionRate", "amount", "currency", "fee")
        return dict.fromkeys((*names, "balance", "transferDate"))
    rate = receipt.rate
    return {
        "date": moment(receipt.date),
        "media": receipt.media,
        "conversionDate": f"{rate.day:%Y-%m-%d}" if rate else None,
        "conversionRate": two(rate.pesos) if rate else None,
        "amount": two(receipt.amount),
        "currency": receipt.currency,
        "fee": two(receipt.fee),
        "balance": two(receipt.amount - receipt.fee),
        "transferDate": f"{receipt.date + timedelta(days=3):%Y-%m-%d}",
    }


def extended_order(record: Order) -> Json:
    receipt, card = record.receipt, record.receipt.card if record.receipt else None
    more: Json = {
        "mediaType": receipt.media_type if receipt else None,
        "cardLast4Numbers": card.last4 if card else None,
        "cardNumber": card.masked if card else None,
        "taxes": 0 if receipt else None,
        "installments": 0 if card else None,
        "autorizationCode": receipt.authorisation if receipt else None,
    }
    code, message = record.error or (None, None)
    return order(record) | {
        "paymentData": _payment_data(record) | more,
        "lastError": {
            "code": None if code is None else str(code),
            "message": message,
            "medioCode": None if code is None else f"{abs(code):03d}",
        },
    }


def customer(record: Customer) -> Json:
    card = record.card
    return {
        "customerId": record.id,
        "created": moment(record.created),
        "email": record.email,
        "name": record.name,
        "pay_mode": "auto" if card else "manual",
        "creditCardType": card.brand if card else None,
        "last4CardDigits": card.last4 if card else None,
        "externalId": record.external_id,
        "status": record.status,
        "registerDate": moment(record.registered),
    }


def enrolment(record: Enrolment) -> Json:
    card = record.card
    return {
        "status": record.status,
        "customerId": record.customer_id,
        "creditCardType": card.brand if card else None,
        "last4CardDigits": card.last4 if card else None,
        "cardNumber": card.masked if card else None,
        "issuerBank": card.bank if card else None,
    }


def plan(record: Plan) -> Json:
    return {
        "planId": record.id,
        "name": record.name,
        "currency": record.currency,
        "amount": four(record.amount),
        "interval": record.interval,
        "interval_count": record.interval_count,
        "created": moment(record.created),
        "trial_period_days": record.trial_days,
        "days_until_due": record.days_until_due,
        "periods_number": record.periods,
        "urlCallback": record.callback,
        "charges_retries_number": record.retries,
        "currency_convert_option": record.convert_option,
        "status": record.status,
        "public": 0,
    }


def subscription(account: Account, record: Subscription) -> Json:
    its_plan = account.plans[record.plan_id]
    invoices = [account.invoices[number] for number in record.invoices]
    items = [wire_extras.added_item(each, record.number) for each in record.items]
    return {
        "subscriptionId": record.id,
        "planId": record.plan_id,
        "plan_name": its_plan.name,
        "customerId": record.customer_id,
        "created": moment(record.created),
        "subscription_start": midnight(record.start),
        "subscription_end": midnight(record.ended_on),
        "period_start": midnight(record.period_start),
        "period_end": midnight(record.period_end),
        "next_invoice_date": midnight(_next_invoice(record)),
        "trial_period_days": record.trial_days,
        "trial_start": midnight(record.trial_start),
        "trial_end": midnight(record.trial_end),
        "cancel_at_period_end": int(record.cancel_at_period_end),
        "cancel_at": moment(record.cancel_at),
        "periods_number": record.periods,
        "days_until_due": its_plan.days_until_due,
        "status": record.status,
        "discount_balance": four(record.credit),
        "newPlanId": record.next_plan_id,
        "new_plan_scheduled_change_date": midnight(record.next_plan_on),
        "in_new_plan_next_attempt_date": None,
        "morose": morose(account, invoices),
        "discount": wire_extras.discount(record.discount) if record.discount else None,
        "invoices": [invoice(account, each) for each in invoices],
        "items": items,
        "planAdditionalList": items,  # its name until August 2026
    }


def _next_invoice(record: Subscription) -> date | None:
    ends = record.cancel_at_period_end or record.last_period or not record.live
    return None if ends else record.turns_on


def morose(account: Account, invoices: Sequence[Invoice]) -> int:
    """0 all paid, 1 something overdue, 2 something unpaid but not overdue."""
    unpaid = [each for each in invoices if each.open]
    if any(is_overdue(account, each) for each in unpaid):
        return 1
    return 2 if unpaid else 0


def is_overdue(account: Account, record: Invoice) -> bool:
    """The due day still counts as in time."""
    return record.open and account.clock.local().date() > record.due


def invoice(account: Account, record: Invoice) -> Json:
    error_date, error = record.error or (None, None)
    paid_by = account.orders.get(record.paid_by) if record.paid_by else None
    return {
        "id": record.id,
        "subscriptionId": record.subscription_id,
        "customerId": record.customer_id,
        "created": moment(record.created),
        "subject": record.subject,
        "currency": record.currency,
        "amount": four(record.amount),
        "period_start": midnight(record.period_start),
        "period_end": midnight(record.period_end),
        "attemp_count": record.tries,
        "attemped": int(record.open and record.next_try is not None),
        "next_attemp_date": moment(record.next_try) if record.open else None,
        "due_date": midnight(record.due),
        "status": record.status,
        "error": int(error is not None),
        "errorDate": moment(error_date),
        "errorDescription": error,
        "items": [_item(each) for each in record.items],
        "payment": order(paid_by) if paid_by and paid_by.status == PAID else None,
        "outsidePayment": _outside(record),
        "paymentLink": account.link(record.link) if record.open and record.link else None,
        "chargeAttemps": [attempt(each) for each in record.attempts],
    }


def _item(record: Item) -> Json:
    return {
        "id": record.id,
        "subject": record.subject,
        "type": record.type,
        "currency": record.currency,
        "amount": number(record.amount),
    }


def _outside(record: Invoice) -> Json | None:
    if record.outside is None:
        return None
    day, comment = record.outside
    return {"date": f"{day:%Y-%m-%d}", "comment": comment}


def attempt(record: Attempt) -> Json:
    return {
        "id": record.id,
        "date": moment(record.date),
        "customerId": record.customer_id,
        "invoiceId": str(record.invoice_id) if record.invoice_id else "",
        "commerceOrder": record.commerce_order,
        "currency": record.currency,
        "amount": four(record.amount),
        "errorCode": str(record.code),
        "errorDescription": record.message,
    }


def refund(record: Refund) -> Json:
    return {
        "token": record.token,
        "flowRefundOrder": str(record.flow_order),
        "date": moment(record.date),
        "status": record.status,
        "amount": two(record.amount),
        "fee": two(record.fee),
    }
