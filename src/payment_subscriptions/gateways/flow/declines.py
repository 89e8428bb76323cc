"""Why Flow could not charge a card, and whether it is worth trying again.

Flow's codes come with ``lastError.code`` of payment/getStatusExtended and with a failed charge
attempt (Flow's reference, PaymentStatusExtended). The advice is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Retry = Literal["yes", "maybe", "later", "no"]


@dataclass(frozen=True)
class Decline:
    """``retry``: "yes" the same card may pass now, "later" not today, "no" another card is needed."""

    meaning: str
    retry: Retry


DECLINES: dict[str, Decline] = {
    "-1": Decline("invalid card", "no"),
    "-2": Decline("connection error", "yes"),
    "-3": Decline("exceeds the maximum amount", "maybe"),
    "-4": Decline("invalid expiry date", "no"),
    "-5": Decline("authentication problem", "maybe"),
    "-6": Decline("general rejection", "maybe"),
    "-7": Decline("card blocked", "no"),
    "-8": Decline("card expired", "no"),
    "-9": Decline("transaction not supported", "no"),
    "-10": Decline("problem in the transaction", "yes"),
    "-11": Decline("exceeds the retry limit of rejections", "later"),
    "999": Decline("unknown", "maybe"),
}


def decline(code: str | int | None) -> Decline:
    """What a code means. "01" is read as -1, as in Flow's own sample; the unlisted as 999."""
    given = str(code if code is not None else "").strip()
    unsigned = given.removeprefix("-").lstrip("0")
    return DECLINES.get(given) or DECLINES.get(f"-{unsigned}") or DECLINES["999"]
