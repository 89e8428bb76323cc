"""How this Stripe behaves where its documents leave a choice to the account, or are silent.

Every guess is in docs/simulators/stripe.md, under "Guesses".
"""

from __future__ import annotations

from dataclasses import dataclass

API_KEY = "sk_test_simulator"
API_VERSION = "2026-10-28.endive"


@dataclass
class Options:
    api_key: str = API_KEY
    api_version: str = API_VERSION

    # The life of a subscription: days from one try of a bill to the next, and what follows the last.
    retry_days: tuple[float, ...] = (3.0, 5.0, 7.0)
    after_retries: str = "cancel"  # or "unpaid", or "past_due"
    finalize_seconds: int = 3600

    # Refunds: what one answers with, or "pending", "requires_action", "failed".
    refund_status: str = "succeeded"

    # Idempotency keys are kept for at least a day, Stripe says.
    key_hours: int = 24

    # Events: for a sandbox Stripe tries again three times over a few hours (live, for up to three days), and
    # says of the answer only that it must come quickly. https://docs.stripe.com/webhooks
    callback_deadline: float = 20.0
    callback_retries: tuple[float, ...] = (300.0, 3600.0, 10_800.0)

    # This simulator.
    remote_control: bool = False
    zone: str = "UTC"
