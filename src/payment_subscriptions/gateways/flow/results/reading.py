"""From Flow's JSON to our dataclasses, driven by the type of each field.

Flow documents one type and sends another: numbers as text, text as numbers, 1/0 for true and
false, null, nothing, ``optional`` as an object or as JSON in a string. So: a field without a
default must be there and readable, or the whole answer is Malformed; any other field that is
absent or unreadable is None (its original stays in ``raw``). Unknown fields are ignored.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any, Generic, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

from . import values

log = logging.getLogger("payment_subscriptions.flow")

R = TypeVar("R", bound="Result")

WIRE_NAMES: dict[str, tuple[str, ...]] = {
    # Flow's spelling is the API; ours is English. Should Flow mend one, the plain name is read too.
    "attempt_count": ("attemp_count",),
    "attempted": ("attemped",),
    "next_attempt_date": ("next_attemp_date",),
    "charge_attempts": ("chargeAttemps",),
    "payment_result": ("paymenResult",),
    "redemptions": ("redemtions",),
    "authorization_code": ("autorizationCode",),
    "acquirer_code": ("medioCode",),
    "card_last4": ("cardLast4Numbers",),
    "card_last4_digits": ("last4CardDigits",),
    "card_type": ("creditCardType",),
    "created_date": ("createdDate", "createdate"),
    "verified_date": ("verifydate",),
    "url_callback": ("urlCallback", "urlCallBack"),
    "refund_order": ("flowRefundOrder",),
    # Until August 2026 a subscription called its items planAdditionalList.
    "items": ("items", "planAdditionalList"),
}


class Malformed(ValueError):
    """The answer lacks what it must have; the message names the field, never its value."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What every answer has: ``raw``, the object as Flow sent it (it may hold tokens)."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Page(Generic[R]):
    """One page of a list: ``total`` in all (None if not told) and whether more follow."""

    data: tuple[R, ...]
    total: int | None
    has_more: bool | None


def hidden() -> Any:
    """An optional field that repr() does not show: it names a person, a card or a token."""
    return field(default=None, repr=False)


def read(cls: type[R], value: object) -> R:
    """``value`` as a ``cls``, or Malformed."""
    if not isinstance(value, Mapping):
        raise Malformed(f"{cls.__name__} is no object")
    columns = _columns(cast(Any, cls))
    found = {column.name: column.read_from(value, cls.__name__) for column in columns}
    return cls(raw=value, **found)


def read_all(cls: type[R], value: object) -> tuple[R, ...]:
    """A JSON array of ``cls``; PHP's arrays with gaps, which become objects, are taken too."""
    if isinstance(value, Mapping) and all(name.isdigit() for name in value):
        value = list(value.values())
    if not isinstance(value, list):
        raise Malformed(f"no list of {cls.__name__}")
    return tuple(read(cls, row) for row in value)


def read_page(cls: type[R], value: object) -> Page[R]:
    """Flow's List: {total, hasMore, data}."""
    if not isinstance(value, Mapping) or "data" not in value:
        raise Malformed(f"no page of {cls.__name__}")
    data = read_all(cls, value["data"] or [])
    return Page(data, values.whole(value.get("total")), values.flag(value.get("hasMore")))


class _Column(NamedTuple):
    name: str
    wire_names: tuple[str, ...]
    convert: Callable[[object], object]
    required: bool
    absent: object

    def read_from(self, source: Mapping[str, Any], owner: str) -> object:
        sent = next((source[name] for name in self.wire_names if source.get(name) is not None), None)
        found = None if sent is None else self._converted(sent, owner)
        if self.required and found in (None, ""):
            raise Malformed(f"{owner} has no usable {self.wire_names[0]}")
        return self.absent if found is None else found

    def _converted(self, sent: object, owner: str) -> object:
        try:
            found = self.convert(sent)
        except Malformed:
            if self.absent == ():  # a row of a list must never vanish unseen
                raise
            found = None
        if found is None and sent not in ("", [], {}):
            log.debug("%s.%s of Flow could not be read", owner, self.wire_names[0])
        return found


@cache
def _columns(cls: Any) -> tuple[_Column, ...]:
    hints = get_type_hints(cls)
    return tuple(
        _Column(
            name=each.name,
            wire_names=_wire_names(each.name),
            convert=_converter(hints[each.name]),
            required=each.default is MISSING,
            absent=() if each.default == () else None,
        )
        for each in fields(cls)
        if each.name != "raw"
    )


def _wire_names(name: str) -> tuple[str, ...]:
    first, *rest = name.split("_")
    camel = first + "".join(part.capitalize() for part in rest)
    return tuple(dict.fromkeys((*WIRE_NAMES.get(name, ()), camel, name)))


_CONVERTERS: dict[Any, Callable[[object], object]] = {
    str: values.words,
    int: values.whole,
    Decimal: values.decimal,
    bool: values.flag,
    datetime: values.moment,
    date: values.day,
    Any: values.json_value,
}


def _converter(hint: Any) -> Callable[[object], object]:
    kinds: list[Any] = [kind for kind in get_args(hint) if kind is not type(None)]
    if get_origin(hint) is tuple:
        return partial(read_all, kinds[0])
    kind: Any = kinds[0] if kinds else hint
    if kind not in _CONVERTERS:
        return partial(read, kind)
    return _CONVERTERS[kind]
