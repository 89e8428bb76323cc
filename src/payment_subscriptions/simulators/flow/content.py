"""Answers that say something else than what is true, or say it differently."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import cast

from ..faults import Fault
from .formats import Json

_AMOUNTS = {"amount", "fee", "balance", "conversionRate", "discount_balance", "taxes"}
Change = Callable[[Json, Fault], Json]


def changed(body: Json, fault: Fault) -> Json:
    return _CHANGES[fault.kind](body, fault)


def _walk(value: object, each: Callable[[Json], Json]) -> object:
    if isinstance(value, dict):
        return each({name: _walk(inner, each) for name, inner in value.items()})
    if isinstance(value, list):
        return [_walk(inner, each) for inner in value]
    return value


def _everywhere(body: Json, each: Callable[[Json], Json]) -> Json:
    return cast(Json, _walk(body, each))


def _still_pending(body: Json, fault: Fault) -> Json:
    data = body.get("paymentData")
    empty = dict.fromkeys(data) if isinstance(data, dict) else None
    return body | {"status": 1, "paymentData": empty}


def _as_string(value: object) -> object:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{value}" if is_number else value


def _as_number(value: object) -> object:
    if not isinstance(value, str):
        return value
    number = float(value)
    return int(number) if number.is_integer() else number


def _amounts(change: Callable[[object], object]) -> Change:
    def each(level: Json) -> Json:
        return {k: change(v) if k in _AMOUNTS else v for k, v in level.items()}

    return lambda body, fault: _everywhere(body, each)


def _unknown_fields(body: Json, fault: Fault) -> Json:
    return _everywhere(body, lambda level: level | {"futureField": {"nested": [1, "two", None]}})


def _absent_nulls(body: Json, fault: Fault) -> Json:
    return _everywhere(body, lambda level: {k: v for k, v in level.items() if v is not None})


def _without(body: Json, fault: Fault) -> Json:
    names = cast(Collection[str], fault.options["fields"])
    return {k: v for k, v in body.items() if k not in names}


def _set(body: Json, fault: Fault) -> Json:
    return body | dict(cast(Mapping[str, object], fault.options["fields"]))


def _optional_as_object(body: Json, fault: Fault) -> Json:
    text = body.get("optional")
    return body | {"optional": json.loads(text)} if isinstance(text, str) else body


def _not_yet_registered(body: Json, fault: Fault) -> Json:
    empty: Json = dict.fromkeys(("creditCardType", "last4CardDigits", "cardNumber", "issuerBank"))
    return body | empty | {"status": "0"}


_CHANGES: dict[str, Change] = {
    "still_pending": _still_pending,
    "status": lambda body, fault: body | {"status": fault.options["value"]},
    "status_as_string": lambda body, fault: body | {"status": str(body.get("status"))},
    "other_amount": lambda body, fault: body | {"amount": fault.options["amount"]},
    "other_currency": lambda body, fault: body | {"currency": fault.options["currency"]},
    "other_order": lambda body, fault: body | {"commerceOrder": fault.options["order"]},
    "amounts_as_strings": _amounts(_as_string),
    "amounts_as_numbers": _amounts(_as_number),
    "unknown_fields": _unknown_fields,
    "absent_nulls": _absent_nulls,
    "without": _without,
    "set": _set,
    "null_payment_data": lambda body, fault: body | {"paymentData": None},
    "optional_as_object": _optional_as_object,
    "has_more_bool": lambda body, fault: body | {"hasMore": bool(body.get("hasMore"))},
    "has_more_int": lambda body, fault: body | {"hasMore": int(bool(body.get("hasMore")))},
    "not_yet_registered": _not_yet_registered,
    "issuer_bank_null": lambda body, fault: body | {"issuerBank": None},
}
