"""A merchant's account at Flow: all that exists there, behind one lock."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ..calls import Call
from ..clock import Clock
from ..delivery import Delivery, PostOffice
from ..faults import FaultScript
from ..outbox import Outbox
from .books import Books
from .coupons import Coupon
from .errors import NOT_FOUND, ApiError, business
from .faults import KINDS
from .ids import Ids
from .items import AdditionalItem
from .options import Options
from .records import Attempt, Customer, Enrolment, Invoice, Merchant, Order, Plan, Refund, Subscription

if TYPE_CHECKING:
    from .batches import Batch


class Account:
    def __init__(self, options: Options, seed: int | None, now: str | None) -> None:
        self.options = options
        self.base_url = ""
        self.lock = threading.RLock()
        self.faults = FaultScript(KINDS)
        self.outbox = Outbox()
        self.clock = Clock(options.zone, self.lock, self._send_letters)
        self.post = PostOffice(self.clock, self.faults, options, self._alert)
        self.reset(seed, now)

    def reset(self, seed: int | None, now: str | None = None) -> None:
        """As on the first day. Options and address stay."""
        with self.lock:
            self.clock.set(now)
            self.ids = Ids(seed)
            self.faults.reset(seed)
            self.outbox.clear()
            self.post.log.clear()
            self.books = Books()
            self.calls: list[Call] = []
            self.customers: dict[str, Customer] = {}
            self.enrolments: dict[str, Enrolment] = {}
            self.plans: dict[str, Plan] = {}
            self.subscriptions: dict[str, Subscription] = {}
            self.invoices: dict[int, Invoice] = {}
            self.orders: dict[str, Order] = {}
            self.refunds: dict[str, Refund] = {}
            self.coupons: dict[int, Coupon] = {}
            self.items: dict[int, AdditionalItem] = {}
            self.merchants: dict[str, Merchant] = {}
            self.batches: dict[str, Batch] = {}
            self.attempts: list[Attempt] = []

    # --- finding --------------------------------------------------------------------------

    def customer(self, customer_id: str) -> Customer:
        customer = self.customers.get(customer_id)
        if customer is None or customer.status != "1":
            raise business(f"There is no customer with this customerId: {customer_id}")
        return customer

    def plan(self, plan_id: str) -> Plan:
        plan = self.plans.get(plan_id)
        if plan is None:
            raise business(f"There is no plan with this planId: {plan_id}")
        return plan

    def subscription(self, subscription_id: str) -> Subscription:
        subscription = self.subscriptions.get(subscription_id)
        if subscription is None:
            raise business(f"There is no subscription with this subscriptionId: {subscription_id}")
        return subscription

    def live_subscription(self, subscription_id: str) -> Subscription:
        subscription = self.subscription(subscription_id)
        if not subscription.live:
            raise business("This subscription is already canceled")
        return subscription

    def coupon(self, coupon_id: int) -> Coupon:
        coupon = self.coupons.get(coupon_id)
        if coupon is None:
            raise business(f"There is no coupon with this couponId: {coupon_id}")
        return coupon

    def merchant(self, merchant_id: str) -> Merchant:
        merchant = self.merchants.get(merchant_id)
        if merchant is None:
            raise business(f"There is no merchant with this id: {merchant_id}")
        return merchant

    def item(self, item_id: int) -> AdditionalItem:
        item = self.items.get(item_id)
        if item is None:
            raise business(f"There is no item with this itemId: {item_id}")
        return item

    def invoice(self, invoice_id: int) -> Invoice:
        invoice = self.invoices.get(invoice_id)
        if invoice is None:
            raise business(f"There is no invoice with this invoiceId: {invoice_id}")
        return invoice

    def order(self, token: str, error: ApiError = NOT_FOUND) -> Order:
        order = self.orders.get(token)
        if order is None:
            raise error
        return order

    def orders_of(self, commerce_order: str) -> list[Order]:
        """Every order that was opened under one commerceOrder, oldest first."""
        return [each for each in self.orders.values() if each.commerce_order == commerce_order]

    def subscriptions_of(self, customer_id: str) -> list[Subscription]:
        return [each for each in self.subscriptions.values() if each.customer_id == customer_id]

    def link(self, token: str) -> str:
        return f"{self.base_url}/app/web/pay.php?token={token}"

    # --- letters --------------------------------------------------------------------------

    def mail(
        self, kind: str, to: str, subject: str, text: str, link: str | None = None, about: str = ""
    ) -> None:
        """``about``: the order that the letter is of."""
        self.outbox.send(self.clock.local(), kind, to, subject, text, link, about)

    def _send_letters(self) -> None:
        """Also those that another thread has begun to send: whoever moves the clock sees them answered."""
        self.post.flush()
        self.post.wait_idle(self.options.callback_deadline + 5)

    def _alert(self, delivery: Delivery) -> None:
        answer = f"HTTP {delivery.status}" if delivery.status else delivery.error
        self.mail(
            "alert",
            self.options.merchant_email,
            "Alerta: Problema de integración – Flow",
            f"Su página {delivery.url} respondió {answer} en {delivery.seconds} segundos. "
            f"Debe responder HTTP 200 en menos de {self.options.callback_deadline:g} segundos.",
        )
