"""One try to take money: a card, what its bank says, the charge and the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import books, disputes
from .cards import CARDS, TestCard
from .events import tell

if TYPE_CHECKING:
    from .account import Account, Thing

AUTHENTICATE = "authentication_required"


def new_method(account: Account, number: str, *, month: int = 12, year: int = 2034) -> Thing:
    """A card as Stripe keeps it; the number itself is shown to nobody."""
    card = CARDS[number]
    method = account.base("pm", "payment_method") | {
        "type": "card",
        "customer": None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "allow_redisplay": "limited",
        "metadata": {},
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": number[-4:] * 4,
            "funding": "credit",
            "generated_from": None,
            "last4": number[-4:],
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
    }
    account.private[method["id"]] = {"number": number}
    return account.add("methods", method)


def card_of(account: Account, method: str) -> TestCard:
    return CARDS[account.private[method]["number"]]


def new_intent(account: Account, amount: int, currency: str, customer: str, metadata: Thing) -> Thing:
    intent = account.base("pi", "payment_intent") | {
        "amount": amount,
        "amount_received": 0,
        "currency": currency,
        "customer": customer,
        "latest_charge": None,
        "last_payment_error": None,
        "metadata": dict(metadata),
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }
    account.add("intents", intent)
    tell(account, "payment_intent.created", intent)
    return intent


def verdict(account: Account, customer: str, method: str, *, present: bool, authenticated: bool) -> str:
    """What the bank says: "" for yes, AUTHENTICATE, or a decline code. ``present``: the payer is there."""
    card = card_of(account, method)
    scripted = account.faults.take("charge", {"charge"}, {"customer": customer})
    if scripted and scripted.kind == "decline":
        return scripted.text("code")
    asks = card.authenticate == "always" or (card.authenticate == "once" and present)
    if (asks or (scripted and scripted.kind == "authenticate")) and not authenticated:
        return AUTHENTICATE
    return card.decline


def charge(account: Account, intent: Thing, method: str, said: str, *, invoice: str = "") -> Thing | None:
    """Note what the bank said of an intent; the charge, or None where the payer has to show themselves."""
    intent["payment_method"] = method
    if said == AUTHENTICATE:
        intent["status"] = "requires_action"
        intent["last_payment_error"] = {"type": "card_error", "code": AUTHENTICATE}
        tell(account, "payment_intent.requires_action", intent)
        return None
    made = _new_charge(account, intent, method, said)
    intent["latest_charge"] = made["id"]
    paid = not said
    intent["status"] = "succeeded" if paid else "requires_payment_method"
    intent["amount_received"] = intent["amount"] if paid else 0
    intent["last_payment_error"] = None if paid else _error_of(made)
    account.books.entries.append(
        books.Entry(
            account.clock.now(),
            books.TAKEN if paid else books.DECLINED,
            intent["amount"],
            intent["currency"],
            made["payment_method_details"]["card"]["last4"],
            intent["customer"] or "",
            intent["id"],
            invoice,
            said,
        )
    )
    tell(account, "charge.succeeded" if paid else "charge.failed", made)
    tell(account, "payment_intent.succeeded" if paid else "payment_intent.payment_failed", intent)
    if paid and card_of(account, method).disputed:
        disputes.open_one(account, made)
    return made


def fail_authentication(account: Account, intent: Thing) -> None:
    """The payer was asked, and did not prove who they are: no charge, and another card may be tried."""
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["last_payment_error"] = {
        "type": "invalid_request_error",
        "code": "payment_intent_authentication_failure",
        "message": "The provided PaymentMethod has failed authentication.",
    }
    tell(account, "payment_intent.payment_failed", intent)


def _error_of(charge: Thing) -> Thing:
    return {
        "type": "card_error",
        "code": charge["failure_code"],
        "decline_code": charge["outcome"]["reason"],
        "message": charge["failure_message"],
    }


def _new_charge(account: Account, intent: Thing, method: str, said: str) -> Thing:
    card = account.methods[method]["card"]
    code = card_of(account, method).code if said else None
    code = code if said == card_of(account, method).decline else ("card_declined" if said else None)
    outcome = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if said else "approved_by_network",
        "reason": said or None,
        "risk_level": "normal",
        "seller_message": "The bank declined the payment." if said else "Payment complete.",
        "type": "issuer_declined" if said else "authorized",
    }
    made = account.base("ch", "charge")
    made |= {
        "amount": intent["amount"],
        "amount_captured": 0 if said else intent["amount"],
        "amount_refunded": 0,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "captured": not said,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": None,
        "disputed": False,
        "failure_code": code,
        "failure_message": "Your card was declined." if said else None,
        "metadata": dict(intent["metadata"]),
        "outcome": outcome,
        "paid": not said,
        "payment_intent": intent["id"],
        "payment_method": method,
        "payment_method_details": {
            "type": "card",
            "card": {name: card[name] for name in ("brand", "country", "exp_month", "exp_year", "last4")},
        },
        "receipt_url": None if said else f"{account.base_url}/receipts/{made['id']}",
        "refunded": False,
        "status": "failed" if said else "succeeded",
    }
    return account.add("charges", made)
