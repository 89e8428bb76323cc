"""Flow.cl as a gateway: strategies ``card`` and ``demo``, truth by subscription/get, callbacks by token."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from typing import Any

from django.core.checks import CheckMessage, Error
from django.http import HttpRequest

from ... import clock
from ...exceptions import ConfigurationError, InvalidNotice, NotFound, OutcomeUnknown, Refused
from ...money import Money
from ...plans import Price
from ..base import (
    WAIT,
    Attempt,
    Capabilities,
    Gateway,
    Located,
    Mode,
    PriceDifference,
    Received,
    Snapshot,
    Step,
)
from . import account, card, results, statuses, words
from .client import FlowClient

# Flow's least amount (code 1901).
LEAST = {"CLP": 350}
# A token is 40 characters; anything much longer is none, and is not worth a row.
LONGEST_TOKEN = 100
# Flow's commerceOrder of a subscription's charge: sus_<id>_<invoice>_<time>.
SUBSCRIPTION_ORDER = "sus_"


class FlowGateway(Gateway):
    """One Flow account. ``options``: see docs/settings.md.

    Contradictory settings (no keys, real keys with DEBUG or with ``demo``) are refused at first use,
    and by a system check before.
    """

    name = "Flow"
    currencies = frozenset({"CLP", "CLF"})
    capabilities = Capabilities(cancel_at_period_end=True, cancel_now=True, update_card=True)

    email_refusals = words.EMAIL

    def explain(self, code: str) -> str:
        return words.words_for(code, super().explain(code))

    @property
    def strategies(self) -> tuple[str, ...]:
        self._refuse_contradictions()
        return account.strategies(self)

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
        )

    # Opening

    def advance(self, attempt: Attempt) -> Step:
        if attempt.strategy == "demo":
            return Step(WAIT)  # shows the pages, grants nothing, is never paid
        return card.advance(self._context(attempt))

    def resolve(self, attempt: Attempt) -> Step:
        if attempt.strategy == "demo":
            return Step(WAIT)
        return card.resolve(self._context(attempt))

    def expire(self, attempt: Attempt) -> None:
        """Nothing stands at Flow that could charge anybody until the subscription does: a registration
        that was begun lapses by itself."""
        if attempt.subscription_reference and attempt.purpose == "open":
            raise Refused("It has become a subscription.")

    def _context(self, attempt: Attempt) -> card.Context:
        return card.Context(self.client, attempt, self.price_id(attempt.price))

    # Truth

    def fetch(self, reference: str) -> Snapshot:
        subscription = self.client.subscription.get(reference)
        if subscription.status is None:
            raise OutcomeUnknown("Flow's answer has no status", service="subscription/get")
        return statuses.snapshot(subscription, self._customer_of(subscription), clock.now())

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
        order = status.commerce_order or ""
        paid = statuses.money(status.amount, status.currency) if status.status == PAYMENT_PAID else None
        if not order.startswith(SUBSCRIPTION_ORDER):
            return Located(order=order, paid=paid)
        return Located(subscription_reference=self._subscription_of(order), order=order, paid=paid)

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

    # Catalogue

    def objection(self, price: Price) -> str:
        least = LEAST.get(price.currency, 0)
        if price.amount.amount < least:
            return f"Flow takes no less than {least} {price.currency}"
        if price.interval not in statuses.INTERVALS:
            return f"its strategies {', '.join(account.strategies(self))} charge by the period, not once"
        return ""

    def price_id(self, price: Price) -> str:
        """The planId at Flow: the price's key, or the existing plan that ``PLAN_IDS`` adopts for it."""
        return str(self.options.get("PLAN_IDS", {}).get(price.key, price.key))

    def diff_price(self, price: Price) -> list[PriceDifference]:
        try:
            plan = self.client.plans.get(self.price_id(price))
        except NotFound:
            return [PriceDifference(price.key, "missing")]
        return [
            PriceDifference(price.key, name, str(here), str(there))
            for name, here, there in _compared(price, plan)
            if here != there
        ]

    def push_price(self, price: Price, notice_url: str) -> None:
        if [difference.field for difference in self.diff_price(price)] != ["missing"]:
            return
        self.client.plans.create(
            plan_id=self.price_id(price),
            name=price.key,
            amount=price.amount.amount,
            currency=_flow_currency(price.amount),
            interval=statuses.INTERVALS[price.interval],
            interval_count=price.interval_count,
            days_until_due=price.days_until_due,
            trial_period_days=price.trial_days,
            url_callback=notice_url,
        )

    # Settings

    def check(self) -> list[CheckMessage]:
        return [
            Error(f"Gateway {self.alias!r}: {found.message}", hint=found.hint, id=f"payments.{found.number}")
            for found in account.contradictions(self)
        ]

    def _refuse_contradictions(self) -> None:
        for found in account.contradictions(self):
            raise ConfigurationError(f"Gateway {self.alias!r}: {found.message}", hint=found.hint)


PAYMENT_PAID = 2


def _flow_currency(money: Money) -> str:
    return statuses.FLOW_OF_ISO.get(money.currency.code, money.currency.code)


def _compared(price: Price, plan: results.Plan) -> Iterator[tuple[str, Any, Any]]:
    yield "amount", price.amount, statuses.money(plan.amount, plan.currency)
    yield "interval", statuses.INTERVALS.get(price.interval), plan.interval
    yield "interval_count", price.interval_count, plan.interval_count or 1
    yield "active", True, plan.status != 0
