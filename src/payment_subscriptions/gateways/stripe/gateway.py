"""``StripeGateway``: the seam, answered by Stripe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ... import clock
from ...exceptions import BadRequest, ConfigurationError, NotFound, OutcomeUnknown, Refused
from ...money import Money
from ...plans import Price
from .. import contradictions
from ..base import (
    Attempt,
    Capabilities,
    ChangePreview,
    EndpointDifference,
    Gateway,
    ListedCustomer,
    ListedPayment,
    ListedSubscription,
    Located,
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
from . import account, catalogue, endpoint, listing, notices, refunds, shapes, statuses, words
from .amounts import CURRENCIES, from_stripe, to_stripe
from .shapes import Thing, id_of
from .strategies import Context, advance, changes, opening, resolve

if TYPE_CHECKING:
    from .client import Client


class StripeGateway(Gateway):
    """One Stripe account. ``options``: see docs/settings.md.

    Contradictory settings (no key, a live key without MODE 'real', real money with DEBUG) are refused at
    first use, and by a system check before.
    """

    name = "Stripe"
    currencies = CURRENCIES
    capabilities = Capabilities(
        cancel_at_period_end=True,
        cancel_now=True,
        update_card=True,
        resume="native",
        change_now=True,
        refund=True,
        partial_refund=True,
        quantity=True,
        pause=True,
        portal=True,
    )
    lists = True
    email_refusals = words.EMAIL
    key_remedies = words.KEYS
    keeps_endpoints = True
    signs_notices = True

    def explain(self, code: str) -> str:
        return words.words_for(code, super().explain(code))

    @property
    def strategies(self) -> tuple[str, ...]:
        self._refuse_contradictions()
        return ("page", "once")

    def strategies_for(self, price: Price, coupon: str = "") -> tuple[str, ...]:
        self._refuse_contradictions()
        return ("once",) if price.is_once else ("page",)

    def renews(self, strategy: str) -> bool:
        return strategy != "once"

    def is_paid_by_hand(self, strategy: str) -> bool:
        return False

    def capabilities_of(self, strategy: str) -> Capabilities:
        return ONCE if strategy == "once" else self.capabilities

    @cached_property
    def client(self) -> Client:
        """Raises ConfigurationError where settings contradict each other, or the library is not there."""
        self._refuse_contradictions()
        try:
            from .client import Client
        except ImportError as error:
            raise ConfigurationError(
                "Stripe's library is not installed", hint="pip install 'payment-subscriptions[stripe]'"
            ) from error
        return Client(
            account.key(self),
            str(self.options.get("API_URL") or account.API_URL),
            timeout=self.options.get("TIMEOUT", 10.0),
            circuit=Circuit(self.alias, clock.now),
        )

    # Opening

    def advance(self, attempt: Attempt) -> Step:
        return advance(self._context(attempt))

    def resolve(self, attempt: Attempt) -> Step:
        return resolve(self._context(attempt))

    def expire(self, attempt: Attempt) -> None:
        """Close the page: nobody can pay on it any more. What was paid on it has become a subscription."""
        session = attempt.data.get("session")
        if attempt.purpose != "open" or not session:
            return
        try:
            self.client.call(self.client.v1.checkout.sessions.expire, str(session))
        except Refused:
            if opening.fetch_session(self.client, str(session))["status"] != "expired":
                raise Refused("It has been paid.") from None

    def _context(self, attempt: Attempt) -> Context:
        return Context(self.client, attempt, self.options, lambda: self._stripe_price(attempt.price))

    def _stripe_price(self, price: Price) -> str:
        return catalogue.price_id(self.client, price, self._adopted())

    # Truth

    def fetch(self, reference: str) -> Snapshot:
        """Three questions, however many bills there are; one more for each charge that is disputed."""
        subscription = self._subscription(reference)
        if subscription.get("status") not in statuses.STATUSES:
            raise OutcomeUnknown(
                "Stripe's answer has no status that we know", service="Subscription.retrieve"
            )
        v1 = self.client.v1
        bills = self.client.every(v1.invoices.list, {"subscription": reference, "expand": ["data.payments"]})
        charges = self.client.every(v1.charges.list, {"customer": id_of(subscription["customer"])})
        return statuses.snapshot(subscription, bills, charges, self._disputes(charges), self._price_ids())

    def _price_ids(self) -> Mapping[str, str]:
        """Our key of each price that was there before us, by Stripe's id."""
        return {stripe_id: key for key, stripe_id in self._adopted().items()}

    def _subscription(self, reference: str) -> Thing:
        expanded = ["default_payment_method", "customer.invoice_settings.default_payment_method"]
        return self.client.call(self.client.v1.subscriptions.retrieve, reference, params={"expand": expanded})

    def _disputes(self, charges: list[dict[str, Any]]) -> dict[str, str]:
        """How each disputed charge stands, by its id."""
        found = {}
        for charge in charges:
            if charge.get("disputed"):
                disputes = self.client.call(
                    self.client.v1.disputes.list, params={"charge": charge["id"], "limit": 1}
                )["data"]
                found[str(charge["id"])] = str(disputes[0]["status"]) if disputes else "needs_response"
        return found

    def fetch_order(self, attempt: Attempt) -> PaymentSnapshot:
        """A single payment, by its page."""
        if not attempt.data.get("session"):
            raise NotFound("It has no page at Stripe.")
        session = opening.fetch_session(self.client, str(attempt.data["session"]))
        return statuses.single(session, attempt.order, self._disputes(statuses.charges_of(session)))

    def receive(self, request: HttpRequest) -> Received | None:
        secrets = account.webhook_secrets(self)
        if not secrets:
            raise ConfigurationError(
                f"Gateway {self.alias!r}: {account.NO_SECRET.message}", hint=account.NO_SECRET.hint
            )
        return notices.read(
            request.body,
            request.headers.get("Stripe-Signature", ""),
            secrets,
            tolerance=int(self.options.get("WEBHOOK_TOLERANCE", account.TOLERANCE)),
            live=self.mode == "real",
        )

    def locate(self, body: str) -> Located:
        return notices.locate(self.client, body)

    # Verbs

    def cancel(self, reference: str, *, at_period_end: bool) -> None:
        """At once: what is still owed is voided too, or Stripe would go on collecting it."""
        v1 = self.client.v1
        subscription = self.client.call(v1.subscriptions.retrieve, reference)
        ended = subscription["status"] in ("canceled", "incomplete_expired")
        if at_period_end:
            if not ended and not subscription.get("cancel_at_period_end"):
                self.client.call(v1.subscriptions.update, reference, params={"cancel_at_period_end": True})
            return
        if not ended:
            self.client.call(v1.subscriptions.cancel, reference)
        for invoice in changes.open_invoices(self.client, reference):
            with suppress(Refused):  # paid meanwhile, or void: the fetch tells
                self.client.call(v1.invoices.void_invoice, str(invoice["id"]))

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
        """To the second: the change that follows reckons with the same moment.
        https://docs.stripe.com/billing/subscriptions/prorations#preview-proration"""
        subscription = self.client.call(self.client.v1.subscriptions.retrieve, reference)
        item = next(iter(shapes.items_of(subscription)))
        when = int((seen or {}).get("proration_date") or clock.now().timestamp())
        data = {
            "item": str(item["id"]),
            "price": self._stripe_price(price),
            "quantity": quantity,
            "proration_date": when,
        }
        bill = self._preview(reference, data)
        owed = from_stripe(int(bill["amount_due"]), str(bill["currency"]))
        total = from_stripe(int(bill["total"]), str(bill["currency"]))
        nothing = Money(0, price.amount.currency)
        return ChangePreview(
            price,
            charge=max(owed, nothing),
            credit=max(-total, nothing),
            next_charge_at=_next_charge(subscription, price, when),
            data=data,
            quantity=quantity,
        )

    def _preview(self, reference: str, data: Mapping[str, Any]) -> Thing:
        details = changes.change(data["item"], data["price"], data["quantity"]) | {
            "proration_behavior": "always_invoice",
            "proration_date": data["proration_date"],
        }
        params = {"subscription": reference, "subscription_details": details}
        return self.client.call(self.client.v1.invoices.create_preview, params=params)

    def pause(self, reference: str) -> None:
        """Bills of a pause are voided: nobody is charged for it, then or later."""
        self._update(reference, pause_collection={"behavior": "void"})

    def unpause(self, reference: str) -> None:
        self._update(reference, pause_collection="")

    def _update(self, reference: str, **params: Any) -> None:
        self.client.call(self.client.v1.subscriptions.update, reference, params=params)

    def portal_url(self, customer_reference: str, return_url: str) -> str:
        params = changes.portal(customer_reference, return_url, self.options)
        return str(self.client.call(self.client.v1.billing_portal.sessions.create, params=params)["url"])

    # Giving back

    def refund_methods(self, request: RefundRequest) -> tuple[str, ...]:
        return (refunds.METHOD,)

    def refund(self, request: RefundRequest) -> RefundSnapshot:
        return refunds.give_back(self.client, request)

    def refund_words(self, method: str) -> str:
        return str(words.REFUND)

    def fetch_refund(self, request: RefundRequest) -> RefundSnapshot:
        return refunds.fetch(self.client, request)

    def cancel_refund(self, request: RefundRequest) -> None:
        refunds.cancel(self.client, request)

    # All that there is

    def list_customers(self) -> Iterator[ListedCustomer]:
        return listing.customers(self.client)

    def list_subscriptions(self) -> Iterator[ListedSubscription]:
        return listing.subscriptions(self.client, self._price_ids())

    def list_payments(self, since: datetime) -> Iterator[ListedPayment]:
        return listing.payments(self.client, since)

    # Catalogue

    def check_coupon(self, code: str, price: Price) -> None:
        found = opening.promotion_code(self.client, code)
        if found is None or not _takes_off(found, price):
            raise BadRequest(_("That coupon is not valid for this plan."), field="coupon", code="coupon")

    def objection(self, price: Price) -> str:
        try:
            to_stripe(price.amount)
        except BadRequest as error:
            return str(error)
        return ""

    def _adopted(self) -> Mapping[str, str]:
        """Stripe's ids of prices that were there before us, by our keys."""
        found: Mapping[str, str] = self.options.get("PRICE_IDS") or {}
        return found

    def diff_price(self, price: Price, notice_url: str = "") -> list[PriceDifference]:
        return catalogue.differences(price, catalogue.find(self.client, price, self._adopted()))

    def push_price(self, price: Price, notice_url: str) -> None:
        if [difference.field for difference in self.diff_price(price)] == ["missing"]:
            catalogue.push(self.client, price)

    def diff_endpoint(self, notice_url: str) -> list[EndpointDifference]:
        return endpoint.differences(self.client, notice_url)

    def push_endpoint(self, notice_url: str) -> str:
        return endpoint.push(self.client, notice_url)

    # Settings

    def check(self) -> list[CheckMessage]:
        wrong = contradictions.messages(self, account.CONTRADICTIONS)
        return wrong + contradictions.messages(self, (account.NO_SECRET,))

    # For the doctor

    def ping(self) -> Pulse:
        self.client.call(self.client.v1.prices.list, params={"limit": 1})
        return Pulse(urlsplit(self.client.api_url).hostname or "", self.client.skew)

    def _refuse_contradictions(self) -> None:
        contradictions.refuse(self, account.CONTRADICTIONS)


# What can be done with a single payment.
ONCE = Capabilities(refund=True, partial_refund=True, quantity=True)


def _next_charge(subscription: Thing, price: Price, when: int) -> datetime | None:
    """Where the interval stays, the period goes on; another one begins anew with the change."""
    item = next(iter(shapes.items_of(subscription)))
    recurring = (item.get("price") or {}).get("recurring") or {}
    same = (recurring.get("interval"), recurring.get("interval_count")) == (
        str(price.interval),
        price.interval_count,
    )
    end = shapes.period_of(subscription)[1]
    if same or end is None or subscription["status"] == "trialing":
        return end
    begins = datetime.fromtimestamp(when, UTC)
    return datetime.combine(price.following(begins.date()), begins.timetz())


def _takes_off(code: Thing, price: Price) -> bool:
    coupon = (code.get("promotion") or {}).get("coupon") or code.get("coupon") or {}
    if not isinstance(coupon, Mapping) or not coupon.get("valid", True):
        return False
    currency = coupon.get("currency")
    return not currency or str(currency).upper() == price.currency
