"""The signature, against Flow's examples and against a second implementation of Flow's text."""

from __future__ import annotations

import hashlib
import hmac
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payment_subscriptions.exceptions import BadRequest
from payment_subscriptions.gateways.flow.signature import sign, text, wire

EXAMPLE: dict[str, Any] = {"apiKey": "XXXX-XXXX-XXXX", "currency": "CLP", "amount": 5000}
ACCENTS = {**EXAMPLE, "email": "josé+1@correo.cl", "subject": "Año 1"}

VECTORS = [
    (EXAMPLE, "canonical", "a7d0d1fab7093d4f806b7772d13a9a7dd741cdc0772b616cbd7e3f6d70fab714"),
    (ACCENTS, "canonical", "70df895067ec4eeb5d512f7a5965ea9d5b720e5f0e702c79b5acc945868510de"),
    (EXAMPLE, "legacy", "056602d8c9b2eb7ecd899f5936b0b5de01736114dd72f5b2919724707dad8424"),
]


@pytest.mark.parametrize(("params", "style", "expected"), VECTORS)
def test_vectors(params: dict[str, Any], style: Any, expected: str) -> None:
    assert sign(params, "SECRET", style=style) == expected


def test_an_email_with_plus_and_accents_is_signed_as_it_is() -> None:
    """The recipe joined k=v by &, and encoded some before it signed: such payers were refused."""
    assert wire(ACCENTS)["email"] == "josé+1@correo.cl"
    assert sign(ACCENTS, "SECRET") == VECTORS[1][2]


def by_flows_text(params: dict[str, Any], secret: str) -> str:
    """Sort by name; join name and value of each, nothing between; HMAC-SHA256; hex."""
    joined = b""
    for name in sorted(name.encode("utf-8") for name in params):
        value = params[name.decode("utf-8")]
        if value is None:
            continue
        joined += name + (value if isinstance(value, str) else str(value)).encode("utf-8")
    return hmac.new(secret.encode("utf-8"), joined, hashlib.sha256).hexdigest()


PIECES = [
    "+",
    "&",
    "=",
    "%2B",
    " ",
    "ñ",
    "€",
    "😀",
    "\n",
    "\x00",
    "A",
    "z",
    "0",
    "s",
    "apiKey",
    "\uffff",
    "\U0001d4b3",
]


def some_text(random: Random, most: int) -> str:
    return "".join(random.choices(PIECES, k=random.randrange(most)))


def some_params(random: Random) -> dict[str, Any]:
    names = {some_text(random, 5) for _ in range(random.randrange(8))} - {"s"}
    kinds = (
        lambda: some_text(random, 6),
        lambda: "",
        lambda: 0,
        lambda: None,
        lambda: random.randrange(-(10**9), 10**9),
    )
    return {name: random.choice(kinds)() for name in names}


def test_ten_thousand_sets() -> None:
    random = Random(20191011)
    for _ in range(10_000):
        params, secret = some_params(random), some_text(random, 10)
        assert sign(params, secret) == by_flows_text(params, secret), params


any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
any_params = st.dictionaries(any_text.filter(lambda name: name != "s"), any_text | st.integers() | st.none())


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(any_params, any_text)
def test_any_set(params: dict[str, Any], secret: str) -> None:
    assert sign(params, secret) == by_flows_text(params, secret)


def test_none_is_dropped_and_zero_and_empty_stay() -> None:
    assert wire({"a": None, "b": 0, "c": ""}) == {"b": "0", "c": ""}
    assert sign({"a": None, "b": 0, "c": ""}, "k") != sign({}, "k")


def test_the_signature_is_no_part_of_what_is_signed() -> None:
    assert sign({**EXAMPLE, "s": "old"}, "SECRET") == VECTORS[0][2]


def test_upper_case_sorts_before_lower_case() -> None:
    assert sign({"b": "1", "B": "2"}, "k") == by_flows_text({"B": "2", "b": "1"}, "k")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5000, "5000"),
        (Decimal(5000), "5000"),
        (Decimal("5000.00"), "5000"),
        (Decimal("5E+3"), "5000"),
        (Decimal("1.7850"), "1.785"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0.0"), "0"),
        (Decimal("-12.50"), "-12.5"),
        (10**20, "100000000000000000000"),
        (True, "1"),
        (False, "0"),
        (date(2026, 7, 5), "2026-07-05"),
        ({"año": [1, None, True]}, '{"año":[1,null,true]}'),
        ({"a": None}, "{}"),
        ([{"amount": Decimal("1.7850")}, {"amount": Decimal("5E3")}], '[{"amount":1.785},{"amount":5000}]'),
        ([{"day": date(2026, 1, 2)}], '[{"day":"2026-01-02"}]'),
        ((1, 2), "[1,2]"),
    ],
)
def test_values_as_text(value: object, expected: str) -> None:
    assert text(value) == expected


@pytest.mark.parametrize("value", [5000.0, datetime(2026, 7, 5), b"x", object(), [1.5], {1, 2}])
def test_values_that_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        text(value)


@pytest.mark.parametrize(
    "value", [Decimal("NaN"), Decimal("Infinity"), [Decimal("0.12345678901234567890123")]]
)
def test_amounts_that_are_none(value: object) -> None:
    with pytest.raises(ValueError, match=r"finite|digits"):
        text(value)


def test_text_that_cannot_be_sent_names_the_field_alone() -> None:
    with pytest.raises(BadRequest, match="subject holds") as caught:
        wire({"subject": "Juan \ud800"})
    assert caught.value.field == "subject"
    assert "Juan" not in str(caught.value)
