"""What is given back of a charge. https://docs.stripe.com/refunds"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import books
from .events import tell

if TYPE_CHECKING:
    from .account import Account, Thing


def refund(account: Account, charge: Thing, amount: int, metadata: Thing, status: str) -> Thing:
    made = account.base("re", "refund") | {
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "metadata": dict(metadata),
        "payment_intent": charge["payment_intent"],
        "reason": None,
        "receipt_number": None,
        "status": status,
    }
    made.pop("livemode")
    account.add("refunds", made)
    tell(account, "refund.created", made)
    _give_back(account, charge, amount)
    return made


def _give_back(account: Account, charge: Thing, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] >= charge["amount"]
    books.book(account, charge, books.GIVEN_BACK, amount)
    tell(account, "charge.refunded", charge)


def settle(account: Account, made: Thing, *, succeeded: bool) -> None:
    """A pending refund arrives, or fails and comes back to the account."""
    made["status"] = "succeeded" if succeeded else "failed"
    if not succeeded:
        _come_back(account, made)
        tell(account, "refund.failed", made)
    tell(account, "refund.updated", made)


def cancel(account: Account, made: Thing) -> None:
    made["status"] = "canceled"
    _come_back(account, made)
    tell(account, "refund.updated", made)


def _come_back(account: Account, made: Thing) -> None:
    charge = account.charges[made["charge"]]
    charge["amount_refunded"] -= made["amount"]
    charge["refunded"] = False
    books.book(account, charge, books.GIVEN_BACK, -made["amount"])
