"""Flow.cl as a gateway: its strategies, truth by subscription/get or by the order, callbacks by token."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ... import clock
from ...exceptions import (
    BadRequest,
    InvalidNotice,
    NotFound,
    Refused,
)
from ...money import Money
from ...plans import Price, catalogue
from .. import contradictions
from ..base import (
    WAIT,
    Attempt,
    Capabilities,
    ChangePreview,
    Gateway,
    ListedCustomer,
    ListedPayment,
    ListedSubscription,
    Located,
    Mode,
    PaymentSnapshot,
    PriceDifference,
    Pulse,
    Received,
    RefundRequest,
    RefundSnapshot,
    Snapshot,
    Step,
)
from ..circuit import Circuit
from . import account, coupons, listing, refunds, results, statuses, words
from .client import FlowClient
from .strategies import Context, advance, order, resolve

# A token is 40 characters; anything much longer is none, and is not worth a row.
LONGEST_TOKEN = 100
# The strategies that charge without a plan at Flow.
PLANLESS = frozenset({"order", "demo"})
# Flow's commerceOrder of a subscription's charge: sus_<id>_<invoice>_<time>.
SUBSCRIPTION_ORDER = "sus_"
# No customer's id: those have ten characters after the underscore.
NOBODY = "cus_nobody"


class FlowGateway(Gateway):
    """One Flow account. ``options``: see docs/settings.md.

    Contradictory settings (no keys, real keys with DEBUG or with ``demo``) are refused at first use,
    and by a system check before.
    """

    name = "Flow"
    currencies = frozenset({"CLP", "CLF"})
    capabilities = Capabilities(
        cancel_at_period_end=True,
        cancel_now=True,
        update_card=True,
        resume="successor",
        change_now=True,
        change_at_period_end=True,
        refund=True,
        partial_refund=True,
    )
    lists = True
    email_refusals = words.EMAIL
    account_refusals = words.ACCOUNT
    key_remedies = words.KEYS
    time_zone = "America/Santiago"

    def explain(self, code: str) -> str:
        return words.words_for(code, super().explain(code))

    @property
    def strategies(self) -> tuple[str, ...]:
        self._refuse_contradictions()
        return account.strategies(self)

    def strategies_for(self, price: Price, coupon: str = "") -> tuple[str, ...]:
        self._refuse_contradictions()
        return account.strategies_for(self, price, coupon)

    def renews(self, strategy: str) -> bool:
        return strategy != "order"

    def is_paid_by_hand(self, strategy: str) -> bool:
        return strategy in ("link", "order")

    def bills_by_mail(self, strategy: str) -> bool:
        return strategy == "link"

    def reminds_for(self, strategy: str) -> timedelta:
        """Flow's createEmail reminds as it is told to; of a subscription's bill it is not known to."""
        if strategy != "order":
            return timedelta()
        after = self.options.get("REMIND_AFTER_DAYS", order.REMIND_AFTER_DAYS)
        return timedelta(days=after * self.options.get("REMIND_TIMES", order.REMIND_TIMES))

    def capabilities_of(self, strategy: str) -> Capabilities:
        return CAPABILITIES.get(strategy, self.capabilities)

    def mode_of(self, strategy: str) -> Mode:
        return "demo" if strategy == "demo" else self.mode

    @cached_property
    def client(self) -> FlowClient:
        """Raises ConfigurationError where settings contradict each other."""
        self._refuse_contradictions()
        return FlowClient(
            self.options["API_KEY"],
            self.options["SECRET_KEY"],
            self.options.get("API_URL") or account.API_URLS[self.mode],
            timeout=self.options.get("TIMEOUT", 10.0),
            signature=self.options.get("SIGNATURE", "canonical"),
            circuit=Circuit(self.alias, clock.now),
        )

    # Opening

    def advance(self, attempt: Attempt) -> Step:
        if attempt.strategy == "demo":
            return Step(WAIT)  # shows the pages, grants nothing, is never paid
        return advance(self._context(attempt))

    def resolve(self, attempt: Attempt) -> Step:
        if attempt.strategy == "demo":
            return Step(WAIT)
        return resolve(self._context(attempt))

    def expire(self, attempt: Attempt) -> None:
        """Nothing stands at Flow that could charge anybody until the subscription does: a registration
        that was begun lapses by itself, an order that is not paid at its ``timeout``. A subscription
        by ``link`` that nobody paid is ended with its bill."""
        if attempt.purpose != "open":
            return
        if attempt.strategy == "link" and attempt.subscription_reference:
            self._withdraw(attempt.subscription_reference)
        elif attempt.subscription_reference:
            raise Refused("It has become a subscription.")
        elif attempt.data.get("tokens") or attempt.data.get("lost"):  # an order was made
            self._refuse_paid(attempt)

    def _withdraw(self, reference: str) -> None:
        """The bill first: one that was paid meanwhile cannot be voided, and then nothing is ended."""
        subscription = self.client.subscription.get(reference)
        if any(invoice.status == statuses.PAID for invoice in subscription.invoices):
            raise Refused("It has been paid.")
        for invoice in subscription.invoices:
            if invoice.status == statuses.UNPAID:
                self.client.invoice.cancel(invoice.id)
        if subscription.status != statuses.CANCELLED:
            self.client.subscription.cancel(reference, at_period_end=False)

    def _refuse_paid(self, attempt: Attempt) -> None:
        with suppress(NotFound):
            if order.find(self.client, attempt).status == statuses.ORDER_PAID:
                raise Refused("It has been paid.")

    def _context(self, attempt: Attempt) -> Context:
        coupon = self._coupons().get(attempt.coupon)
        return Context(self.client, attempt, self.price_id(attempt.price), coupon, self.options)

    # Truth

    def fetch(self, reference: str) -> Snapshot:
        subscription = listing.whole(self.client.subscription.get(reference))
        return statuses.snapshot(subscription, self._customer_of(subscription), clock.now())

    def fetch_order(self, attempt: Attempt) -> PaymentSnapshot:
        return order.payment(self.client, attempt)

    def _customer_of(self, subscription: results.Subscription) -> results.Customer | None:
        """None too where the customer was deleted: the subscription and its charges stand."""
        with suppress(NotFound):
            return self.client.customer.get(subscription.customer_id) if subscription.customer_id else None
        return None

    def receive(self, request: HttpRequest) -> Received:
        """Flow posts ``token`` and nothing that proves who sent it; anything else in the body is ignored."""
        token = request.POST.get("token", "").strip()
        if not token or len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
            raise InvalidNotice("Token requerido")
        return Received(key=hashlib.sha256(token.encode()).hexdigest(), body=token)

    def locate(self, body: str) -> Located:
        """Ask Flow whose token it is. A renewal's order names its subscription and invoice; the
        invoice, asked for, is what ties them."""
        status = self.client.payment.get_status(body)
        name = status.commerce_order or ""
        is_paid = status.status == statuses.ORDER_PAID
        paid = statuses.money(status.amount, status.currency) if is_paid else None
        if not name.startswith(SUBSCRIPTION_ORDER):
            return Located(order=name, paid=paid)
        return Located(subscription_reference=self._subscription_of(name), order=name, paid=paid)

    def _subscription_of(self, order: str) -> str:
        """What the invoice says; else what the order itself says, which is a hint and no more: the
        subscription is fetched."""
        pieces = order.split("_")
        hint = "_".join(pieces[:2])
        if len(pieces) < 3 or not pieces[2].isdecimal():
            return hint
        try:
            return self.client.invoice.get(int(pieces[2])).subscription_id or hint
        except NotFound:
            return hint

    def token_of(self, request: HttpRequest) -> str:
        return request.POST.get("token", "") or request.GET.get("token", "")

    # Verbs

    def cancel(self, reference: str, *, at_period_end: bool) -> None:
        """``at_period_end`` cannot be taken back at Flow (0 there means now). At once: what is still
        owed is voided too, or Flow would go on collecting it."""
        subscription = self.client.subscription.get(reference)
        if subscription.status != statuses.CANCELLED and not (
            at_period_end and subscription.cancel_at_period_end
        ):
            self.client.subscription.cancel(reference, at_period_end=at_period_end)
        if not at_period_end:
            for invoice in subscription.invoices:
                if invoice.status == statuses.UNPAID:
                    with suppress(Refused):  # paid meanwhile, or void: the fetch tells
                        self.client.invoice.cancel(invoice.id)

    def preview_change(
        self,
        reference: str,
        price: Price,
        *,
        period_end: datetime | None,
        at_period_end: bool,
        quantity: int = 1,
        seen: Mapping[str, Any] | None = None,
    ) -> ChangePreview:
        """Flow changes a plan within the running period only: "with the period" is on its last day."""
        if at_period_end and period_end is None:
            raise Refused("Nobody knows when its period ends.", code="no_period")
        day = statuses.day_of(period_end) - timedelta(days=1) if at_period_end and period_end else None
        answer = self.client.subscription.change_plan_preview(
            reference, new_plan_id=self.price_id(price), start_date_of_new_plan=day
        )
        told = answer.balance.amount if answer.balance2 is None else answer.balance2
        balance = Money(told, price.amount.currency)
        nothing = Money(0, price.amount.currency)
        return ChangePreview(
            price,
            charge=balance if balance.amount >= statuses.LEAST.get(price.currency, 0) else nothing,
            credit=max(-balance, nothing),
            at=statuses.begin_of(day),
            next_charge_at=statuses.begin_of(answer.next_invoice_date),
            data={"day": day.isoformat()} if day else {"seen_on": statuses.day_of(clock.now()).isoformat()},
        )

    def undo_change(self, reference: str) -> None:
        if self.client.subscription.get(reference).new_plan_id:
            self.client.subscription.change_plan_cancel(reference)

    # Giving back

    def refund_methods(self, request: RefundRequest) -> tuple[str, ...]:
        return refunds.methods(request)

    def refund(self, request: RefundRequest) -> RefundSnapshot:
        return refunds.give_back(self.client, request)

    def refund_words(self, method: str) -> str:
        return str(words.REFUNDS[method])

    def fetch_refund(self, request: RefundRequest) -> RefundSnapshot:
        return refunds.fetch(self.client, request)

    def cancel_refund(self, request: RefundRequest) -> None:
        self.client.refund.cancel(request.token)

    # All that there is

    def list_customers(self) -> Iterator[ListedCustomer]:
        return listing.customers(self.client)

    def list_subscriptions(self) -> Iterator[ListedSubscription]:
        """With their invoices."""
        plan_ids = {self.price_id(price) for price in catalogue().prices()}
        return listing.subscriptions(self.client, plan_ids, clock.now())

    def list_payments(self, since: datetime) -> Iterator[ListedPayment]:
        until = statuses.day_of(clock.now())
        return listing.payments(self.client, statuses.day_of(since), until, SUBSCRIPTION_ORDER)

    # Catalogue

    def _coupons(self) -> Mapping[str, int]:
        """Flow's numbers of the codes that payers type."""
        return self.options.get("COUPONS") or {}

    @property
    def has_coupons(self) -> bool:
        return bool(self._coupons())

    def check_coupon(self, code: str, price: Price) -> None:
        number = self._coupons().get(code)
        coupon = None
        if number is not None and self.strategies_for(price, code):
            with suppress(NotFound):
                coupon = self.client.coupon.get(number)
        if coupon is None or not coupons.takes_off(coupon, price, clock.now()):
            raise BadRequest(_("That coupon is not valid for this plan."), field="coupon", code="coupon")

    def objection(self, price: Price) -> str:
        least = statuses.LEAST.get(price.currency, 0)
        if price.amount.amount < least:
            return f"Flow takes no less than {least} {price.currency}"
        if not account.strategies_for(self, price, ""):
            lacks = "no UF (Flow takes UF by its plans)" if price.currency == "CLF" else "no trial"
            return f"none of its strategies can charge it: a single payment, or 'order', has {lacks}"
        return ""

    def price_id(self, price: Price) -> str:
        """The planId at Flow: the price's key, or the existing plan that ``PLAN_IDS`` adopts for it."""
        return str(self.options.get("PLAN_IDS", {}).get(price.key, price.key))

    def diff_price(self, price: Price, notice_url: str = "") -> list[PriceDifference]:
        if not self._has_plan(price):
            return []
        try:
            plan = self.client.plans.get(self.price_id(price))
        except NotFound:
            return [PriceDifference(price.key, "missing")]
        return [
            PriceDifference(price.key, name, str(here), str(there))
            for name, here, there in _compared(price, plan, notice_url)
            if here != there
        ]

    def push_price(self, price: Price, notice_url: str) -> None:
        if [difference.field for difference in self.diff_price(price)] != ["missing"]:
            return
        self.client.plans.create(
            plan_id=self.price_id(price),
            name=price.key,
            amount=price.amount.amount,
            currency=statuses.flow_currency(price.currency),
            interval=statuses.INTERVALS[price.interval],
            interval_count=price.interval_count,
            days_until_due=price.days_until_due,
            trial_period_days=price.trial_days,
            url_callback=notice_url,
        )

    def _has_plan(self, price: Price) -> bool:
        """What is charged by orders only, one-time prices among them, has none."""
        return bool(set(self.strategies_for(price)) - PLANLESS)

    # Settings

    def check(self) -> list[CheckMessage]:
        return contradictions.messages(self, account.CONTRADICTIONS)

    # For the doctor

    def ping(self) -> Pulse:
        self.client.plans.list(limit=1)
        return Pulse(urlsplit(self.client.api_url).hostname or "", self.client.skew)

    def lacks(self, strategy: str) -> str | None:
        """Of the contract for cards, by asking to register one for a customer who cannot be: nothing can come
        of it. Whether Flow looks at the contract before it looks for the customer is not documented: that it
        does not know the customer proves nothing."""
        if strategy != "card":
            return ""
        try:
            self.client.customer.register(NOBODY, url_return=self.client.api_url)
        except Refused as error:
            return error.code if error.code in self.account_refusals else None
        return None

    def _refuse_contradictions(self) -> None:
        contradictions.refuse(self, account.CONTRADICTIONS)


# What can be done with a subscription, where that is not all that Flow can do. One by ``link`` has no
# card of ours to change; the periods of ``order`` are our own, so that it is taken up again by not
# ending it, and its price changes with a period.
CAPABILITIES: dict[str, Capabilities] = {
    "link": replace(FlowGateway.capabilities, update_card=False),
    "order": Capabilities(
        cancel_at_period_end=True,
        cancel_now=True,
        resume="native",
        change_at_period_end=True,
        refund=True,
        partial_refund=True,
    ),
    "demo": Capabilities(),
}


def _compared(price: Price, plan: results.Plan, notice_url: str) -> Iterator[tuple[str, Any, Any]]:
    """What Flow's answer leaves out is not compared."""
    yield "amount", price.amount, statuses.money(plan.amount, plan.currency)
    yield "interval", statuses.INTERVALS.get(price.interval), plan.interval
    yield "interval_count", price.interval_count, plan.interval_count or 1
    yield "trial_days", price.trial_days, plan.trial_period_days or 0
    if plan.days_until_due is not None:
        yield "days_until_due", price.days_until_due, plan.days_until_due
    if notice_url:
        yield "callback", notice_url, plan.url_callback or ""
    yield "active", True, plan.status != 0
