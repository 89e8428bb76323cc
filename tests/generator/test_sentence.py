"""Plans as people say them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from payment_subscriptions.generator.answers import (
    FEATURES,
    chosen_features,
    features_in,
    frequencies_in,
    package_of,
    plans_in,
    providers_in,
)
from payment_subscriptions.generator.exceptions import NotUnderstood
from payment_subscriptions.generator.sentence import read

RECIPE = "Necesito 5 planes: 10k, 20k, 50k, 100k, 250k CLP mensuales."


@pytest.mark.parametrize(
    ("text", "amounts", "currency", "frequencies"),
    [
        ("10000,20000,50000", "10000 20000 50000", "", ()),
        (RECIPE, "10000 20000 50000 100000 250000", "CLP", ("monthly",)),
        ("I need 2 plans: 10k and 20k CLP monthly", "10000 20000", "CLP", ("monthly",)),
        ("9.99 and 19.99 USD a month", "9.99 19.99", "USD", ("monthly",)),
        ("10,000 and 20,000 CLP monthly", "10000 20000", "CLP", ("monthly",)),
        ("10,000", "10000", "", ()),
        ("100,250,500", "100 250 500", "", ()),
        ("$10.000 y $20.000 al mes", "10000 20000", "", ("monthly",)),
        ("10 mil, 20 lucas y 1 millón de pesos al año", "10000 20000 1000000", "CLP", ("yearly",)),
        ("1,5 UF; 3 UF mensuales", "1.5 3", "CLF", ("monthly",)),
        ("US$10, US$20 monthly", "10 20", "USD", ("monthly",)),
        ("monthly: 10, 20 EUR", "10 20", "EUR", ("monthly",)),
        ("15.000 CLP pago único", "15000", "CLP", ("one-time",)),
        ("10k mensual o anual", "10000", "", ("monthly", "yearly")),
    ],
)
def test_a_sentence(text: str, amounts: str, currency: str, frequencies: tuple[str, ...]) -> None:
    found = read(text)
    assert [each.value for each in found] == [Decimal(amount) for amount in amounts.split()]
    assert {each.currency for each in found} == {currency}
    assert {each.frequencies for each in found} == {frequencies}


def test_what_is_said_follows_its_amounts() -> None:
    found = read("Básico=10k, Pro Más=20k CLP mensuales y 100k anual")
    assert [each.name for each in found] == ["Básico", "Pro Más", ""]
    assert [each.frequencies for each in found] == [("monthly",), ("monthly",), ("yearly",)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Necesito 3 planes: 10k, 20k", "3"),
        ("10k mensuaels", "mensuaels"),
        ("", "10000"),
        ("monthly", "monthly"),
        ("0", "“0”"),
        ("10,000,20,000", "000"),
        ("1.500 UF", "1.500"),
        ("1.2.3", "1.2.3"),
        ("10k #", "#"),
    ],
)
def test_what_is_not_understood_is_named(text: str, word: str) -> None:
    with translation.override("en"), pytest.raises(NotUnderstood) as refused:
        read(text)
    assert word in str(refused.value)


def test_it_is_told_in_the_callers_language() -> None:
    with translation.override("es"), pytest.raises(NotUnderstood, match="no se entendió"):
        read("10k mensuaels")


@given(st.lists(st.integers(1, 999_999_999), min_size=1, max_size=8, unique=True))
def test_bare_numbers_are_read_as_they_are(numbers: list[int]) -> None:
    """Whatever they are: where their digits could be thousands, "," is not the only thing between them."""
    assert [int(each.value) for each in read(" ".join(f"{number}" for number in numbers))] == numbers


@given(st.lists(st.integers(1, 999), min_size=2, max_size=8, unique=True))
def test_a_bare_comma_separates(numbers: list[int]) -> None:
    assert [int(each.value) for each in read(",".join(map(str, numbers)))] == numbers


def plans(text: str, currency: str = "", frequency: str = "", provider: str = "flow,stripe") -> list[str]:
    found = plans_in(
        text,
        currency,
        frequencies_in(frequency) if frequency else (),
        providers_in(provider),
        spanish=True,
    )
    return [f"{p.key} {p.amount:f} {p.currency} {p.interval}" for plan in found for p in plan.prices]


def test_prices_have_versioned_keys() -> None:
    assert plans("10k, 20k CLP") == [
        "plan_10000_monthly_v1 10000 CLP MONTH",
        "plan_20000_monthly_v1 20000 CLP MONTH",
    ]


def test_a_year_of_what_is_sold_by_the_month_is_twelve_of_them() -> None:
    assert plans("Pro=10k", "CLP", "monthly,yearly") == [
        "pro_monthly_v1 10000 CLP MONTH",
        "pro_yearly_v1 120000 CLP YEAR",
    ]
    assert plans("100k anual") == ["plan_100000_yearly_v1 100000 CLP YEAR"]


def test_the_currency_is_pesos_where_flow_sells() -> None:
    assert plans("10", provider="flow") == ["plan_10_monthly_v1 10 CLP MONTH"]
    assert plans("9.99", provider="stripe") == ["plan_9_99_usd_monthly_v1 9.99 USD MONTH"]


@pytest.mark.parametrize(
    ("text", "currency", "provider"),
    [
        ("10k USD", "CLP", "flow,stripe"),  # two currencies for one
        ("10 USD", "", "flow"),  # Flow has no dollars
        ("1,5 UF; 2 UF", "", "stripe"),  # nor Stripe UF
        ("9.99 CLP", "", "flow"),  # pesos have no decimals
        ("1 UF único", "", "flow"),
        ("10k, 10k", "CLP", "flow"),
        ("Pro=10k, pro=20k", "CLP", "flow"),
        ("10", "ABC", "stripe"),
    ],
)
def test_what_cannot_be_sold_is_refused(text: str, currency: str, provider: str) -> None:
    with pytest.raises(NotUnderstood):
        plans(text, currency, provider=provider)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("flow,stripe", ("flow", "stripe")),
        ("Stripe y Flow.cl", ("flow", "stripe")),
        ("ambos", ("flow", "stripe")),
        ("stripe", ("stripe",)),
    ],
)
def test_providers(text: str, found: tuple[str, ...]) -> None:
    assert providers_in(text) == found


@pytest.mark.parametrize("text", ["", "paypal", "flow,paypal"])
def test_no_provider(text: str) -> None:
    with pytest.raises(NotUnderstood):
        providers_in(text)


def test_features() -> None:
    usual = {name for name, is_usual in FEATURES.items() if is_usual}
    assert chosen_features(None, [], []) == usual
    assert chosen_features(None, ["workers"], ["admin,postgresql"]) == usual - {"admin", "postgres"} | {
        "workers"
    }
    assert chosen_features("página de éxito, correos, webhook", [], []) == {"success-page", "mails"}
    with pytest.raises(NotUnderstood):
        features_in("admin,teleport")


@pytest.mark.parametrize(
    "name", ["django", "json", "1tienda", "class", "templates", "café", "a b!", "x" * 41]
)
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(NotUnderstood):
        package_of(name)


def test_a_name_with_a_dash() -> None:
    assert package_of("mi-tienda") == "mi_tienda"
