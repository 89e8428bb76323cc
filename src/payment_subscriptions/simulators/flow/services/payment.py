"""payment/*: orders and their status."""

from __future__ import annotations

from .. import money, orders, wire
from ..account import Account
from ..errors import NO_TRANSACTION
from ..formats import Json
from ..parameters import Params, check_email
from ..records import PAID, Order
from .registry import listed, reminders, service

_ORDER = ("commerceOrder", "subject", "amount", "email", "urlConfirmation", "urlReturn")


@service("POST", "payment/create", *_ORDER)
def create(account: Account, params: Params) -> Json:
    return _answer(account, _open(account, params))


@service("POST", "payment/createEmail", *_ORDER)
def create_email(account: Account, params: Params) -> Json:
    order = _open(account, params)
    orders.send_link(account, order, reminders(params))
    return _answer(account, order)


def _open(account: Account, params: Params) -> Order:
    """The order of these checks was observed: amount, e-mail, currency."""
    asked = params.maybe("currency") or account.options.currency
    amount = money.check_amount(account.options, params.amount(), asked)
    email = check_email(params.text("email"))
    currency = money.accepted_currency(account.options, asked, uf=False)
    commerce_order = params.text("commerceOrder")
    orders.check_not_paid(account, commerce_order)
    merchant_id = params.maybe("merchantId")
    if merchant_id:
        account.merchant(merchant_id)
    order = orders.open_order(
        account,
        commerce_order=commerce_order,
        subject=params.text("subject"),
        amount=amount,
        currency=currency,
        payer=email,
        kind="order",
        url_confirmation=params.text("urlConfirmation"),
        url_return=params.text("urlReturn"),
        optional=params.maybe("optional"),
        timeout=params.maybe_whole("timeout"),
        checkout_timeout=params.maybe_whole("checkout_timeout"),
    )
    order.merchant_id = merchant_id
    return order


def _answer(account: Account, order: Order) -> Json:
    url = f"{account.base_url}/app/web/pay.php"
    return {"url": url, "token": order.token, "flowOrder": order.flow_order}


@service("GET", "payment/getStatus", "token")
def get_status(account: Account, params: Params) -> Json:
    return wire.order(account.order(params.text("token")))


@service("GET", "payment/getStatusExtended", "token")
def get_status_extended(account: Account, params: Params) -> Json:
    return wire.extended_order(account.order(params.text("token")))


@service("GET", "payment/getStatusByCommerceId", "commerceId")
def get_status_by_commerce_id(account: Account, params: Params) -> Json:
    """Several orders may have had this id: the paid one if there is one, else the newest."""
    found = account.orders_of(params.text("commerceId"))
    if not found:
        raise NO_TRANSACTION
    return wire.order(next((o for o in reversed(found) if o.status == PAID), found[-1]))


@service("GET", "payment/getStatusByFlowOrder", "flowOrder")
def get_status_by_flow_order(account: Account, params: Params) -> Json:
    return wire.order(_by_flow_order(account, params))


@service("GET", "payment/getStatusByFlowOrderExtended", "flowOrder")
def get_status_by_flow_order_extended(account: Account, params: Params) -> Json:
    return wire.extended_order(_by_flow_order(account, params))


def _by_flow_order(account: Account, params: Params) -> Order:
    number = params.whole("flowOrder", 0)
    found = next((o for o in account.orders.values() if o.flow_order == number), None)
    if found is None:
        raise NO_TRANSACTION
    return found


@service("GET", "payment/getPayments", "date")
def get_payments(account: Account, params: Params) -> Json:
    """What was received that day."""
    day = params.day("date")
    paid = (o for o in account.orders.values() if o.status == PAID and o.receipt)
    rows = [wire.order(o) for o in paid if o.receipt and o.receipt.date.date() == day]
    return listed(params, rows)


@service("GET", "payment/getTransactions", "date")
def get_transactions(account: Account, params: Params) -> Json:
    """Every order opened that day, whatever became of it."""
    day = params.day("date")
    return listed(params, [wire.order(o) for o in account.orders.values() if o.created.date() == day])
