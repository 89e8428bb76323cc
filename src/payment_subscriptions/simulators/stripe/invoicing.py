"""Bills: made as a draft, finalized, tried, paid or not. https://docs.stripe.com/invoicing/overview"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import discounts
from .charging import AUTHENTICATE, charge, new_intent, verdict
from .events import tell

if TYPE_CHECKING:
    from .account import Account, Thing

DAY = 86_400


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
    _reckon(account, invoice)
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


def _reckon(account: Account, invoice: Thing) -> None:
    """What is due: less the customer's credit, never below nothing."""
    balance = account.customers[invoice["customer"]]["balance"]
    used = min(-balance, invoice["total"]) if balance < 0 < invoice["total"] else 0
    invoice["starting_balance"] = balance
    invoice["amount_due"] = invoice["amount_remaining"] = max(invoice["total"] - used, 0)
    invoice["ending_balance"] = balance + used if invoice["total"] >= 0 else balance + invoice["total"]


# --- its life -------------------------------------------------------------------------------------


def keep(account: Account, invoice: Thing) -> Thing:
    account.add("invoices", invoice)
    tell(account, "invoice.created", invoice)
    return invoice


def finalize(account: Account, invoice: Thing) -> None:
    """From now on it is owed; the customer's credit is used by it."""
    if invoice["status"] != "draft":
        return
    customer = account.customers[invoice["customer"]]
    numbers = account.private.setdefault(customer["id"], {"prefix": account.ids.number(), "next": 1})
    invoice["number"] = f"{numbers['prefix']}-{numbers['next']:04d}"
    numbers["next"] += 1
    _reckon(account, invoice)
    customer["balance"] = invoice["ending_balance"]
    invoice["status"] = "open"
    invoice["automatically_finalizes_at"] = None
    invoice["status_transitions"]["finalized_at"] = account.now()
    invoice["hosted_invoice_url"] = f"{account.base_url}/invoices/{invoice['id']}"
    invoice["invoice_pdf"] = f"{account.base_url}/invoices/{invoice['id']}.pdf"
    tell(account, "invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        _paid(account, invoice)


def attempt(
    account: Account,
    invoice: Thing,
    method: str,
    *,
    present: bool = False,
    authenticated: bool = False,
    said: str | None = None,
) -> str:
    """Try to take what is due; "" where it was paid, else what the bank said (``said``, where it has been
    asked already)."""
    intent = intent_of(account, invoice)
    invoice["attempted"] = True
    if not method:
        return "no_payment_method"
    if said is None:
        said = verdict(account, invoice["customer"], method, present=present, authenticated=authenticated)
    charge(account, intent, method, said, invoice=invoice["id"])
    if said:
        return said
    invoice["attempt_count"] += 1
    payment = _payment_of(account, invoice)
    payment["status"] = "paid"
    payment["amount_paid"] = invoice["amount_due"]
    payment["status_transitions"]["paid_at"] = account.now()
    invoice["amount_paid"] = invoice["amount_due"]
    _paid(account, invoice)
    return ""


def intent_of(account: Account, invoice: Thing) -> Thing:
    """The intent by which it is paid: one, however often it is tried."""
    payment = _payment_of(account, invoice)
    if payment:
        return account.intents[payment["payment"]["payment_intent"]]
    intent = new_intent(account, invoice["amount_due"], invoice["currency"], invoice["customer"], {})
    made = account.base("inpay", "invoice_payment") | {
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    account.add("invoice_payments", made)
    return intent


def _payment_of(account: Account, invoice: Thing) -> Thing:
    found = [each for each in account.invoice_payments.values() if each["invoice"] == invoice["id"]]
    return found[-1] if found else {}


def _paid(account: Account, invoice: Thing) -> None:
    invoice["status"] = "paid"
    invoice["attempted"] = True
    invoice["amount_remaining"] = 0
    invoice["next_payment_attempt"] = None
    invoice["status_transitions"]["paid_at"] = account.now()
    tell(account, "invoice.paid", invoice)


def failed(account: Account, invoice: Thing, said: str, again: int | None) -> None:
    """Note a try in vain, and when the next one is."""
    invoice["attempt_count"] += 1
    invoice["next_payment_attempt"] = again
    if said == AUTHENTICATE:
        tell(account, "invoice.payment_action_required", invoice)
    tell(account, "invoice.payment_failed", invoice)


def void(account: Account, invoice: Thing) -> None:
    invoice["status"] = "void"
    invoice["next_payment_attempt"] = None
    invoice["auto_advance"] = False
    invoice["status_transitions"]["voided_at"] = account.now()
    tell(account, "invoice.voided", invoice)


def write_off(account: Account, invoice: Thing) -> None:
    invoice["status"] = "uncollectible"
    invoice["next_payment_attempt"] = None
    invoice["status_transitions"]["marked_uncollectible_at"] = account.now()
    tell(account, "invoice.marked_uncollectible", invoice)


def open_of(account: Account, subscription: str) -> list[Thing]:
    return [each for each in of(account, subscription) if each["status"] == "open"]


def of(account: Account, subscription: str) -> list[Thing]:
    return [
        invoice
        for invoice in account.invoices.values()
        if invoice["parent"]["subscription_details"]["subscription"] == subscription
    ]
