"""What Stripe's objects say, in our words. Pure: tables and functions, no calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from ...lifecycle import PaymentStatus, RefundStatus, Status
from ...money import Money
from ..base import Card, PaymentSnapshot, RefundSnapshot, Snapshot
from . import shapes
from .amounts import from_stripe
from .shapes import Thing, id_of, moment

# https://docs.stripe.com/api/subscriptions/object#subscription_object-status
STATUSES: dict[str, Status] = {
    "incomplete": Status.PENDING,
    "incomplete_expired": Status.FAILED,
    "trialing": Status.TRIALING,
    "active": Status.ACTIVE,
    "past_due": Status.PAST_DUE,
    "unpaid": Status.PAST_DUE,
    "paused": Status.PAUSED,  # its trial ended without a card
    "canceled": Status.CANCELLED,
}
# Paused collection leaves the status as it was. https://docs.stripe.com/billing/subscriptions/pause-payment
PAUSABLE = frozenset({Status.ACTIVE, Status.TRIALING, Status.PAST_DUE})
# https://docs.stripe.com/api/invoices/object#invoice_object-status; a draft is no bill yet.
INVOICES: dict[str, PaymentStatus] = {
    "open": PaymentStatus.PENDING,
    "paid": PaymentStatus.PAID,
    "uncollectible": PaymentStatus.FAILED,
    "void": PaymentStatus.CANCELLED,
}
# https://docs.stripe.com/api/disputes/object#dispute_object-status: in these the money is not ours. An
# inquiry (warning_...) has taken nothing yet, and what was won, or prevented, is back.
DISPUTED = frozenset({"needs_response", "under_review", "lost"})
# https://docs.stripe.com/api/refunds/object#refund_object-status
REFUNDS: dict[str, RefundStatus] = {
    "pending": RefundStatus.ACCEPTED,
    "requires_action": RefundStatus.OFFERED,
    "succeeded": RefundStatus.REFUNDED,
    "failed": RefundStatus.REFUSED,
    "canceled": RefundStatus.CANCELLED,
}
BRANDS: dict[str, str] = {
    "amex": "American Express",
    "diners": "Diners Club",
    "eftpos_au": "Eftpos",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}
# Stripe finalizes a renewal's invoice about an hour after it was made, and charges it then.
# https://docs.stripe.com/billing/invoices/subscription
DRAFT_FOR = timedelta(hours=1)


def snapshot(
    subscription: Thing,
    invoices: Iterable[Thing],
    charges: Iterable[Thing],
    disputes: Mapping[str, str],
    price_ids: Mapping[str, str],
) -> Snapshot:
    """The subscription now. ``disputes``: status by charge; ``price_ids``: our key of each price that was
    adopted, by Stripe's id."""
    bills = list(invoices)
    start, end = shapes.period_of(subscription)
    status = status_of(subscription)
    item: Thing = next(iter(shapes.items_of(subscription)), {})
    leaves = _leaves(subscription)
    goes_on = status in (Status.ACTIVE, Status.TRIALING, Status.PAST_DUE) and not leaves
    return Snapshot(
        reference=str(subscription["id"]),
        status=status,
        price_id=price_id(item.get("price") or {}, price_ids),
        quantity=int(item.get("quantity") or 1),
        customer_reference=id_of(subscription.get("customer")),
        period_start=start,
        period_end=end,
        next_charge_at=end if goes_on else None,
        trial_end=moment(subscription.get("trial_end")),
        cancel_at_period_end=leaves,
        ended_at=moment(subscription.get("ended_at")),
        card=card_of(subscription),
        payments=tuple(_payments(bills, list(charges), disputes)),
        credit=_credit(subscription),
        look_at=tuple(_drafts(bills)),
    )


def status_of(subscription: Thing) -> Status:
    status = STATUSES.get(str(subscription["status"]), Status.PENDING)
    if status in PAUSABLE and subscription.get("pause_collection"):
        return Status.PAUSED
    reason = (subscription.get("cancellation_details") or {}).get("reason")
    if status == Status.CANCELLED and reason == "payment_failed":
        return Status.FAILED
    return status


def price_id(price: Thing, price_ids: Mapping[str, str]) -> str:
    """Our key of it: adopted, or the key under which we made it."""
    made = price.get("lookup_key") or (price.get("metadata") or {}).get("price")
    return str(price_ids.get(str(price.get("id"))) or made or price.get("id") or "")


