"""Every kind of fault that this Flow can be told to have."""

from __future__ import annotations

from ..faults import CALLBACK, TOKENS, TRANSPORT, Kind

ANSWERS: dict[str, Kind] = {
    "error": Kind(
        "before", "Flow's error shape with any code and message",
        {"code": 999999, "message": "Scripted error", "status": 400, "code_as_string": False},
    ),
    "error_without_code": Kind("before", "an error body without code and message", {"status": 400}),
    "invalid_signature": Kind("before", "108 though the signature is right"),
    "api_key_not_found": Kind("before", "501 though the key is right"),
    "callback_before_answer": Kind(
        "after", "the plan's urlCallback is called for the first charge, before the create answers"
    ),
}  # fmt: skip

CONTENT: dict[str, Kind] = {
    "still_pending": Kind("content", "an order's status is still 1 and its payment empty"),
    "status": Kind("content", "the status is another one", {"value": 1}),
    "status_as_string": Kind("content", "the status is a string"),
    "other_amount": Kind("content", "the amount is not the one ordered", {"amount": "1"}),
    "other_currency": Kind("content", "the currency is not the one ordered", {"currency": "USD"}),
    "other_order": Kind("content", "commerceOrder is not the one ordered", {"order": "another-order"}),
    "amounts_as_strings": Kind("content", "every amount is a string"),
    "amounts_as_numbers": Kind("content", "every amount is a number, as the documents say"),
    "unknown_fields": Kind("content", "fields nobody has documented, at every level"),
    "absent_nulls": Kind("content", "fields that would be null are absent"),
    "without": Kind("content", "these fields are absent", {"fields": ["period_end"]}),
    "set": Kind("content", "these fields have these values", {"fields": {}}),
    "null_payment_data": Kind("content", "paymentData is null"),
    "optional_as_object": Kind("content", "optional is an object instead of a JSON string"),
    "has_more_bool": Kind("content", "hasMore is true or false"),
    "has_more_int": Kind("content", "hasMore is 1 or 0"),
    "not_yet_registered": Kind("content", 'a card\'s enrolment is not to be seen yet: status "0"'),
    "issuer_bank_null": Kind("content", "issuerBank is null"),
}

CHARGES: dict[str, Kind] = {
    "decline": Kind("charge", "the bank refuses, with this payment-attempt code", {"code": -6}),
}

KINDS: dict[str, Kind] = {**TRANSPORT, **ANSWERS, **CONTENT, **CALLBACK, **TOKENS, **CHARGES}
