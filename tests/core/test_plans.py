"""The catalogue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from payment_subscriptions.exceptions import BadRequest, ConfigurationError
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Catalogue, Interval, Plan, Price, catalogue
from tests.foreign import DESK, PLANS, TEAM, foreign_settings

V1 = Price("a_v1", Money(5000, "CLP"))
V2 = Price("a_v2", Money(6000, "CLP"))


def test_found_by_key() -> None:
    found = Catalogue(PLANS)
    assert found.plan("team") is TEAM
    assert found.price("desk_monthly_v1") is DESK.prices[0]
    assert found.plan_of("desk_monthly_v1") is found.plan_of(DESK.prices[0]) is DESK
    assert found.has_price("team_yearly_v1")
    assert not found.has_price("team")
    assert list(found) == PLANS
    assert len(found.prices()) == 5


@pytest.mark.parametrize("verb", ["plan", "price", "plan_of"])
def test_an_unknown_key_is_the_callers_mistake(verb: str) -> None:
    with pytest.raises(BadRequest) as caught:
        getattr(Catalogue(PLANS), verb)("nothing")
    assert caught.value.code.startswith("unknown_")


def test_by_amount_as_the_recipes_form_sends_it() -> None:
    found = Catalogue(PLANS)
    assert found.price_by_amount(Decimal(5)).key == "desk_monthly_v1"
    with pytest.raises(BadRequest) as caught:
        found.price_by_amount(Decimal(6))
    assert caught.value.code == "unknown_amount"
    twice = Catalogue([*PLANS, Plan("other", "Other", (Price("other_v1", Money(5, "USD")),))])
    with pytest.raises(BadRequest) as caught:
        twice.price_by_amount(Decimal(5))
    assert caught.value.code == "ambiguous_amount"


def test_the_newest_price_is_the_last_listed() -> None:
    plan = Plan("a", "A", (V1, V2))
    assert plan.price(Interval.MONTH) is V2
    assert plan.price(Interval.MONTH, "CLP") is V2
    assert plan.price(Interval.MONTH, "USD") is None
    assert plan.price(Interval.YEAR) is None


def test_grace_is_the_plans_or_the_days_until_due() -> None:
    price = Price("b_v1", Money(5000, "CLP"), days_until_due=5)
    assert Plan("b", "B", (price,)).grace(price) == 5
    assert Plan("b", "B", (price,), grace_days=0).grace(price) == 0


@pytest.mark.parametrize(
    "plans",
    [
        pytest.param([Plan("a", "A", (V1,)), Plan("a", "A", (V2,))], id="plans"),
        pytest.param([Plan("a", "A", (V1,)), Plan("b", "B", (V1,))], id="prices"),
    ],
)
def test_two_of_one_key_are_refused(plans: list[Plan]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Catalogue(plans)
    assert "new key" in caught.value.hint


@pytest.mark.parametrize(
    "plans",
    ["tests.foreign.NO_SUCH_NAME", "nowhere.PLANS", "PLANS", ["team"], [{"key": "team"}], 5, "tests.foreign"],
)
def test_what_is_no_catalogue_is_refused_with_a_hint(settings: Any, plans: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(PLANS=plans)
    with pytest.raises(ConfigurationError) as caught:
        catalogue()
    assert caught.value.hint


def test_by_dotted_path_or_in_place(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    assert catalogue().plan("team") is TEAM
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(PLANS=[DESK])
    assert list(catalogue()) == [DESK]
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(PLANS=())
    assert list(catalogue()) == []


def test_each_interval_has_the_recipes_word() -> None:
    assert {Price("x", Money(1, "CLP"), interval).frequency for interval in Interval} == {
        "daily",
        "weekly",
        "monthly",
        "yearly",
        "one-time",
    }
