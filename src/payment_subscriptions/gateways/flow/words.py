"""Flow's declines and refusals in words for the payer.

The codes of charge attempts are those of Flow's reference ("errorCode" of an attempt); 1620 and
1901 are its API's errors; the last ones are our own reasons, of the strategies and of refunds.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

WORDS: dict[str, Any] = {
    "-1": _("The card is not valid: check its number."),
    "-2": _("There was a connection problem with your bank. Try again."),
    "-3": _("It is more than your card's maximum amount."),
    "-4": _("The card's expiry date is not valid."),
    "-5": _("Your bank could not verify that it is you."),
    "-6": _("Your bank rejected the payment."),
    "-7": _("Your card is blocked. Use another card, or ask your bank."),
    "-8": _("Your card has expired. Use another card."),
    "-9": _("Your card does not allow this kind of payment. Use another card."),
    "-10": _("There was a problem with the transaction. Try again."),
    "-11": _("There were too many attempts. Wait a day, or use another card."),
    "999": _("Your bank rejected the payment and gave no reason. Try again, or use another card."),
    "1620": _("Flow does not accept this e-mail: check how it is written."),
    "1901": _("The amount is below the least that Flow takes."),
    "1990": _("Flow does not take this currency."),
    "expired": _("The time to register the card ran out. Try again."),
    "not_registered": _("The card was not registered. Try again, or use another card."),
    "rejected": _("The bank rejected the payment. Try again, or pay another way."),
    "annulled": _("The payment was called off on Flow's page."),
    "ended": _("The paid period has ended: there is nothing to go on from. Subscribe anew."),
    "not_changed": _("Flow did not make the change."),
    "no_period": _(
        "Nobody knows yet when the paid period ends, so that the change cannot be scheduled. Try again later."
    ),
    "preview_changed": _("What the change costs was no longer what you had seen: look at it once more."),
    "owes": _("A bill of this period is open: pay it first, then go on."),
    "coupon": _("Your coupon cannot be given on: subscribe anew when the paid period ends."),
    "not_reversed": _("Flow did not reverse the charge."),
    "not_paid": _("Flow no longer calls that payment paid: look in its panel."),
}
# What the ways of giving back do, for the operator.
REFUNDS: dict[str, Any] = {
    "reversal": _(
        "Flow reverses the charge on the card at once. Whole charges only, until 14:00 of their day."
    ),
    "offer": _(
        "Flow offers it to the payer by e-mail, and pays it out once they accept and say where to. Until "
        "then nothing moves."
    ),
}
# What an account lacks, for the operator.
ACCOUNT: dict[str, Any] = {
    "7001": _(
        "Flow has no contract for automatic charges (cargo automático) with this account. Ask Flow for it, "
        "or add 'link' to STRATEGIES: payers then pay by a link that Flow mails to them."
    ),
}
# What to do about keys, for the operator.
KEYS: dict[str, Any] = {
    "keys_missing": _(
        "Copy API_KEY and SECRET_KEY from Flow's panel, Mis Datos, Integraciones, to where the settings read "
        "them. The sandbox is an account of its own, with its own keys: sandbox.flow.cl."
    ),
    "key_environment": _(
        "Production (www.flow.cl) and sandbox (sandbox.flow.cl) are two accounts, each with keys of its own. "
        "Copy those of the one that MODE names, both of them, or change MODE."
    ),
    "signature": _(
        "Copy the secret key once more from the page of the API key, Mis Datos, Integraciones: both change "
        "together, and without blanks around. If both are right, look at the option SIGNATURE."
    ),
}
# Those that are about the payer's e-mail.
EMAIL = frozenset({"1620"})


def words_for(code: str, otherwise: str) -> str:
    """The words for a code; ``otherwise`` for "" and for codes that nobody knows."""
    return str(WORDS.get(code, otherwise))
