"""A refund's life: offered by e-mail, accepted or rejected there, then paid out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from .account import Account
from .money import shown
from .records import Order, Refund

#: Refunds of these states take nothing from what can still be given back.
CALLED_OFF = ("rejected", "canceled")


def of(account: Account, order: Order) -> list[Refund]:
    """The refunds of an order that stand: paid out, or on their way."""
    return [
        each
        for each in account.refunds.values()
        if each.order == order.token and each.status not in CALLED_OFF
    ]


def left(account: Account, order: Order) -> Decimal:
    """What of a payment can still be given back."""
    if order.receipt is None or order.reversed_at:
        return Decimal(0)
    return order.receipt.amount - sum((each.amount for each in of(account, order)), Decimal(0))


def offer(account: Account, refund: Refund) -> None:
    account.refunds[refund.token] = refund
    link = f"{account.base_url}/app/refund?token={refund.token}"
    text = (
        f"Tiene un reembolso de {shown(refund.amount, account.options.currency)}. Acepte o rechace en: {link}"
    )
    account.mail("refund", refund.email, "Tiene un reembolso", text, link, about=refund.commerce_order)


def decide(account: Account, refund: Refund, *, accepted: bool) -> bool:
    """What the receiver says; False where there is nothing left to say."""
    if refund.status != "created":
        return False
    refund.status = "accepted" if accepted else "rejected"
    account.post.post("refund", refund.callback, refund.token)
    if accepted:
        _pay_out_later(account, refund)
    return True


def _pay_out_later(account: Account, refund: Refund) -> None:
    def job() -> None:
        refund.status = "refunded"
        order = account.orders.get(refund.order or "")
        account.books.refund(refund, order, account.clock.local(), account.options.currency)

    account.clock.at_wall(account.clock.local() + timedelta(days=account.options.refund_days), job)
