"""All that a Stripe account has. Lists are asked for 100 rows a page, as they are read.

Bills are listed by when they were made, and say nothing of what was given back or is disputed: refunds and
disputes are listed apart, each with its charge, also those that somebody made in the dashboard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...exceptions import OutcomeUnknown
from ...lifecycle import PaymentStatus
from ..base import ListedCustomer, ListedPayment, ListedSubscription, PaymentSnapshot
from . import shapes, statuses
from .amounts import from_stripe
from .bills import bill_paid_by
from .shapes import Thing, id_of

if TYPE_CHECKING:
    from .client import Client


def customers(client: Client) -> Iterator[ListedCustomer]:
    for each in client.iterate(client.v1.customers.list, {}):
        key = (each.get("metadata") or {}).get("external_id")
        yield ListedCustomer(str(each["id"]), str(key or ""), str(each.get("email") or ""))


def subscriptions(client: Client, price_ids: Mapping[str, str]) -> Iterator[ListedSubscription]:
    """Also those that have ended. https://docs.stripe.com/api/subscriptions/list"""
    for each in client.iterate(client.v1.subscriptions.list, {"status": "all"}):
        if each.get("status") not in statuses.STATUSES:
            raise OutcomeUnknown("Stripe's answer has no status that we know", service="Subscription.list")
        order = str((each.get("metadata") or {}).get("order") or "")
        yield ListedSubscription(statuses.snapshot(each, (), (), {}, price_ids), order)


# --- what was charged -----------------------------------------------------------------------------


@dataclass
class _GivenBack:
    """Charges of which something was given back or disputed, by their payment intent, and how each dispute
    stands, by its charge. ``left``: those of which no bill has told yet."""

    charges: dict[str, dict[str, Any]] = field(default_factory=dict)
    disputes: dict[str, str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)

    def add(self, charge: Thing) -> None:
        names = ("id", "amount", "currency", "amount_refunded", "status", "created", "metadata", "customer")
        intent = id_of(charge.get("payment_intent"))
        self.charges[intent] = {"payment_intent": intent} | {name: charge.get(name) for name in names}
        self.left.add(intent)

    def of(self, intents: list[str]) -> list[Thing]:
        self.left.difference_update(intents)
        return [self.charges[intent] for intent in intents if intent in self.charges]


def payments(client: Client, since: datetime) -> Iterator[ListedPayment]:
    """Bills made since then or still open, pages of single payments, and what was given back or disputed
    since then, however old the charge."""
    v1, made = client.v1, {"created": {"gte": int(since.timestamp())}}
    found = _given_back(client, made)
    for which in (made, {"status": "open"}):
        for bill in client.iterate(v1.invoices.list, {**which, "expand": ["data.payments"]}):
            yield from _of_bill(bill, found)
    pages = {**made, "status": "complete", "expand": ["data.payment_intent.latest_charge"]}
    for page in client.iterate(v1.checkout.sessions.list, pages):
        if page["mode"] == "payment":
            yield _of_page(page, found)
    for intent in sorted(found.left):
        yield from _of_older(client, intent, found)


def _given_back(client: Client, made: Mapping[str, Any]) -> _GivenBack:
    found = _GivenBack()
    for refund in client.iterate(client.v1.refunds.list, {**made, "expand": ["data.charge"]}):
        if isinstance(refund.get("charge"), Mapping):
            found.add(refund["charge"])
    for dispute in client.iterate(client.v1.disputes.list, {**made, "expand": ["data.charge"]}):
        if isinstance(dispute.get("charge"), Mapping):
            found.add(dispute["charge"])
            found.disputes[str(dispute["charge"]["id"])] = str(dispute["status"])
    return found


def _of_bill(bill: Thing, found: _GivenBack) -> Iterator[ListedPayment]:
    """Nothing for a draft, and for one that asks for no money."""
    charges = found.of(shapes.payment_intents_of(bill))
    reference = shapes.subscription_of(bill)
    if reference and bill.get("status") in statuses.INVOICES and statuses.asks_for_money(bill):
        order = str(shapes.metadata_of(bill).get("order") or "")
        told = statuses.payment(bill, charges, found.disputes)
        yield ListedPayment(told, reference, id_of(bill.get("customer")), order, is_ours=bool(order))


def _of_page(page: Thing, found: _GivenBack) -> ListedPayment:
    order = str((page.get("metadata") or {}).get("order") or "")
    found.of([id_of(page.get("payment_intent"))])
    told = statuses.single(page, order or str(page["id"]), found.disputes)
    return ListedPayment(told, "", id_of(page.get("customer")), order, is_ours=bool(order))


def _of_older(client: Client, intent: str, found: _GivenBack) -> Iterator[ListedPayment]:
    """What it was charged for is asked about: a bill made before, else a page of ours."""
    bill = bill_paid_by(client, intent)
    if bill:
        paid_by = {"payments": {"data": [{"payment": {"payment_intent": intent}}]}}
        yield from _of_bill({**bill, **paid_by}, found)
        return
    (charge,) = found.of([intent])
    order = str((charge.get("metadata") or {}).get("order") or "")
    customer = id_of(charge.get("customer"))
    yield ListedPayment(_of_charge(charge, order, found), "", customer, order, is_ours=bool(order))


def _of_charge(charge: Thing, order: str, found: _GivenBack) -> PaymentSnapshot:
    amount = from_stripe(int(charge["amount"]), str(charge["currency"]))
    refunded = from_stripe(int(charge["amount_refunded"] or 0), str(charge["currency"]))
    status = PaymentStatus.PAID if charge["status"] == "succeeded" else PaymentStatus.PENDING
    return PaymentSnapshot(
        reference=order or str(charge["id"]),
        status=statuses.after(status, [charge], found.disputes, refunded, amount),
        amount=amount,
        order=str(charge["payment_intent"]),
        paid_at=shapes.moment(charge["created"]),
        refunded=refunded,
    )
