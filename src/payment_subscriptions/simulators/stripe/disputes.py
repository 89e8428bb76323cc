"""A payer takes a charge back through their bank. https://docs.stripe.com/disputes"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import books
from .events import tell

if TYPE_CHECKING:
    from .account import Account, Thing


def open_one(account: Account, charge: Thing) -> Thing:
    charge["disputed"] = True
    dispute = account.base("du", "dispute") | {
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": account.now() + 7 * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }
    account.add("disputes", dispute)
    books.book(account, charge, books.DISPUTED, charge["amount"])
    tell(account, "charge.dispute.created", dispute)
    tell(account, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def answer(account: Account, dispute: Thing, evidence: Thing, *, submit: bool) -> None:
    """Evidence is kept, and goes to the bank unless it is only to be staged."""
    details = dispute["evidence_details"]
    dispute["evidence"] |= evidence
    details["has_evidence"] = details["has_evidence"] or bool(evidence)
    if submit and details["has_evidence"]:
        details["submission_count"] += 1
        dispute["status"] = "under_review"
    tell(account, "charge.dispute.updated", dispute)


def close(account: Account, dispute: Thing, *, won: bool) -> None:
    dispute["status"] = "won" if won else "lost"
    tell(account, "charge.dispute.closed", dispute)
    if won:
        tell(account, "charge.dispute.funds_reinstated", dispute)
