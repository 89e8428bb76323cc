"""Money: Decimal with a currency, and the only places where it becomes an integer or a text."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from payment_subscriptions.exceptions import BadRequest
from payment_subscriptions.money import Money, digits, format_money, from_minor, make, to_minor

CURRENCIES = {"CLP": 0, "JPY": 0, "USD": 2, "EUR": 2, "BHD": 3, "CLF": 4}
SMALL = settings(max_examples=60, derandomize=True, deadline=None)


def written_in(currency: str) -> st.SearchStrategy[Decimal]:
    """Amounts that can exist in it, up to twelve digits before the comma."""
    return st.decimals(-(10**12), 10**12, places=CURRENCIES[currency])


def amounts() -> st.SearchStrategy[tuple[Decimal, str]]:
    return st.sampled_from(sorted(CURRENCIES)).flatmap(
        lambda currency: st.tuples(written_in(currency), st.just(currency))
    )


@pytest.mark.parametrize("currency", CURRENCIES)
def test_decimals(currency: str) -> None:
    assert digits(currency) == CURRENCIES[currency]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("5000", "CLP", 5000),
        ("5.00", "USD", 500),
        ("5.000", "BHD", 5000),
        ("1.5", "CLF", 15000),
        ("0", "CLP", 0),
    ],
)
def test_minor_units(amount: str, currency: str, minor: int) -> None:
    assert to_minor(Money(amount, currency)) == minor
    assert from_minor(minor, currency) == Money(amount, currency)


@SMALL
@given(amounts())
def test_to_minor_units_and_back_is_the_same_money(money: tuple[Decimal, str]) -> None:
    amount, currency = money
    made = make(amount, currency)
    assert from_minor(to_minor(made), currency) == made
    assert made.amount == amount


@SMALL
@given(amounts())
def test_text_and_number_make_the_same(money: tuple[Decimal, str]) -> None:
    amount, currency = money
    assert make(str(amount), currency) == make(amount, currency)


@SMALL
@given(st.sampled_from(sorted(CURRENCIES)).flatmap(lambda c: st.tuples(written_in(c), st.just(c))))
def test_one_decimal_too_many_is_refused(money: tuple[Decimal, str]) -> None:
    amount, currency = money
    finer = amount + Decimal(1).scaleb(-CURRENCIES[currency] - 1)
    with pytest.raises(BadRequest) as caught:
        make(finer, currency)
    assert caught.value.code == "decimals"
    with pytest.raises(BadRequest):
        to_minor(Money(finer, currency))


@pytest.mark.parametrize("amount", ["5000.5", "0.01", 5000.5])
def test_pesos_have_no_decimals(amount: str | float) -> None:
    with pytest.raises(BadRequest):
        make(amount, "CLP")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("12", "XYZ"), ("twelve", "CLP"), ("", "CLP"), ("NaN", "CLP"), ("Infinity", "USD")],
)
def test_what_is_no_money(amount: str, currency: str) -> None:
    with pytest.raises(BadRequest):
        make(amount, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "spanish", "english"),
    [
        ("10000", "CLP", "$10.000", "CLP 10,000"),
        ("0", "CLP", "$0", "CLP 0"),
        ("1.5", "CLF", "UF 1,5", "UF 1.5"),
        ("1234.5678", "CLF", "UF 1.234,5678", "UF 1,234.5678"),
        ("2", "CLF", "UF 2", "UF 2"),
        ("12.5", "USD", "US$12,50", "$12.50"),
        ("10", "EUR", "EUR 10,00", "€10.00"),
        ("5", "BHD", "BHD 5,000", "BHD 5.000"),
    ],
)
def test_as_people_write_it(amount: str, currency: str, spanish: str, english: str) -> None:
    money = Money(amount, currency)
    assert plain(format_money(money, "es")) == spanish
    assert plain(format_money(money, "en")) == english
    for language, text in (("es-cl", spanish), ("en-gb", english), ("fr", spanish)):
        with override(language):
            assert plain(format_money(money)) == text


@SMALL
@given(amounts())
def test_no_amount_loses_a_digit_on_a_page(money: tuple[Decimal, str]) -> None:
    amount, currency = money
    shown = format_money(Money(amount, currency), "en")
    digits_shown = "".join(letter for letter in shown if letter.isdigit() or letter == ".")
    assert Decimal(digits_shown) == abs(amount)


def plain(text: str) -> str:
    return text.replace("\xa0", " ")
