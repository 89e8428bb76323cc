"""What Stripe's errors mean: one table from the library's exceptions to ours, with a way out.

Source: https://docs.stripe.com/api/errors, https://docs.stripe.com/error-low-level and
https://docs.stripe.com/api/idempotent_requests. A 4xx is a refusal before anything was done, but for 409
(the same key is at work) and for a key that was used with other parameters: there the first call may have
done it. A 429 was turned away at the door. A 5xx, and no answer, is unknown.
"""

from __future__ import annotations

import stripe

from ...exceptions import (
    AlreadyExists,
    Busy,
    ConfigurationError,
    NotFound,
    OutcomeUnknown,
    Refused,
)
from ..transport import Answer, Lost

# What is in no place: a thing of the catalogue that `payments_plans push` makes.
_CATALOGUE = ("price", "plan", "line_items", "items")


class OutOfTime(Busy):
    """The time budget is spent: the call was not begun, nothing was sent. Try again later."""

    sent: bool = False

    def __init__(self, service: str) -> None:
        self.service = service
        super().__init__(f"no time left for {service}: the call was not begun")


class NoAnswer(stripe.APIConnectionError):
    """No whole answer came, or one that is not Stripe's. ``told`` is what there is of it."""

    def __init__(self, reason: str, told: Answer | Lost) -> None:
        self.told = told
        super().__init__(reason)  # type: ignore[no-untyped-call]


def meaning(service: str, error: stripe.StripeError) -> Exception:
    """Ours for theirs. The message is Stripe's code, never its text: that repeats what was sent."""
    if isinstance(error, NoAnswer):
        return _unknown(service, str(error.user_message), error.told, sent=error.told.sent)
    status, code = error.http_status, _code(error)
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        return ConfigurationError(
            f"Stripe does not accept the key for {service} (HTTP {status})",
            hint="Check API_KEY: of the right account, live or test, and with the permissions it needs.",
            fault="key_environment" if isinstance(error, stripe.AuthenticationError) else "",
        )
    told = Answer(status or 0, b"", error.headers or {})
    if isinstance(error, stripe.RateLimitError):
        return _unknown(service, "Stripe asks to slow down", told, code=code, sent=False)
    if isinstance(error, stripe.IdempotencyError) or status == 409 or status is None or status >= 500:
        return _unknown(service, f"no usable answer (HTTP {status})", told, code=code)
    return _refusal(service, error, code)


def _refusal(service: str, error: stripe.StripeError, code: str) -> Exception:
    parameter = str(getattr(error, "param", None) or "")
    said = f"{service}: {code or 'refused'}" + (f" ({parameter})" if parameter else "")
    if code == "resource_missing" and parameter.startswith(_CATALOGUE):
        return ConfigurationError(
            f"Stripe does not know the price ({said})",
            hint="Make the prices with: manage.py payments_plans push",
        )
    kind = _KINDS.get(code, Refused)
    if error.http_status == 404:
        kind = NotFound
    return kind(said, code=code, service=service, http_status=error.http_status)


_KINDS: dict[str, type[Refused]] = {
    "resource_missing": NotFound,
    "resource_already_exists": AlreadyExists,
}


def _code(error: stripe.StripeError) -> str:
    """The bank's own word for a decline, else Stripe's code."""
    told = getattr(error.error, "decline_code", None) if error.error is not None else None
    return str(told or error.code or "")


def _unknown(
    service: str, message: str, told: Answer | Lost, *, code: str = "", sent: bool = True
) -> OutcomeUnknown:
    status = (told.status or None) if isinstance(told, Answer) else None
    error = OutcomeUnknown(f"{service}: {message}", code=code, service=service, http_status=status)
    error.sent, error.is_outage, error.wait = sent, told.is_outage, told.wait
    return error
