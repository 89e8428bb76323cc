"""Getting an order paid by a customer: by the card, by a link, or by a letter with the link."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import orders
from .account import Account
from .orders import Reminders
from .records import Customer, Order

BY_CARD, BY_LINK, BY_EMAIL = 1, 2, 3


@dataclass(frozen=True)
class Terms:
    """How the merchant wants it collected."""

    url_confirmation: str
    url_return: str
    by_email: bool = False
    ignore_card: bool = False
    reminders: Reminders = field(default_factory=Reminders)
    timeout: int | None = None


def collect(account: Account, order: Order, customer: Customer, terms: Terms) -> int:
    """Which of the three ways it was. A refusal of the bank is told by the order only."""
    order.customer_id = customer.id
    if customer.card and account.options.card_contract and not terms.ignore_card:
        orders.charge(account, order, customer)
        orders.notify(account, order)
        return BY_CARD
    if terms.by_email:
        orders.send_link(account, order, terms.reminders)
        return BY_EMAIL
    return BY_LINK
