"""Prices that Flow cannot charge are refused before anything is opened, and told by a check; plans at
Flow are compared and made, never edited."""

from __future__ import annotations

import json
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from payment_subscriptions.billing import form_payer
from payment_subscriptions.checks import check_settings
from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.models import Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price
from tests.shop import Shop

UNCHARGEABLE = [
    pytest.param(Price("p", Money(349, "CLP")), "no less than 350 CLP", "E013", id="below 350 CLP"),
    pytest.param(
        Price("p", Money("1.5", "CLF"), Interval.ONCE), "none of its strategies", "E013", id="one-time UF"
    ),
    pytest.param(Price("p", Money(Decimal("5000.5"), "CLP")), "p", "E005", id="CLP with decimals"),
]


@pytest.mark.parametrize(("price", "words", "number"), UNCHARGEABLE)
def test_what_flow_cannot_charge(shop: Shop, settings: Any, price: Price, words: str, number: str) -> None:
    plans = (Plan("p", "P", (price,)),)
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, "PLANS": plans}
    assert [str(message.id) for message in check_settings()] == [f"payments.{number}"]
    with pytest.raises(ConfigurationError, match=words):
        form_payer("nonce", "ana@correo.cl").subscribe("p")
    assert Subscription.objects.count() == 0


def test_350_is_enough(shop: Shop, settings: Any) -> None:
    plans = (Plan("p", "P", (Price("p", Money(350, "CLP")),)),)
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, "PLANS": plans}
    assert check_settings() == []


# Plans at Flow


def run(verb: str) -> tuple[dict[str, Any], int]:
    """What ``payments_plans --json`` tells, and its exit code."""
    out = StringIO()
    try:
        call_command("payments_plans", verb, "--json", stdout=out, stderr=StringIO())
    except CommandError as error:
        return json.loads(out.getvalue()), error.returncode
    return json.loads(out.getvalue()), 0


def differences(told: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(each["price"], each["field"], each["here"], each["there"]) for each in told["differences"]]


def test_plans_that_were_pushed_do_not_differ(shop: Shop) -> None:
    assert run("diff") == ({"prices": 8, "made": [], "differences": []}, 0)


def test_push_makes_what_is_missing_once(shop: Shop) -> None:
    del shop.flow.plans["uf_monthly_v1"]
    told, code = run("diff")
    assert (differences(told), code) == ([("uf_monthly_v1", "missing", "", "")], 1)
    told, code = run("push")
    assert (told["made"], code) == ([{"gateway": "flow", "price": "uf_monthly_v1"}], 0)
    plan = shop.flow.plans["uf_monthly_v1"]
    assert (plan.currency, plan.amount) == ("UF", Decimal("1.5"))
    made = [call for call in shop.flow.calls if call.service == "plans/create"]
    assert run("push")[0]["made"] == []
    assert [call for call in shop.flow.calls if call.service == "plans/create"] == made


def test_one_time_prices_have_no_plan(shop: Shop) -> None:
    assert set(shop.flow.plans) == {
        "pro_monthly_v1",
        "pro_yearly_v1",
        "basic_monthly_v1",
        "club_monthly_v1",
        "trial_monthly_v1",
        "uf_monthly_v1",
    }


def test_prices_that_only_orders_charge_have_no_plan(shop: Shop) -> None:
    shop.flow.plans.clear()
    shop.configure(STRATEGIES=("order",))
    assert run("diff")[1] == 0
    assert run("push")[0]["made"] == []


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("amount", Decimal(9990), ("amount", "CLP10,000", "CLP9,990")),
        ("interval", 4, ("interval", "3", "4")),
        ("interval_count", 2, ("interval_count", "1", "2")),
        ("trial_days", 7, ("trial_days", "0", "7")),
        ("days_until_due", 10, ("days_until_due", "3", "10")),
        ("status", 0, ("active", "True", "False")),
    ],
)
def test_what_differs_is_told_and_never_edited(
    shop: Shop, column: str, value: Any, told: tuple[str, str, str]
) -> None:
    plan = shop.flow.plans["pro_monthly_v1"]
    setattr(plan, column, value)
    for verb in ("diff", "push"):
        said, code = run(verb)
        assert code == 1
        ((price, *rest),) = differences(said)
        assert price == "pro_monthly_v1"
        assert rest[0] == told[0]
        assert getattr(plan, column) == value
    assert not [call for call in shop.flow.calls if call.service == "plans/edit"]


def test_callbacks_that_go_elsewhere_are_told(shop: Shop) -> None:
    shop.flow.plans["pro_monthly_v1"].callback = "https://old.example/pagos/api/flow/webhook/"
    with pytest.raises(CommandError, match="payments_sweep finds those renewals") as caught:
        call_command("payments_plans", "diff", stdout=StringIO())
    assert "new key (pro_monthly_v2)" not in str(caught.value)
    told, code = run("push")
    assert code == 0  # all plans are there, and none is edited
    ((price, field, here, there),) = differences(told)
    assert (price, field) == ("pro_monthly_v1", "callback")
    assert here.endswith("/pagos/api/flow/webhook/")
    assert there == "https://old.example/pagos/api/flow/webhook/"
