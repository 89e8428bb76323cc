"""How Stripe signs an event: the time and the raw body, by each secret of the endpoint.

https://docs.stripe.com/webhooks/signature. Signed anew at each try, with real time: Stripe's own clock is
not moved by a test clock either.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence

from ..delivery import Delivery
from ..faults import Fault

Seal = Callable[[Delivery], dict[str, str]]
PLAIN = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (simulator)"}


def seal(secrets: Sequence[str], *, age: float = 0) -> Seal:
    """The headers of a delivery; several secrets while one is being rolled."""

    def headers(delivery: Delivery) -> dict[str, str]:
        stamp = int(time.time() - age)
        signed = f"{stamp}.{delivery.text}".encode()
        marks = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
        return PLAIN | {"Stripe-Signature": ",".join([f"t={stamp}", *(f"v1={mark}" for mark in marks)])}

    headers.secrets = tuple(secrets)  # type: ignore[attr-defined]
    return headers


def _secrets(delivery: Delivery) -> tuple[str, ...]:
    return getattr(delivery.seal, "secrets", ())


SEALS: Mapping[str, Callable[[Delivery, Fault], Seal]] = {
    "unsigned": lambda delivery, fault: lambda _: dict(PLAIN),
    "wrongly_signed": lambda delivery, fault: seal(["whsec_of_nobody"]),
    "old_timestamp": lambda delivery, fault: seal(_secrets(delivery), age=fault.number("seconds")),
}