def _leaves(subscription: Thing) -> bool:
    """Also where the dashboard was told a day on which it ends, within the paid period."""
    ends, period = subscription.get("cancel_at"), shapes.period_of(subscription)[1]
    within = bool(ends and period and ends <= period.timestamp())
    return bool(subscription.get("cancel_at_period_end")) or within


def card_of(subscription: Thing) -> Card | None:
    customer = subscription.get("customer")
    settings = (customer.get("invoice_settings") or {}) if isinstance(customer, Mapping) else {}
    for method in (subscription.get("default_payment_method"), settings.get("default_payment_method")):
        if isinstance(method, Mapping) and method.get("card"):
            card = method["card"]
            return Card(brand_of(str(card.get("brand") or "")), str(card.get("last4") or ""), _expires(card))
    return None


def _expires(card: Thing) -> date | None:
    """A card is good to the last day of the month that it bears."""
    month, year = card.get("exp_month"), card.get("exp_year")
    return date(year + month // 12, month % 12 + 1, 1) if month and year else None


def brand_of(brand: str) -> str:
    return BRANDS.get(brand, brand.replace("_", " ").capitalize())


def _credit(subscription: Thing) -> Money | None:
    """What Stripe takes off the next bills: a customer's balance below zero."""
    customer = subscription.get("customer")
    if not isinstance(customer, Mapping) or (customer.get("balance") or 0) >= 0:
        return None
    return from_stripe(-int(customer["balance"]), str(customer.get("currency") or subscription["currency"]))


def _drafts(invoices: Iterable[Thing]) -> Iterable[Any]:
    """When what is still a draft will have been charged."""
    for invoice in invoices:
        if invoice.get("status") == "draft" and invoice.get("auto_advance", True):
            known = moment(invoice.get("automatically_finalizes_at"))
            made = moment(invoice.get("created"))
            if known or made:
                yield known or (made + DRAFT_FOR if made else None)


# --- charges --------------------------------------------------------------------------------------


def _payments(
    invoices: Iterable[Thing], charges: list[Thing], disputes: Mapping[str, str]
) -> Iterable[PaymentSnapshot]:
    """Of each bill that asks, or asked, for money; oldest first."""
    for invoice in sorted(invoices, key=lambda invoice: int(invoice.get("created") or 0)):
        if invoice.get("status") in INVOICES and asks_for_money(invoice):
            intents = set(shapes.payment_intents_of(invoice))
            own = [charge for charge in charges if id_of(charge.get("payment_intent")) in intents]
            yield payment(invoice, own, disputes)


def asks_for_money(invoice: Thing) -> bool:
    """A trial's first invoice is of nothing; one of a downgrade gives credit."""
    return int(invoice.get("subtotal") or 0) > 0 and int(invoice.get("total") or 0) >= 0


def payment(invoice: Thing, charges: list[Thing], disputes: Mapping[str, str]) -> PaymentSnapshot:
    """One bill with the charges that were tried for it."""
    currency = str(invoice["currency"])
    amount = from_stripe(int(invoice["amount_due"]), currency)
    is_open = invoice["status"] == "open"
    attempts = int(invoice.get("attempt_count") or 0)
    failure = _failure(charges, is_open=is_open, attempts=attempts)
    refunded = from_stripe(sum(int(charge.get("amount_refunded") or 0) for charge in charges), currency)
    start, end = _period_of(invoice)
    told = invoice.get("status_transitions") or {}
    return PaymentSnapshot(
        reference=str(invoice["id"]),
        status=_status(invoice, charges, disputes, failure, refunded, amount),
        amount=amount,
        order=str(invoice.get("number") or ""),
        period_start=start,
        period_end=end,
        due_at=moment(invoice.get("due_date") or told.get("finalized_at") or invoice.get("created")),
        paid_at=moment(told.get("paid_at")) if invoice["status"] == "paid" else None,
        next_attempt_at=moment(invoice.get("next_payment_attempt")) if is_open else None,
        attempts=attempts,
        failure_code=failure,
        pay_url=str(invoice.get("hosted_invoice_url") or "") if is_open else "",
        list_amount=from_stripe(int(invoice["subtotal"]), currency),
        refunded=refunded,
        receipt_url=_receipt(charges) or ("" if is_open else str(invoice.get("hosted_invoice_url") or "")),
    )


# What a page says of a single payment: its own status, and its payment's.
# https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-payment_status
SESSIONS: dict[tuple[str, str], PaymentStatus] = {
    ("complete", "paid"): PaymentStatus.PAID,
    ("complete", "no_payment_required"): PaymentStatus.PAID,
    ("complete", "unpaid"): PaymentStatus.PENDING,
    ("expired", "unpaid"): PaymentStatus.CANCELLED,
}


def charges_of(session: Thing) -> list[dict[str, Any]]:
    """The one that counts, of a page for a single payment."""
    charge = (session.get("payment_intent") or {}).get("latest_charge")
    return [dict(charge)] if charge else []


def single(session: Thing, order: str, disputes: Mapping[str, str]) -> PaymentSnapshot:
    """A single payment, by its page; ``order`` is our name for it."""
    intent: Thing = session.get("payment_intent") or {}
    charges = charges_of(session)
    charge = charges[0] if charges else {}
    currency = str(session["currency"])
    amount = from_stripe(int(session["amount_total"]), currency)
    refunded = from_stripe(int(charge.get("amount_refunded") or 0), currency)
    status = SESSIONS.get((str(session["status"]), str(session["payment_status"])), PaymentStatus.PENDING)
    return PaymentSnapshot(
        reference=order,
        status=after(status, charges, disputes, refunded, amount),
        amount=amount,
        order=id_of(intent),
        paid_at=moment(charge.get("created") or session.get("created"))
        if status == PaymentStatus.PAID
        else None,
        list_amount=from_stripe(int(session["amount_subtotal"]), currency),
        refunded=refunded,
        receipt_url=str(charge.get("receipt_url") or ""),
    )


def _status(
    invoice: Thing,
    charges: list[Thing],
    disputes: Mapping[str, str],
    failure: str,
    refunded: Money,
    amount: Money,
) -> PaymentStatus:
    status = INVOICES[str(invoice["status"])]
    if status == PaymentStatus.PENDING and failure:
        return PaymentStatus.FAILED
    return after(status, charges, disputes, refunded, amount)


def after(
    status: PaymentStatus,
    charges: Iterable[Thing],
    disputes: Mapping[str, str],
    refunded: Money,
    amount: Money,
) -> PaymentStatus:
    """What was paid may have been given back since, or be disputed."""
    if status != PaymentStatus.PAID:
        return status
    if any(disputes.get(str(charge["id"])) in DISPUTED for charge in charges):
        return PaymentStatus.DISPUTED
    if refunded.amount <= 0:
        return status
    return PaymentStatus.REFUNDED if refunded >= amount else PaymentStatus.PARTIALLY_REFUNDED


def _failure(charges: list[Thing], *, is_open: bool, attempts: int) -> str:
    """Why the last try failed. One without a charge waits for its payer to show who they are."""
    if not is_open or not attempts:
        return ""
    failed = [charge for charge in charges if charge.get("status") == "failed"]
    if not failed:
        return "authentication_required"
    return decline_of(max(failed, key=lambda charge: int(charge.get("created") or 0)))


def decline_of(charge: Thing) -> str:
    """The bank's own word, else Stripe's."""
    outcome = charge.get("outcome") or {}
    return str(outcome.get("reason") or charge.get("failure_code") or "card_declined")


def _period_of(invoice: Thing) -> tuple[Any, Any]:
    """What its lines pay for; the invoice's own period is the one before."""
    lines = (invoice.get("lines") or {}).get("data") or []
    periods = [line["period"] for line in lines if line.get("period")]
    if not periods:
        return None, None
    last = max(periods, key=lambda period: int(period["end"]))
    return moment(last["start"]), moment(last["end"])


def _receipt(charges: Iterable[Thing]) -> str:
    paid = [charge for charge in charges if charge.get("status") == "succeeded"]
    return str(paid[0].get("receipt_url") or "") if paid else ""


# --- refunds --------------------------------------------------------------------------------------


def refund(told: Thing) -> RefundSnapshot:
    return RefundSnapshot(
        REFUNDS.get(str(told.get("status")), RefundStatus.ACCEPTED),
        reference=str(told["id"]),
        amount=from_stripe(int(told["amount"]), str(told["currency"])),
    )
