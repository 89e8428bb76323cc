"""How Flow's parameters become text, and how that text is signed.

Flow signs the names and values that are sent, sorted by name, joined by nothing, with
HMAC-SHA256 (Flow's reference, "¿Cómo firmar con su secretKey?"). What is signed must be to
the letter what is sent, so values become text once, here, and both sides use that text.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.views.decorators.debug import sensitive_variables

from ...exceptions import BadRequest

Style = Literal["canonical", "legacy"]
Value = str | int | Decimal | date | Mapping[str, Any] | Sequence[Any] | None


@sensitive_variables()
def sign(params: Mapping[str, Value], secret_key: str, *, style: Style = "canonical") -> str:
    """The lower-case hex signature of ``params``, which include apiKey; ``s`` itself is left out.

    ``None`` is dropped, 0 and "" stay. "canonical" signs ``name1value1name2value2``, Flow's form
    since October 2019; "legacy" signs ``name1=value1&name2=value2``, the form before it, which
    breaks on values with ``+``, ``&`` or ``=``.
    """
    pairs = sorted((name.encode(), value.encode()) for name, value in wire(params).items() if name != "s")
    if style == "legacy":
        message = b"&".join(name + b"=" + value for name, value in pairs)
    else:
        message = b"".join(name + value for name, value in pairs)
    return hmac.new(secret_key.encode(), message, hashlib.sha256).hexdigest()


@sensitive_variables()
def wire(params: Mapping[str, Value]) -> dict[str, str]:
    """The parameters as the text that is signed and sent; those that are None are left out."""
    return {name: _sendable(name, text(value)) for name, value in params.items() if value is not None}


def text(value: object) -> str:
    """One value as Flow reads it.

    Amounts are whole pesos for CLP ("5000", never "5000.0" or "5E+3") and "1.785" for UF; a
    bool is 1 or 0; a day is yyyy-mm-dd; a mapping or a sequence is JSON. A float is refused:
    money is never a float. So is a datetime, for Flow reads no parameter as one.
    """
    match value:
        case str():
            return value
        case bool():
            return str(int(value))
        case int():
            return str(value)
        case Decimal():
            return _number(value)
        case date() if not isinstance(value, datetime):
            return value.isoformat()
        case Mapping() | list() | tuple():
            return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    raise TypeError(f"a parameter of Flow cannot be a {type(value).__name__}")


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("an amount must be a finite number")
    digits = format(value, "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return "0" if digits == "-0" else digits


def _plain(value: object) -> object:
    """The same for what stands inside JSON, where numbers stay numbers."""
    match value:
        case Mapping():
            return {str(name): _plain(inner) for name, inner in value.items() if inner is not None}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case None | bool() | int() | str():
            return value
        case Decimal():
            return _json_number(value)
    return text(value)


def _json_number(value: Decimal) -> int | float:
    """A number whose JSON text is exactly the amount, or an error."""
    digits = _number(value)
    number = float(digits) if "." in digits else int(digits)
    if Decimal(repr(number)) != value:
        raise ValueError("the amount has too many digits for JSON")
    return number


def _sendable(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRequest(f"{name} holds characters that no text has.", field=name) from None
    return value
