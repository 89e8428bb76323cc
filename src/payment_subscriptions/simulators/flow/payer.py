"""What payers, receivers and Flow's own staff do: the acts behind the pages and the control API."""

from __future__ import annotations

from . import billing, invoicing, orders, refunds
from .account import Account
from .cards import Card, card
from .records import ANNULLED, PAID, Enrolment, Order


class NotPossible(ValueError):
    """It is too late for that, or it never was possible."""


# --- enrolling a card -----------------------------------------------------------------------


def accept_enrolment(account: Account, enrolment: Enrolment, number: str) -> None:
    found = card(number)
    if found is None:
        raise NotPossible("not a test card")
    if enrolment.result != "open":
        return  # a second click changes nothing
    enrolment.status, enrolment.result, enrolment.card = "1", "accepted", found
    give_card(account, enrolment.customer_id, found)


def give_card(account: Account, customer_id: str, new: Card | None) -> None:
    customer = account.customer(customer_id)
    customer.card = new
    customer.registered = account.clock.local() if new else None


def refuse_enrolment(account: Account, enrolment: Enrolment, result: str) -> None:
    if enrolment.result == "open":
        enrolment.result = result
        detail = {"rejected": "2", "cancelled": "3"}
        enrolment.status = detail[result] if account.options.enrolment_status_detail else "0"


# --- paying an order --------------------------------------------------------------------------


def pay(account: Account, order: Order, medium: str = "webpay") -> None:
    """Pay, or take a coupon to pay later where the medium is one."""
    _check_payable(account, order)
    media, media_type, is_coupon = orders.MEDIA[medium]
    if is_coupon:
        orders.issue_coupon(account, order, media)
    else:
        _settle(account, order, media, media_type)


def pay_coupon(account: Account, order: Order) -> None:
    """The payer has handed in the cash."""
    _check_payable(account, order)
    _settle(account, order, order.pending_media or "Multicaja", "Efectivo")


def reject(account: Account, order: Order, medium: str = "webpay", code: int = -6) -> None:
    _check_payable(account, order)
    orders.reject(account, order, orders.MEDIA[medium][0], code)
    _notify_unpaid(account, order)


def annul(account: Account, order: Order) -> None:
    """An order ends with that; an invoice is still owed, and its link stays."""
    _check_open(order)
    if order.invoice_id is not None:
        return
    order.status = ANNULLED
    _notify_unpaid(account, order)


def _check_payable(account: Account, order: Order) -> None:
    """Of the orders under one commerceOrder, one is ever paid."""
    _check_open(order)
    if account.options.order_paid_once and orders.is_paid(account, order.commerce_order):
        raise NotPossible(orders.previously_paid(order.commerce_order))


def _check_open(order: Order) -> None:
    if not order.payable:
        raise NotPossible("already paid" if order.status == PAID else "annulled")


def _settle(account: Account, order: Order, media: str, media_type: str) -> None:
    orders.settle(account, order, media, media_type, None)
    if order.invoice_id is not None:
        invoicing.close(account, account.invoices[order.invoice_id], order)
    orders.notify(account, order)


def _notify_unpaid(account: Account, order: Order) -> None:
    if account.options.callback_on_unpaid and order.invoice_id is None:
        orders.notify(account, order)


# --- in Flow's own panel, behind the merchant's back ------------------------------------------


def cancel_subscription(account: Account, subscription_id: str, *, at_period_end: bool = False) -> None:
    subscription = account.subscription(subscription_id)
    if not subscription.live:
        raise NotPossible("already cancelled")
    if at_period_end:
        billing.end_with_period(subscription)
    else:
        billing.cancel(account, subscription)


def void_invoice(account: Account, invoice_id: int) -> None:
    invoice = account.invoice(invoice_id)
    if not invoice.open:
        raise NotPossible("the invoice is not open")
    invoicing.void(account, invoice)


def delete_plan(account: Account, plan_id: str) -> None:
    account.plan(plan_id).status = 0


def expire_card(account: Account, customer_id: str) -> None:
    """From now on the bank refuses this card (-8), until another is enrolled."""
    customer = account.customer(customer_id)
    if customer.card is None:
        raise NotPossible("no card")
    customer.card = customer.card.expired()


def decide_merchant(account: Account, merchant_id: str, *, approved: bool) -> None:
    merchant = account.merchant(merchant_id)
    merchant.status, merchant.verified = 1 if approved else 2, account.clock.local()


def decide_refund(account: Account, token: str, *, accepted: bool) -> None:
    refund = account.refunds.get(token)
    if refund is None or not refunds.decide(account, refund, accepted=accepted):
        raise NotPossible("the refund is not waiting for an answer")
