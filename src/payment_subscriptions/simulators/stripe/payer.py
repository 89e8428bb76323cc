"""What payers do on Stripe's pages, and what is done in the dashboard behind the merchant's back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import billing, discounts, invoicing, money
from .cards import CARDS, card, digits
from .charging import AUTHENTICATE, charge, fail_authentication, new_intent, new_method, verdict
from .errors import ApiError
from .events import tell

if TYPE_CHECKING:
    from .account import Account, Thing


class NotPossible(ValueError):
    """The page says no: why, in Stripe's code, and in words for who presses its buttons from outside."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        super().__init__(message or f"not possible: {code}")


def number_of(typed: str) -> str:
    """Its digits. Raises NotPossible for a card that is none of Stripe's: https://docs.stripe.com/testing"""
    if card(typed) is None:
        raise NotPossible(
            "test_mode_live_card", f"…{typed[-4:]} is no test card of Stripe's: see docs.stripe.com/testing"
        )
    return digits(typed)


# --- Checkout ---------------------------------------------------------------------------------------


def use_code(account: Account, session: Thing, text: str) -> None:
    """Type a promotion code on the page."""
    if not session["allow_promotion_codes"]:
        raise NotPossible("no_promotion_codes")
    found = [
        code for code in account.promotion_codes.values() if code["code"].lower() == text.lower().strip()
    ]
    if not found or not discounts.is_given(account, found[0], session["currency"]):
        raise NotPossible("promotion_code_invalid")
    off = discounts.taken_off(discounts.coupon_of(account, found[0]), session["amount_subtotal"])
    if money.is_too_small(session["amount_subtotal"] - off, session["currency"]):
        raise NotPossible("amount_too_small")
    discount(account, session, found[0])


def discount(account: Account, session: Thing, code: Thing) -> None:
    """The page asks for less."""
    off = discounts.taken_off(discounts.coupon_of(account, code), session["amount_subtotal"])
    account.private[session["id"]]["code"] = code
    session["amount_total"] = session["amount_subtotal"] - off
    session["total_details"]["amount_discount"] = off
    session["discounts"] = [{"coupon": code["promotion"]["coupon"], "promotion_code": code["id"]}]


def pay_session(account: Account, session: Thing, number: str, *, authenticated: bool = False) -> str:
    """Enter a card and pay: "" where it went through, AUTHENTICATE where the bank wants to see the payer
    first, else the bank's word for no. Raises NotPossible for a page that is not open, or no test card."""
    if session["status"] != "open":
        raise NotPossible(session["status"])
    method = new_method(account, number_of(number))
    method["customer"] = session["customer"]
    pay = _pay_once if session["mode"] == "payment" else _subscribe
    said = pay(account, session, method["id"], authenticated)
    if not said:
        _complete(account, session)
    return said


def _pay_once(account: Account, session: Thing, method: str, authenticated: bool) -> str:
    if session["amount_total"] == 0:
        session["payment_status"] = "no_payment_required"
        return ""
    intent = _intent(account, session)
    said = verdict(account, session["customer"], method, present=True, authenticated=authenticated)
    charge(account, intent, method, said)
    if not said:
        session["payment_intent"] = intent["id"]
        session["payment_status"] = "paid"
    return said


def _intent(account: Account, session: Thing) -> Thing:
    """One for the page, however often it is tried."""
    private = account.private[session["id"]]
    if "intent" not in private:
        private["intent"] = new_intent(
            account, session["amount_total"], session["currency"], session["customer"], private["metadata"]
        )
    private["intent"]["amount"] = session["amount_total"]
    found: Thing = private["intent"]
    return found


