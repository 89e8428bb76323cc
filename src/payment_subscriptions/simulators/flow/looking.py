"""What there is to see of a simulated Flow, from Python."""

from __future__ import annotations

from ..outbox import Outbox
from .account import Account
from .books import Books
from .coupons import Coupon
from .items import AdditionalItem
from .records import Customer, Invoice, Merchant, Order, Plan, Refund, Subscription


class Looking:
    account: Account

    @property
    def books(self) -> Books:
        return self.account.books

    @property
    def outbox(self) -> Outbox:
        return self.account.outbox

    @property
    def customers(self) -> dict[str, Customer]:
        return self.account.customers

    @property
    def plans(self) -> dict[str, Plan]:
        return self.account.plans

    @property
    def subscriptions(self) -> dict[str, Subscription]:
        return self.account.subscriptions

    @property
    def invoices(self) -> dict[int, Invoice]:
        return self.account.invoices

    @property
    def orders(self) -> dict[str, Order]:
        return self.account.orders

    @property
    def coupons(self) -> dict[int, Coupon]:
        return self.account.coupons

    @property
    def items(self) -> dict[int, AdditionalItem]:
        return self.account.items

    def orders_of(self, commerce_order: str) -> list[Order]:
        """Every order opened under one commerceOrder, oldest first."""
        return self.account.orders_of(commerce_order)

    @property
    def refunds(self) -> dict[str, Refund]:
        return self.account.refunds

    def refunds_of(self, commerce_order: str) -> list[Refund]:
        """The refunds of the payment that has this commerceOrder, whatever became of them."""
        tokens = {order.token for order in self.account.orders_of(commerce_order)}
        return [each for each in self.account.refunds.values() if each.order in tokens]

    @property
    def merchants(self) -> dict[str, Merchant]:
        return self.account.merchants
