"""Bills that nobody has been asked to pay yet: their lines, and what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import discounts, money

if TYPE_CHECKING:
    from .account import Account, Thing


@dataclass(frozen=True)
class Line:
    """What a bill asks for: so much for a price over a period."""

    amount: int
    price: Thing
    quantity: int
    start: int
    end: int
    proration: bool = False


def draft(
    account: Account, subscription: Thing, lines: Sequence[Line], reason: str, *, coupon: Thing | None = None
) -> Thing:
    """A bill that nobody has been asked to pay yet."""
    invoice = _blank(account, subscription, reason)
    off = discounts.taken_off(coupon, sum(line.amount for line in lines))
    invoice["lines"]["data"] = [_line(account, subscription, invoice["id"], line) for line in lines]
    invoice["subtotal"] = sum(line.amount for line in lines)
    invoice["total"] = invoice["subtotal"] - off
    invoice["total_discount_amounts"] = (
        [{"amount": off, "discount": subscription["discounts"][0]}] if off else []
    )
    other = account.faults.take("bill", {"bill"}, {"customer": invoice["customer"]})
    if other:
        invoice["total"] = invoice["subtotal"] = other.whole("amount")
    reckon(account, invoice)
    return invoice


def _blank(account: Account, subscription: Thing, reason: str) -> Thing:
    invoice = account.base("in", "invoice")
    customer = account.customers[subscription["customer"]]
    return invoice | {
        "account_name": "Simulated account",
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_paid_off_stripe": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "enabled": False, "liability": None, "status": None, "disabled_reason": None, "provider": None,
        },
        "automatically_finalizes_at": account.now() + account.options.finalize_seconds,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "currency": subscription["currency"],
        "customer": customer["id"],
        "customer_email": customer["email"],
        "default_tax_rates": [],
        "description": None,
        "discounts": list(subscription["discounts"]),
        "due_date": None,
        "ending_balance": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "lines": {
            "object": "list", "data": [], "has_more": False,
            "url": f"/v1/invoices/{invoice['id']}/lines",
        },
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None, "payment_method_options": None, "payment_method_types": None,
        },
        "period_end": account.now(),
        "period_start": account.now(),
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None, "marked_uncollectible_at": None, "paid_at": None, "voided_at": None,
        },
        "total_discount_amounts": [],
        "webhooks_delivered_at": None,
    }  # fmt: skip


def _line(account: Account, subscription: Thing, invoice: str, line: Line) -> Thing:
    item = subscription["items"]["data"][0]
    made = account.base("il", "line_item")
    made.pop("created")
    return made | {
        "amount": line.amount,
        "currency": subscription["currency"],
        "description": None,
        "discount_amounts": [],
        "discountable": not line.proration,
        "discounts": [],
        "invoice": invoice,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": line.proration,
                "proration_details": None,
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": line.start, "end": line.end},
        "pricing": {
            "price_details": {"price": line.price["id"], "product": line.price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(line.price["unit_amount"]),
        },
        "quantity": line.quantity,
        "subtotal": line.amount,
    }


def reckon(account: Account, invoice: Thing) -> None:
    """What is due, with what the customer has to their credit or owes from before: never below nothing.

    What is too small to be charged is put on the customer's balance, and the bill is as good as paid.
    """
    total, balance = invoice["total"], account.customers[invoice["customer"]]["balance"]
    due = max(total + balance, 0) if total > 0 else 0
    ending = total + balance - due
    if money.is_too_small(due, invoice["currency"]):
        due, ending = 0, ending + due
    invoice["starting_balance"] = balance
    invoice["amount_due"] = invoice["amount_remaining"] = due
    invoice["ending_balance"] = ending
