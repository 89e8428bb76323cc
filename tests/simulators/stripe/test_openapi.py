"""Every operation through the real library: requests, answers, refusals and events as Stripe describes them.

The description is Stripe's document and no part of this repository: see tests/stripe_api.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe

from payment_subscriptions.simulators.stripe import cards
from payment_subscriptions.simulators.stripe.services import OPERATIONS, Operation
from tests.simulators.merchant import Merchant
from tests.stripe_api import judge, needs_description
from tests.stripe_api.schemas import names
from tests.stripe_api.watching import Watch, observed

from .seller import AWAY, Seller

pytestmark = needs_description

#: What an account tells of in the life of a subscription and of single payments.
EVENTS = {
    "checkout.session.completed", "checkout.session.expired", "customer.subscription.created",
    "customer.subscription.updated", "customer.subscription.deleted", "invoice.created",
    "invoice.finalized", "invoice.paid", "invoice.payment_failed", "invoice.payment_action_required",
    "invoice.voided", "invoice.payment_succeeded", "charge.succeeded", "charge.failed", "charge.refunded",
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
    "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "refund.created", "refund.updated",
    "refund.failed", "payment_intent.created", "payment_intent.succeeded", "payment_intent.payment_failed",
    "payment_intent.requires_action", "customer.created", "customer.updated", "customer.deleted",
    "customer.subscription.trial_will_end", "invoice.marked_uncollectible", "product.created",
    "product.updated", "price.created", "price.updated", "coupon.created", "promotion_code.created",
}  # fmt: skip


class Story:
    """Each chapter uses one family of operations; ``at`` is the library."""

    def __init__(self, seller: Seller) -> None:
        self.seller, self.at, self.simulator = seller, seller.v1, seller.simulator

    def tell(self) -> None:
        self.endpoints()
        self.customers()
        self.catalogue()
        self.codes()
        self.subscriptions()
        self.changes()
        self.debts()
        self.single_payments()
        self.portal()
        self.events()

    def endpoints(self) -> None:
        every = {"url": f"{AWAY}/hook/", "enabled_events": ["*"], "description": "x"}
        key = self.at.webhook_endpoints.create({**every, "api_version": stripe.api_version}).id
        self.at.webhook_endpoints.list({"limit": 5})
        self.at.webhook_endpoints.retrieve(key)
        self.at.webhook_endpoints.update(key, {"enabled_events": ["invoice.paid"], "disabled": True})
        self.at.webhook_endpoints.delete(key)

    def customers(self) -> None:
        params = {"email": "eva@correo.cl", "name": "Eva", "metadata": {"a": "b"}}
        key = self.at.customers.create(params, {"idempotency_key": "k"}).id
        assert self.at.customers.create(params, {"idempotency_key": "k"}).id == key
        self.at.customers.retrieve(key)
        self.at.customers.update(key, {"name": "Eva María", "metadata": {"a": ""}})
        self.at.customers.list({"email": "eva@correo.cl", "limit": 1})
        self.at.customers.delete(key)
        assert self.at.customers.retrieve(key).deleted
        assert key not in [each.id for each in self.at.customers.list().data]
        with pytest.raises(stripe.InvalidRequestError):
            self.at.customers.retrieve("cus_none")

    def catalogue(self) -> None:
        self.price = self.seller.price(10_000, lookup_key="pro_v1", nickname="x", metadata={"a": "b"})
        self.dearer = self.seller.price(20_000)
        self.yearly = self.seller.price(90_000, recurring={"interval": "year"})
        self.once = self.seller.price(5000, renews=False)
        product = self.at.prices.retrieve(self.price).product
        self.at.products.retrieve(product)
        self.at.products.update(product, {"description": "x", "metadata": {"a": "b"}})
        self.at.products.list({"active": True})
        self.at.prices.list({"lookup_keys": ["pro_v1"], "expand": ["data.product"]})
        self.at.prices.update(self.price, {"active": True, "lookup_key": "pro_v2"})

    def codes(self) -> None:
        amount = {"amount_off": 500, "currency": "clp", "duration": "repeating", "duration_in_months": 3}
        self.at.coupons.create({"percent_off": 10, "duration": "forever", "id": "TEN", "name": "x"})
        other = self.at.coupons.create({**amount, "max_redemptions": 5}).id
        self.at.coupons.retrieve(other)
        promotion = {"type": "coupon", "coupon": "TEN"}
        self.code = self.at.promotion_codes.create(
            {"promotion": promotion, "code": "AMIGOS", "max_redemptions": 9}
        ).id
        self.at.promotion_codes.list({"code": "AMIGOS", "active": True, "expand": ["data.promotion.coupon"]})

    def subscriptions(self) -> None:
        session = self.seller.session(
            self.price, client_reference_id="r", metadata={"a": "b"},
            discounts=[{"promotion_code": self.code}],
            subscription_data={"metadata": {"a": "b"}}, expand=["line_items"],
        )  # fmt: skip
        self.simulator.complete_session(session.id)
        found = self.at.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "line_items"]})
        self.subscription, customer = found.subscription.id, found.customer
        self.at.checkout.sessions.list({"customer": customer, "limit": 3})
        unwanted = self.seller.session(self.price, allow_promotion_codes=True, locale="es").id
        self.at.checkout.sessions.expire(unwanted)
        trial = self.seller.subscribe(self.price, subscription_data={"trial_period_days": 7})
        self.at.subscriptions.retrieve(trial)
        card = "customer.invoice_settings.default_payment_method"
        self.at.subscriptions.retrieve(
            self.subscription,
            {"expand": ["default_payment_method", card, "latest_invoice.payments", "discounts", "schedule"]},
        )
        self.at.subscriptions.list({"customer": customer, "status": "all"})
        bills = self.at.invoices.list({"subscription": self.subscription, "expand": ["data.payments"]})
        self.at.invoices.retrieve(bills.data[0].id, {"expand": ["payments.data.payment.payment_intent"]})
        self.at.invoices.retrieve(bills.data[0].id)
        paid = self.at.invoice_payments.list({"invoice": bills.data[0].id})
        intent = paid.data[0].payment.payment_intent
        self.at.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent}})
        self.at.payment_intents.retrieve(intent, {"expand": ["latest_charge"]})
        self.at.payment_intents.retrieve(intent)

    def changes(self) -> None:
        key = self.subscription
        self.simulator.clock.advance(days=3)
        item = self.at.subscriptions.retrieve(key)["items"].data[0].id
        for price in (self.dearer, self.yearly, self.price):
            change: dict[str, Any] = {
                "items": [{"id": item, "price": price, "quantity": 2}],
                "proration_behavior": "always_invoice",
                "proration_date": self.simulator.account.now(),
            }
            self.at.invoices.create_preview({"subscription": key, "subscription_details": change})
            self.at.subscriptions.update(key, {**change, "payment_behavior": "error_if_incomplete"})
        self.at.subscriptions.update(key, {"pause_collection": {"behavior": "void"}})
        self.at.subscriptions.update(key, {"pause_collection": ""})
        self.at.subscriptions.update(key, {"cancel_at_period_end": True})
        self.at.subscriptions.update(key, {"cancel_at_period_end": False})

    def debts(self) -> None:
        key = self.seller.subscribe(self.price)
        customer = self.at.subscriptions.retrieve(key).customer
        self.simulator.decline_next(times=2, customer=customer)
        self.simulator.clock.advance(days=32)
        (bill,) = (i.id for i in self.at.invoices.list({"subscription": key, "status": "open"}).data)
        with pytest.raises(stripe.CardError):
            self.at.invoices.pay(bill)
        self.at.invoices.pay(bill)
        self.simulator.faults.add("charge", "authenticate", times=1, where={"customer": customer})
        self.simulator.clock.advance(days=31)
        for each in self.at.invoices.list({"subscription": key, "status": "open"}).data:
            self.at.invoices.void_invoice(each.id)
        self.at.subscriptions.update(key, {"pause_collection": {"behavior": "mark_uncollectible"}})
        self.simulator.clock.advance(days=31)
        self.at.subscriptions.cancel(key, {"invoice_now": False, "prorate": False})
        self.at.subscriptions.retrieve(key)
        self.simulator.settle()

    def single_payments(self) -> None:
        session = self.seller.session(
            self.once, mode="payment", payment_intent_data={"metadata": {"a": "b"}}, quantity=2
        )
        self.simulator.complete_session(session.id, cards.DECLINED)
        self.simulator.complete_session(session.id)
        paid = self.at.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
        intent, charge = paid.payment_intent.id, paid.payment_intent.latest_charge.id
        part = self.at.refunds.create({"payment_intent": intent, "amount": 1000, "metadata": {"a": "b"}})
        self.at.refunds.retrieve(part.id)
        self.at.refunds.list({"payment_intent": intent})
        self.simulator.options.refund_status = "pending"
        late = self.at.refunds.create({"charge": charge, "reason": "requested_by_customer"})
        self.simulator.settle_refund(late.id, succeeded=False)
        self.simulator.options.refund_status = "requires_action"
        asked = self.at.refunds.create({"payment_intent": intent})
        self.at.refunds.cancel(asked.id)
        with pytest.raises(stripe.InvalidRequestError):
            self.at.refunds.create({"payment_intent": intent, "amount": 10**9})
        other = self.seller.session(self.once, mode="payment", customer=paid.customer)
        self.simulator.complete_session(other.id, cards.DISPUTED)
        charges = self.at.charges.list({"customer": paid.customer, "limit": 100})
        self.at.charges.retrieve(charge)
        disputed = next(each.id for each in charges.data if each.disputed)
        dispute = self.at.disputes.list({"charge": disputed}).data[0].id
        self.at.disputes.update(dispute, {"evidence": {"uncategorized_text": "x"}, "metadata": {"a": "b"}})
        self.simulator.close_dispute(dispute, won=True)
        self.at.disputes.retrieve(dispute)
        again = self.seller.session(self.once, mode="payment", customer=paid.customer)
        self.simulator.complete_session(again.id, cards.DISPUTED)
        self.at.disputes.close(self.at.disputes.list({"limit": 1}).data[0].id)

    def portal(self) -> None:
        customer = self.at.subscriptions.retrieve(self.subscription).customer
        features = {"invoice_history": {"enabled": True}, "payment_method_update": {"enabled": True}}
        key = self.at.billing_portal.configurations.create({"features": features}).id
        self.at.billing_portal.configurations.list({"active": True})
        self.at.billing_portal.configurations.retrieve(key)
        self.at.billing_portal.sessions.create(
            {"customer": customer, "return_url": AWAY, "configuration": key}
        )
        after = {"type": "redirect", "redirect": {"return_url": AWAY}}
        flow = {"type": "payment_method_update", "after_completion": after}
        self.at.billing_portal.sessions.create({"customer": customer, "flow_data": flow, "locale": "es"})
        self.simulator.change_card(customer)

    def events(self) -> None:
        found = self.at.events.list({"limit": 100, "type": "invoice.paid"}).data
        self.at.events.retrieve(found[0].id)


@pytest.fixture
def watch(seller: Seller) -> Watch:
    seller.simulator.reset(seed=1, now="2026-07-05 10:00")
    with observed(seller.simulator) as watch:
        Story(seller).tell()
    return watch


def test_everything_is_as_described(watch: Watch, seller: Seller) -> None:
    told = [judge().event(event) for event in seller.simulator.table("events")]
    complaints = [*watch.complaints, *(text for texts in told for text in texts)]
    assert sorted(set(complaints)) == []
    assert {event["type"] for event in seller.simulator.table("events")} == EVENTS
    assert watch.seen == {address_of(operation) for operation in OPERATIONS}


def test_events_travel_as_described(seller: Seller, site: Merchant) -> None:
    seller.v1.webhook_endpoints.create({"url": site.url(), "enabled_events": ["*"]})
    seller.subscribe()
    seller.simulator.settle()
    assert len(site.received) > 3
    complaints = [text for each in site.received for text in judge().event(json.loads(each.text))]
    assert sorted(set(complaints)) == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_no_parameter_is_made_up(operation: Operation) -> None:
    described = judge().operation(operation.method, operation.path)
    assert described is not None
    known = names(described.parameters())
    assert [name for name in taken(operation.takes) if name not in known] == []
    assert set(described.parameters()["required"]) <= set(operation.required)


def taken(spec: Any, where: str = "") -> list[str]:
    """The names of the simulator's own specification, as ``names`` writes them."""
    if isinstance(spec, list):
        return taken(spec[0], f"{where}[]")
    if not isinstance(spec, dict):
        return []
    places = [(f"{where}.{name}" if where else name, each) for name, each in spec.items() if name]
    return [text for place, each in places for text in [place, *taken(each, place)]]


def address_of(operation: Operation) -> tuple[str, str]:
    found = judge().operation(operation.method, operation.path)
    assert found is not None, operation
    return found.method, found.address
