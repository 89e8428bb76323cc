"""Who may charge what: the rule, and what is done with its answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import translation

from payment_subscriptions import verbs
from payment_subscriptions.billing import billing
from payment_subscriptions.checkout import AlreadySubscribed, attempt_of
from payment_subscriptions.checks.configuration import check_settings
from payment_subscriptions.exceptions import BadRequest, Busy, ConfigurationError
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import CheckoutStatus
from payment_subscriptions.management.commands.payments_plans import Command as PlansCommand
from payment_subscriptions.models import Checkout, Customer, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Plan, Price, catalogue
from tests.foreign import (
    LOST_AFTER,
    LOST_BEFORE,
    MISCONFIGURED,
    MONTHLY,
    NOT_SENT,
    ForeignProvider,
    come_back,
    foreign_settings,
    payer,
    providers,
    reopened,
    sweep_later,
)

FOREIGN = {"BACKEND": "tests.foreign.ForeignGateway"}
# It takes the currency, and names no way to charge anything.
LAME = FOREIGN | {"STRATEGIES": ()}
TWO = {"one": FOREIGN, "two": FOREIGN}


def monthly() -> Price:
    return catalogue().price(MONTHLY)


def second_abroad(plan: Plan, currency: str, request: HttpRequest | None) -> Any:
    """The rule of a project: by plan, currency and visitor."""
    if plan.key == "desk":
        return ()
    if request is None:
        return ["one", "two"]
    return "two" if request.headers.get("X-Country") == "AR" else ("one",)


@pytest.fixture
def two(settings: Any, transactional_db: None) -> Iterator[dict[str, ForeignProvider]]:
    """A merchant with two accounts that take the same currency."""
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS=TWO)
    gateways.forget()
    providers.update(one=ForeignProvider(), two=ForeignProvider())
    yield providers
    gateways.forget()


def rule(settings: Any, found: Any, **changes: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS=TWO, **changes) | {"GATEWAY_FOR": found}


def numbers() -> set[str]:
    return {str(message.id).removeprefix("payments.") for message in check_settings()}


def test_all_that_can_charge_it_in_the_order_of_the_settings(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS={"lame": LAME} | TWO)
    assert gateways.taking(monthly()) == ("one", "two")
    assert gateways.for_price(monthly()).alias == "one"
    assert gateways.for_price(monthly(), "two").alias == "two"
    with pytest.raises(BadRequest) as caught:
        gateways.for_price(monthly(), "lame")
    assert caught.value.code == "provider"


def test_the_price_s_own_gateway_goes_before_the_rule(settings: Any) -> None:
    rule(settings, second_abroad)
    assert gateways.taking(Price("x", Money(1, "USD"), provider="two")) == ("two",)


def test_a_rule_sees_plan_currency_and_visitor(settings: Any) -> None:
    rule(settings, "tests.core.test_gateway_for.second_abroad")
    home = RequestFactory().get("/")
    abroad = RequestFactory().get("/", headers={"X-Country": "AR"})
    assert gateways.taking(monthly()) == ("one", "two")
    assert gateways.taking(monthly(), home) == ("one",)
    assert gateways.for_price(monthly(), "", abroad).alias == "two"
    with pytest.raises(BadRequest):
        gateways.for_price(monthly(), "two", home)
    with pytest.raises(BadRequest) as caught:
        gateways.for_price(catalogue().price("desk_monthly_v1"))
    assert caught.value.code == "currency"


@pytest.mark.parametrize("found", ["nowhere.rule", "tests.foreign.EMAIL", 7])
def test_what_is_no_rule_is_refused_twice(settings: Any, found: Any) -> None:
    rule(settings, found)
    assert numbers() == {"E015"}
    with pytest.raises(ConfigurationError) as caught:
        gateways.taking(monthly())
    assert caught.value.hint


@pytest.mark.parametrize("answer", ["three", ["one", "three"], "", None, 7, [7], ["pesos"]])
def test_an_answer_that_names_no_gateway_for_it_is_refused_twice(settings: Any, answer: Any) -> None:
    pesos = {"BACKEND": "payment_subscriptions.gateways.flow.FlowGateway"}
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS=TWO | {"pesos": pesos}) | {
        "GATEWAY_FOR": lambda plan, currency, request: answer
    }
    assert "E015" in numbers()
    with pytest.raises(ConfigurationError):
        gateways.taking(monthly())


def test_a_price_whose_own_gateway_takes_another_currency(settings: Any) -> None:
    pesos = Plan("a", "A", (Price("a_v1", Money(1000, "CLP"), provider="one"),))
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS=TWO, PLANS=[pesos])
    assert "E015" in numbers()
    with pytest.raises(ConfigurationError):
        gateways.taking(pesos.prices[0])


def test_a_gateway_that_cannot_be_built_keeps_its_place(settings: Any) -> None:
    """Nobody is moved past it without a word: only who names another gets that."""
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS={"broken": {}} | TWO)
    assert gateways.taking(monthly()) == ("broken", "one", "two")
    with pytest.raises(ConfigurationError):
        gateways.for_price(monthly())
    assert gateways.for_price(monthly(), "one").alias == "one"


def test_plans_are_made_wherever_they_may_be_charged(settings: Any, capsys: Any) -> None:
    rule(settings, second_abroad)
    call_command("payments_plans", "diff")
    assert "4 prices: no difference." in capsys.readouterr().out  # desk is sold to nobody
    sold = PlansCommand().sold(None)
    assert {(gateway.alias, price.key) for gateway, price in sold} >= {("one", MONTHLY), ("two", MONTHLY)}
    assert {gateway.alias for gateway, _price in PlansCommand().sold("two")} == {"two"}


# Subscribing by it


def test_who_names_no_gateway_gets_the_first(two: dict[str, ForeignProvider]) -> None:
    assert payer().subscribe(MONTHLY).provider == "one"
    assert payer("other").subscribe(MONTHLY, provider="two").provider == "two"


def test_a_gateway_that_may_not_charge_it_opens_nothing(two: dict[str, ForeignProvider]) -> None:
    with pytest.raises(BadRequest):
        payer().subscribe(MONTHLY, provider="three")
    assert not Subscription.objects.exists()


def test_another_gateway_is_another_choice(two: dict[str, ForeignProvider]) -> None:
    first = payer().subscribe(MONTHLY)
    assert payer().subscribe(MONTHLY) == first
    second = payer().subscribe(MONTHLY, provider="two")
    assert two["one"].called("expire") == 1
    assert reopened(first).status == CheckoutStatus.EXPIRED
    come_back(second)
    assert [p.charges != [] for p in (two["one"], two["two"])] == [False, True]


def test_the_payer_s_language_is_kept_and_told_to_the_gateway(two: dict[str, ForeignProvider]) -> None:
    with translation.override("en"):
        checkout = payer().subscribe(MONTHLY)
    assert checkout.subscription.language == "en"
    assert attempt_of(checkout).language == "en"
    with translation.override(None):
        assert payer("nobody").subscribe(MONTHLY).subscription.language == ""


def test_a_plan_is_changed_only_to_what_its_own_gateway_may_charge(
    two: dict[str, ForeignProvider], settings: Any
) -> None:
    row = come_back(payer().subscribe(MONTHLY, provider="two")).subscription
    assert "team_yearly_v1" in {price.key for price in verbs.choices(row)}
    settings.PAYMENT_SUBSCRIPTIONS |= {"GATEWAY_FOR": lambda plan, currency, request: "one"}
    assert verbs.choices(row) == []


# The gateway of choice is down


@pytest.mark.parametrize("fault", [NOT_SENT, MISCONFIGURED])
@pytest.mark.parametrize(("down", "other"), [("one", "two"), ("two", "one")])
def test_around_a_gateway_that_is_down(
    two: dict[str, ForeignProvider], fault: str, down: str, other: str
) -> None:
    two[down].fault("customer", fault)
    try:
        assert payer().subscribe(MONTHLY, provider=down).is_unreached
    except ConfigurationError:
        assert fault == MISCONFIGURED
    stuck = Subscription.objects.get().checkouts.get()
    assert stuck.has_taken_nothing
    come_back(payer().subscribe(MONTHLY, provider=other))
    sweep_later(days=2)
    assert reopened(stuck).status == CheckoutStatus.EXPIRED
    assert two[down].subscriptions == {}
    assert len(two[other].charges) == 1


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER])
def test_a_doubt_that_can_have_taken_nothing_ends_as_soon_as_it_is_known(
    two: dict[str, ForeignProvider], fault: str
) -> None:
    two["one"].fault("customer", fault)
    doubt = payer().subscribe(MONTHLY)
    assert doubt.is_in_doubt
    assert doubt.has_taken_nothing
    come_back(payer().subscribe(MONTHLY, provider="two"))
    assert reopened(doubt).status == CheckoutStatus.EXPIRED
    assert two["one"].called("page") == 0
    assert len(two["two"].charges) == 1


def test_while_nobody_knows_the_payer_waits_and_the_doubt_goes_no_further(
    two: dict[str, ForeignProvider],
) -> None:
    two["one"].fault("customer", LOST_AFTER)
    two["one"].fault("resolve", LOST_BEFORE)
    doubt = payer().subscribe(MONTHLY)
    with pytest.raises(Busy):
        payer().subscribe(MONTHLY, provider="two")
    assert Subscription.objects.count() == 1
    sweep_later(minutes=30)
    assert reopened(doubt).status == CheckoutStatus.EXPIRED
    assert two["one"].called("page") == 0
    assert payer().subscribe(MONTHLY, provider="two").provider == "two"


def test_a_doubt_about_a_charge_is_never_left_for_another_gateway(two: dict[str, ForeignProvider]) -> None:
    """Its payer has been on the gateway's page: the order goes on, whatever else they click."""
    doubt = payer().subscribe(MONTHLY)
    two["one"].fault("charge", LOST_BEFORE)
    assert come_back(doubt).is_in_doubt
    assert not reopened(doubt).has_taken_nothing
    with pytest.raises(Busy):
        payer().subscribe(MONTHLY, provider="two")
    assert reopened(doubt).closes_at is None
    sweep_later(minutes=30)
    assert reopened(doubt).status == CheckoutStatus.DONE
    with pytest.raises(AlreadySubscribed):
        payer().subscribe(MONTHLY, provider="two")
    assert (len(two["one"].charges), len(two["two"].charges)) == (1, 0)


def test_a_doubt_where_a_card_may_be_known_may_have_charged_it(
    two: dict[str, ForeignProvider], django_user_model: Any
) -> None:
    """A proved payer keeps their customer, and with it the card that they once entered."""
    user = django_user_model.objects.create_user("ana", "ana@mail.example")
    come_back(billing(user).subscribe(MONTHLY))
    extra = billing(user).subscribe("extra_monthly_v1")
    Checkout.objects.filter(pk=extra.pk).update(url="", status="in_doubt", call_begun_at=extra.created_at)
    assert not reopened(extra).has_taken_nothing
    Checkout.objects.update(url="")
    assert not reopened(extra).has_taken_nothing
    Customer.objects.update(card_last4="")
    assert reopened(extra).has_taken_nothing
