"""Bills from their draft on: finalized, tried, paid or not. https://docs.stripe.com/invoicing/overview"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .charging import AUTHENTICATE, charge, new_intent, verdict
from .drafts import reckon
from .events import tell

if TYPE_CHECKING:
    from .account import Account, Thing

DAY = 86_400
# Declines after which the same card is not tried again: retries go on being counted, and wait for another.
# https://docs.stripe.com/billing/revenue-recovery/smart-retries#non-retryable-decline-codes
HARD = frozenset(
    {
        "incorrect_number", "lost_card", "pickup_card", "stolen_card", "revocation_of_authorization",
        "revocation_of_all_authorizations", AUTHENTICATE, "highest_risk_level", "transaction_not_allowed",
    }
)  # fmt: skip
NOT_TRIED = "not_tried"


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
    reckon(account, invoice)
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
    automatic: bool = False,
    present: bool = False,
    authenticated: bool = False,
    said: str | None = None,
) -> str:
    """Try to take what is due; "" where it was paid, else what the bank said (``said``, where it has been
    asked already). Any first try counts, later only automatic ones."""
    intent = intent_of(account, invoice)
    invoice["attempt_count"] += 1 if automatic or not invoice["attempted"] else 0
    invoice["attempted"] = True
    if not method:
        return "no_payment_method"
    private = account.private.setdefault(invoice["id"], {})
    if automatic and private.get("hopeless") == method:
        return NOT_TRIED
    if said is None:
        said = verdict(account, invoice["customer"], method, present=present, authenticated=authenticated)
    charge(account, intent, method, said, invoice=invoice["id"])
    if said:
        private["hopeless"] = method if said in HARD else ""
        return said
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
    pay_by(account, invoice, intent)
    return intent


def pay_by(account: Account, invoice: Thing, intent: Thing) -> None:
    """Let it be paid by that intent, which a page may have begun before there was a bill."""
    intent["amount"] = invoice["amount_due"]
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
    tell(account, "invoice.payment_succeeded", invoice)


def failed(account: Account, invoice: Thing, said: str) -> None:
    """Tell of a try in vain."""
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
