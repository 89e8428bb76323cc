"""customer/charge and its kin: money taken from an enrolled card, and given back."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from .. import money, orders, refunds, wire
from ..account import Account
from ..errors import NO_CONTRACT, NO_TRANSACTION, ApiError, business
from ..formats import Json
from ..parameters import Params
from ..records import PAID, Customer, Order
from .registry import listed, service

_CLOSES = time(14)


@service("POST", "customer/charge", "customerId", "amount", "subject", "commerceOrder")
def charge(account: Account, params: Params) -> Json:
    """Not made safe by commerceOrder: twice the same call is twice the money."""
    if not account.options.card_contract:
        raise NO_CONTRACT
    customer = account.customer(params.text("customerId"))
    _need_card(customer)
    orders.check_quota(account, customer)
    order = open_order(account, params, customer, "charge")
    refused = orders.charge(account, order, customer)
    if refused and account.options.declined_charge_is_error:
        raise ApiError(refused.code, refused.message)
    return wire.order(order)


def _need_card(customer: Customer) -> None:
    if customer.card is None:
        raise business("The customer does not have a credit card registered")


def open_order(account: Account, params: Params, customer: Customer, kind: str) -> Order:
    options = account.options
    currency = money.accepted_currency(options, params.maybe("currency"), uf=True)
    order = orders.open_order(
        account,
        commerce_order=params.text("commerceOrder"),
        subject=params.text("subject"),
        amount=money.check_amount(options, params.amount(), currency),
        currency=currency,
        payer=customer.email,
        kind=kind,
        url_confirmation=params.maybe("urlConfirmation"),
        url_return=params.maybe("urlReturn"),
        optional=params.maybe("optionals"),
        timeout=params.maybe_whole("timeout"),
    )
    order.customer_id = customer.id
    return order


@service("GET", "customer/getCharges", "customerId")
def get_charges(account: Account, params: Params) -> Json:
    customer_id = account.customer(params.text("customerId")).id
    since, status = params.maybe_day("fromDate"), params.maybe_whole("status")
    found = [
        order
        for order in account.orders.values()
        if order.customer_id == customer_id
        and order.receipt
        and order.receipt.media == orders.AUTOMATIC
        and (since is None or order.created.date() >= since)
        and (status is None or order.status == status)
    ]
    return listed(params, [wire.order(order) for order in found])


@service("GET", "customer/getChargeAttemps", "customerId")
def get_charge_attempts(account: Account, params: Params) -> Json:
    customer_id = account.customer(params.text("customerId")).id
    since, wanted = params.maybe_day("fromDate"), params.maybe("commerceOrder")
    found = [
        attempt
        for attempt in account.attempts
        if attempt.customer_id == customer_id
        and (since is None or attempt.date.date() >= since)
        and wanted in (None, attempt.commerce_order)
    ]
    return listed(params, [wire.attempt(attempt) for attempt in found])


@service("POST", "customer/reverseCharge")
def reverse_charge(account: Account, params: Params) -> Json:
    order, charged = _charged(account, params)
    now = account.clock.local()
    reason = _not_reversible(account, order, charged, now)
    if reason:
        return {"status": "0", "message": reason}
    order.reversed_at, order.status = now, account.options.reversed_order_status
    account.books.reverse(order, now)
    return {"status": "1", "message": "Reverse charge was successful"}


def _not_reversible(account: Account, order: Order, charged: datetime, now: datetime) -> str | None:
    if order.reversed_at:
        return "The charge has been previously reversed"
    if refunds.of(account, order):
        return "The charge has a refund"
    if now >= _last_moment(charged):
        return "The charge is out of time to be reversed"
    return None


def _charged(account: Account, params: Params) -> tuple[Order, datetime]:
    commerce_order, flow_order = params.maybe("commerceOrder"), params.maybe_whole("flowOrder")
    if commerce_order is None and flow_order is None:
        raise ApiError(104, "Missing service params: commerceOrder or flowOrder")
    for order in reversed(account.orders.values()):
        wanted = order.flow_order == flow_order or (
            flow_order is None and order.commerce_order == commerce_order
        )
        receipt = order.receipt if order.status == PAID or order.reversed_at else None
        if wanted and receipt and receipt.media == orders.AUTOMATIC:
            return order, receipt.date
    raise NO_TRANSACTION


def _last_moment(charged: datetime) -> datetime:
    """A day runs from 14:00 to 14:00, and the charge is reversed within its own."""
    closing = datetime.combine(charged.date(), _CLOSES)
    return closing if charged < closing else closing + timedelta(days=1)
