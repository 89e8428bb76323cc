"""Stripe's declines and refusals in words for the payer.

Codes: https://docs.stripe.com/declines/codes and https://docs.stripe.com/error-codes; the last ones are our
own reasons. What a thief would learn from (stolen, lost, fraudulent) is told as a plain decline, as Stripe
asks for.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

_PLAIN = _("Your bank rejected the payment. Use another card, or ask your bank.")
_AGAIN = _("There was a problem with the transaction. Try again.")
_LIMIT = _("It is more than your card's limit. Use another card.")
_OTHER = _("Your card does not allow this kind of payment. Use another card.")
_NUMBER = _("The card is not valid: check its number.")
_EXPIRY = _("The card's expiry date is not valid.")
_CVC = _("The card's security code is not right.")
_BANK = _("Your bank could not verify that it is you.")

WORDS: dict[str, Any] = {
    "generic_decline": _PLAIN,
    "card_declined": _PLAIN,
    "do_not_honor": _PLAIN,
    "fraudulent": _PLAIN,
    "lost_card": _PLAIN,
    "stolen_card": _PLAIN,
    "pickup_card": _PLAIN,
    "merchant_blacklist": _PLAIN,
    "security_violation": _PLAIN,
    "no_action_taken": _PLAIN,
    "call_issuer": _PLAIN,
    "not_permitted": _PLAIN,
    "transaction_not_allowed": _PLAIN,
    "insufficient_funds": _("There is not enough money on your card. Use another card, or try again later."),
    "card_velocity_exceeded": _LIMIT,
    "withdrawal_count_limit_exceeded": _LIMIT,
    "expired_card": _("Your card has expired. Use another card."),
    "incorrect_cvc": _CVC,
    "invalid_cvc": _CVC,
    "incorrect_number": _NUMBER,
    "invalid_number": _NUMBER,
    "invalid_account": _NUMBER,
    "invalid_expiry_month": _EXPIRY,
    "invalid_expiry_year": _EXPIRY,
    "incorrect_zip": _("The postal code is not that of the card."),
    "card_not_supported": _OTHER,
    "currency_not_supported": _("Your card does not take this currency. Use another card."),
    "restricted_card": _OTHER,
    "revocation_of_authorization": _OTHER,
    "revocation_of_all_authorizations": _OTHER,
    "service_not_allowed": _OTHER,
    "new_account_information_available": _("Your bank gave you a new card. Use that one."),
    "authentication_required": _("Your bank wants to know that it is you: enter the card once more."),
    "subscription_payment_intent_requires_action": _(
        "Your bank wants to know that it is you: enter the card once more."
    ),
    "payment_intent_authentication_failure": _BANK,
    "approve_with_id": _AGAIN,
    "issuer_not_available": _("There was a connection problem with your bank. Try again."),
    "processing_error": _AGAIN,
    "reenter_transaction": _AGAIN,
    "try_again_later": _AGAIN,
    "duplicate_transaction": _("The same amount was charged a moment ago. Wait before you try again."),
    "testmode_decline": _("This is a test card, and real money is asked for. Use another card."),
    "pin_try_exceeded": _("There were too many attempts. Wait a day, or use another card."),
    "email_invalid": _("Stripe does not accept this e-mail: check how it is written."),
    "amount_too_small": _("The amount is below the least that Stripe takes."),
    "amount_too_large": _("The amount is above the most that Stripe takes."),
    "expired": _("The time to pay ran out. Try again."),
    "ended": _("The subscription has ended: there is nothing to go on from. Subscribe anew."),
    "no_subscription": _("The payment service has lost the subscription. Write to us."),
    "preview_changed": _("What the change costs was no longer what you had seen: look at it once more."),
    "not_changed": _("Stripe did not make the change."),
    "charge_already_refunded": _("That payment has been given back already."),
    "not_paid": _("Stripe no longer calls that payment paid: look in its dashboard."),
}
# What the way of giving back does, for the operator.
REFUND = _("Stripe gives it back to the card; the payer sees it in five to ten business days.")
# What to do about the key, for the operator.
KEYS: dict[str, Any] = {
    "keys_missing": _(
        "Copy the secret key (sk_test_..., or sk_live_... for real money) from Stripe's dashboard, "
        "Developers, API keys, to where the settings read API_KEY."
    ),
    "key_environment": _(
        "Test keys begin with sk_test_, live ones with sk_live_: give the one that MODE names, of this "
        "account, and see in Stripe's dashboard that it has not been rolled or deleted."
    ),
}
# Those that are about the payer's e-mail.
EMAIL = frozenset({"email_invalid"})


def words_for(code: str, otherwise: str) -> str:
    """The words for a code; ``otherwise`` for "" and for codes that nobody knows."""
    return str(WORDS.get(code, otherwise))
