"""refund/*: money offered back, which its receiver accepts or refuses."""

from __future__ import annotations

from .. import money, refunds, wire
from ..account import Account
from ..errors import NO_TRANSACTION, NOT_FOUND, ApiError, business
from ..formats import Json
from ..parameters import Params, check_email
from ..records import Order, Refund
from .registry import service


@service("POST", "refund/create", "refundCommerceOrder", "receiverEmail", "amount", "urlCallBack")
def create(account: Account, params: Params) -> Json:
    currency = account.options.currency
    amount = money.check_amount(account.options, params.amount(), currency)
    email = check_email(params.text("receiverEmail"))
    paid = _paid_order(account, params)
    if paid and amount > refunds.left(account, paid):
        raise business("The amount is greater than what is left of the payment")
    refund = Refund(
        token=account.ids.token(),
        flow_order=account.ids.order(),
        commerce_order=params.text("refundCommerceOrder"),
        date=account.clock.local(),
        email=email,
        amount=amount,
        fee=money.fee(amount, currency),
        callback=params.text("urlCallBack"),
        order=paid.token if paid else None,
    )
    refunds.offer(account, refund)
    return wire.refund(refund)


def _paid_order(account: Account, params: Params) -> Order | None:
    """The payment that is given back, where the call names one; of several, the one with most left."""
    theirs, ours = params.maybe("commerceTrxId"), params.maybe_whole("flowTrxId")
    if theirs is None and ours is None:
        return None
    found = [
        order
        for order in account.orders.values()
        if order.receipt and (order.commerce_order == theirs if theirs else order.flow_order == ours)
    ]
    if not found:
        raise NO_TRANSACTION
    return max(found, key=lambda order: refunds.left(account, order))


def _refund(account: Account, params: Params) -> Refund:
    refund = account.refunds.get(params.text("token"))
    if refund is None:
        raise NOT_FOUND
    return refund


@service("POST", "refund/cancel", "token")
def cancel(account: Account, params: Params) -> Json:
    refund = _refund(account, params)
    if refund.status != "created":
        raise ApiError(1701, "The refund can not be canceled")
    refund.status = "canceled"
    return wire.refund(refund)


@service("GET", "refund/getStatus", "token")
def get_status(account: Account, params: Params) -> Json:
    return wire.refund(_refund(account, params))
