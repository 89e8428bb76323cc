"""Every kind of fault that this Stripe can be told to have."""

from __future__ import annotations

from ..faults import CALLBACK, SIGNATURES, TRANSPORT, Kind

ANSWERS: dict[str, Kind] = {
    "error": Kind(
        "before", "Stripe's error shape with any type, code and status; nothing was done",
        {"type": "api_error", "code": "", "message": "Scripted error", "status": 500},
    ),
    "error_kept": Kind(
        "kept", "done, then an error of Stripe's shape: a repeat with the same idempotency key gets it again",
        {"type": "api_error", "code": "", "message": "Scripted error", "status": 500},
    ),
    "rate_limit": Kind("before", "429: too many requests", {"retry_after": ""}),
    "unknown_key": Kind("before", "401 though the key is right"),
    "key_in_use": Kind("before", "409: a request with the same idempotency key is still at work"),
    "events_before_answer": Kind("after", "the events go out, and are answered, before the call is"),
}  # fmt: skip

CONTENT: dict[str, Kind] = {
    "set": Kind("content", "these fields have these values", {"fields": {}}),
    "without": Kind("content", "these fields are absent", {"fields": []}),
    "unknown_fields": Kind("content", "fields nobody has documented, at every level"),
}

CHARGES: dict[str, Kind] = {
    "decline": Kind("charge", "the bank refuses, with this decline code", {"code": "generic_decline"}),
    "authenticate": Kind("charge", "the bank wants the payer to show who they are"),
    "other_amount": Kind("bill", "another amount is billed than the price says", {"amount": 999}),
}

KINDS: dict[str, Kind] = {**TRANSPORT, **ANSWERS, **CONTENT, **CALLBACK, **SIGNATURES, **CHARGES}