def _subscribe(account: Account, session: Thing, method: str, authenticated: bool) -> str:
    """Declined on the page, nothing is made: its payer tries again there."""
    private = account.private[session["id"]]
    saved_only = private["trial_days"] > 0 or session["amount_total"] == 0
    said = verdict(account, session["customer"], method, present=True, authenticated=authenticated)
    if saved_only and CARDS[account.private[method]["number"]].attaches:
        said = ""
    if said:
        if not saved_only:
            charge(account, _intent(account, session), method, said)
        return said
    subscription = billing.new_subscription(
        account, session["customer"], private["price"], private["quantity"], private["metadata"],
        trial_days=private["trial_days"],
    )  # fmt: skip
    subscription["default_payment_method"] = method
    coupon = _redeem(account, session, subscription)
    invoice = billing.first_bill(account, subscription, coupon)
    subscription["latest_invoice"] = invoice["id"]
    billing.begin(account, subscription)
    invoicing.keep(account, invoice)
    invoicing.finalize(account, invoice)
    if invoice["status"] == "open":
        if "intent" in private:
            invoicing.pay_by(account, invoice, private["intent"])
        invoicing.attempt(account, invoice, method, said="")
    session |= {"subscription": subscription["id"], "invoice": invoice["id"], "payment_status": "paid"}
    if saved_only:
        session["payment_status"] = "no_payment_required"
    return ""


def refuse_session(account: Account, session: Thing) -> None:
    """The payer does not prove to their bank who they are; the page stays."""
    intent = account.private[session["id"]].get("intent")
    if session["status"] == "open" and intent and intent["status"] == "requires_action":
        fail_authentication(account, intent)


def _redeem(account: Account, session: Thing, subscription: Thing) -> Thing | None:
    code = account.private[session["id"]].get("code")
    if code is None:
        return None
    discounts.redeem(account, code)
    coupon = discounts.coupon_of(account, code)
    made = account.base("di", "discount") | {
        "customer": session["customer"],
        "promotion_code": code["id"],
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": account.now(),
        "end": None,
        "subscription": subscription["id"],
    }
    for name in ("created", "livemode"):
        made.pop(name)
    account.add("discounts", made)
    subscription["discounts"] = [made["id"]]
    account.private[subscription["id"]] = {"coupon": coupon}
    return coupon


def _complete(account: Account, session: Thing) -> None:
    session["status"] = "complete"
    session["url"] = None
    tell(account, "checkout.session.completed", session)


def expire(account: Account, session: Thing) -> None:
    session["status"] = "expired"
    session["url"] = None
    tell(account, "checkout.session.expired", session)


# --- a card, a bill -----------------------------------------------------------------------------------


def change_card(account: Account, customer: Thing, number: str) -> None:
    """In the portal: the new card is the customer's default. Raises NotPossible where it cannot be saved."""
    number = number_of(number)
    found = CARDS[number]
    if found.decline and not found.attaches:
        raise NotPossible(found.decline)
    method = new_method(account, number)
    method["customer"] = customer["id"]
    customer["invoice_settings"]["default_payment_method"] = method["id"]
    tell(account, "customer.updated", customer)


def pay_invoice(
    account: Account, invoice: Thing, number: str = "", *, present: bool = True, authenticated: bool = False
) -> str:
    """On the bill's own page, by another card (``number``) or the one on file."""
    if invoice["status"] != "open":
        raise NotPossible(invoice["status"])
    subscription = account.subscriptions[invoice["parent"]["subscription_details"]["subscription"]]
    method = (
        new_method(account, number_of(number))["id"] if number else billing.method_of(account, subscription)
    )
    if number:
        account.methods[method]["customer"] = invoice["customer"]
    said = invoicing.attempt(account, invoice, method, present=present, authenticated=authenticated)
    if not said:
        if number:
            subscription["default_payment_method"] = method
        billing.recovered(account, subscription)
    elif said != AUTHENTICATE:
        invoicing.failed(account, invoice, said)
    return said


def refuse_invoice(account: Account, invoice: Thing) -> None:
    """As ``refuse_session``, for a bill."""
    intent = invoicing.intent_of(account, invoice)
    if invoice["status"] == "open" and intent["status"] == "requires_action":
        fail_authentication(account, intent)
        invoicing.failed(account, invoice, intent["last_payment_error"]["code"])


# --- in the dashboard ---------------------------------------------------------------------------------


def cancel_subscription(account: Account, subscription: Thing, *, at_period_end: bool = False) -> None:
    if subscription["status"] == "canceled":
        raise ApiError("It is canceled already")
    if at_period_end:
        billing.set_cancel_at_period_end(account, subscription, True)
        tell(account, "customer.subscription.updated", subscription)
    else:
        billing.end_now(account, subscription, "cancellation_requested")
