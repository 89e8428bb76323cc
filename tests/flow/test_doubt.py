"""Lost answers: whatever Flow did or did not do, one customer, one subscription, one charge."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from payment_subscriptions.checkout import advance, expire, open_card_change, retry
from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.lifecycle import CheckoutStatus, Status
from payment_subscriptions.models import Customer, Event, Subscription
from tests.shop import Shop, charged, token_in

pytestmark = pytest.mark.slow  # whole ways through HTTP: the contract has the shortest of them

LOST_AFTER = ["timeout_after_commit", "reset_after_commit", "html_200", "truncated_json", "empty_body",
              "http_error_after_commit"]  # fmt: skip
LOST_BEFORE = ["timeout_before_commit", "reset_before_commit", "http_error"]
CHANGING = ["customer/create", "customer/register", "subscription/create"]


def walk(shop: Shop) -> Subscription:
    """Choose, enter a card if Flow shows its page, come back; then let half an hour be swept."""
    checkout = shop.begin()
    for _minute in range(45):
        checkout = shop.go_on(checkout)
        if checkout.next_step == "go" and not checkout.returned_at:
            shop.enter_card(checkout)
            checkout = shop.come_back(checkout)
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    return Subscription.objects.get()


def assert_once(shop: Shop, subscription: Subscription) -> None:
    assert subscription.status == Status.ACTIVE
    assert len(shop.flow.customers) == 1
    assert len(shop.flow.subscriptions) == 1
    assert charged(shop.flow) == 10000
    assert shop.flow.books.twice() == []
    assert Customer.objects.get().reference in shop.flow.customers
    assert subscription.payments.paid().count() == 1


@pytest.mark.parametrize("service", CHANGING)
@pytest.mark.parametrize("kind", LOST_AFTER + LOST_BEFORE)
def test_a_lost_answer_charges_once(shop: Shop, service: str, kind: str) -> None:
    shop.configure(TIMEOUT=0.5)
    shop.flow.faults.add(service, kind)
    assert_once(shop, walk(shop))


@pytest.mark.parametrize("service", CHANGING)
@pytest.mark.parametrize("seconds", [1, 60, 300])
def test_a_commit_after_the_answer_was_lost_charges_once(shop: Shop, service: str, seconds: int) -> None:
    shop.flow.faults.add(service, "late_commit", seconds=seconds)
    assert_once(shop, walk(shop))


def test_timeout_then_fallback_makes_no_second_order_and_no_second_charge(shop: Shop) -> None:
    """The recipe tried the next strategy on any error: what had timed out was paid twice."""
    shop.configure(STRATEGIES=["card", "demo"])
    checkout = shop.begin()
    shop.enter_card(checkout)
    shop.flow.faults.add("subscription/create", "reset_after_commit")
    checkout = shop.come_back(checkout)
    assert checkout.status == CheckoutStatus.IN_DOUBT
    assert checkout.subscription.checkouts.count() == 1
    assert checkout.subscription.strategy == "card"
    shop.flow.clock.advance(minutes=1)
    shop.sweep()
    assert_once(shop, Subscription.objects.get())
    names = list(Event.objects.values_list("name", flat=True))
    assert names.count("checkout.in_doubt") == names.count("checkout.resolved") == 1


def test_gateway_down_is_no_success(shop: Shop) -> None:
    """The recipe answered success with an invented token when everything had failed."""
    shop.flow.faults.add("*", "http_error", times=None)
    checkout = shop.begin()
    assert checkout.status == CheckoutStatus.IN_DOUBT
    assert not checkout.url
    assert not checkout.subscription.access.allowed
    shop.flow.faults.clear()
    assert_once(shop, walk(shop))


def test_duplicate_external_id_is_found_and_adopted(shop: Shop) -> None:
    """The recipe gave up, or told its reader to clear the table: the customer is there, and is ours."""
    for number in range(3):
        shop.begin(nonce=f"other-{number}", email=f"p{number}@correo.cl")
    shop.flow.faults.add("customer/create", "reset_after_commit")
    checkout = shop.begin()
    assert checkout.status == CheckoutStatus.IN_DOUBT
    shop.flow.clock.advance(minutes=1)
    checkout = shop.go_on(checkout)
    assert checkout.status == CheckoutStatus.WAITING
    checkout.refresh_from_db()
    assert checkout.customer.reference in shop.flow.customers
    assert len(shop.flow.customers) == 4


def test_what_is_owed_is_collected_once_though_the_answer_was_lost(shop: Shop) -> None:
    """invoice/retryToCollect takes money: it may still come true after we asked, so it is never repeated."""
    subscription = shop.subscribe()
    shop.flow.decline_next(times=None)
    shop.move(months=1)
    shop.sweep()
    shop.flow.faults.clear()
    shop.flow.faults.add("invoice/retryToCollect", "late_commit", seconds=600)
    checkout = advance(open_card_change(Subscription.objects.get()))
    shop.enter_card(checkout)
    assert shop.come_back(checkout).status == CheckoutStatus.IN_DOUBT
    for _minute in range(15):
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    assert [call.service for call in shop.flow.calls].count("invoice/retryToCollect") == 1
    assert charged(shop.flow) == 20000
    subscription.refresh_from_db()
    assert subscription.status == Status.ACTIVE


def test_a_missing_plan_alarms_the_operator_and_the_payer_is_served_once_it_is_there(shop: Shop) -> None:
    checkout = shop.begin()
    shop.enter_card(checkout)
    plan = shop.flow.plans.pop("pro_monthly_v1")
    with pytest.raises(ConfigurationError, match="pro_monthly_v1") as caught:
        shop.come_back(checkout)
    assert "payments_plans push" in caught.value.hint
    shop.flow.plans["pro_monthly_v1"] = plan
    shop.flow.clock.advance(minutes=5)
    shop.sweep()
    assert_once(shop, Subscription.objects.get())


def test_without_the_card_contract_the_next_strategy_is_tried_and_both_attempts_are_visible(
    shop: Shop,
) -> None:
    shop.configure(STRATEGIES=["card", "demo"])
    shop.flow.options.card_contract = False
    checkout = shop.begin()
    first, second = checkout.subscription.checkouts.all()
    assert (first.strategy, first.status, first.reason) == ("card", CheckoutStatus.REFUSED, "7001")
    assert (second.strategy, second.mode) == ("demo", "demo")
    assert checkout.pk == second.pk
    assert not checkout.subscription.access.allowed


def test_one_refusal_of_the_payers_data_stops(shop: Shop) -> None:
    shop.configure(STRATEGIES=["card", "demo"])
    checkout = shop.begin(email="ana@example.com")
    assert checkout.status == CheckoutStatus.REFUSED
    assert checkout.subscription.checkouts.count() == 1
    assert shop.begin(email="ana@correo.cl").status == CheckoutStatus.WAITING


def test_a_card_that_is_registered_only_after_a_moment(shop: Shop) -> None:
    checkout = shop.begin()
    shop.enter_card(checkout)
    shop.flow.faults.add("customer/getRegisterStatus", "not_yet_registered", times=2)
    checkout = shop.come_back(checkout)
    assert (checkout.status, checkout.next_step) == (CheckoutStatus.WAITING, "wait")
    shop.flow.clock.advance(seconds=2)
    shop.go_on(checkout)
    shop.flow.clock.advance(seconds=2)
    assert shop.go_on(checkout).subscription.status == Status.ACTIVE


def test_a_payer_who_cancels_on_the_card_page_may_try_again_on_the_same_subscription(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.refuse_enrolment(token_in(checkout.url), cancelled=True)
    checkout = shop.come_back(checkout)
    shop.flow.clock.advance(seconds=30)
    checkout = shop.go_on(checkout)
    assert checkout.next_step == "retry"
    checkout = retry(checkout)
    assert checkout.next_step == "go"
    shop.enter_card(checkout)
    assert_once(shop, shop.come_back(checkout).subscription)


def test_a_payer_who_never_comes_back_after_the_card_is_served_all_the_same(shop: Shop) -> None:
    checkout = shop.begin()
    shop.enter_card(checkout)
    shop.flow.clock.advance(minutes=2)
    shop.sweep()
    assert_once(shop, Subscription.objects.get())


def test_a_payer_who_leaves_frees_the_seat_after_a_day(shop: Shop) -> None:
    shop.begin()
    for _hour in range(26):
        shop.flow.clock.advance(hours=1)
        shop.sweep(1)
    subscription = Subscription.objects.get()
    assert subscription.status == Status.CANCELLED
    assert subscription.slot_key is None
    assert shop.flow.subscriptions == {}
    assert Event.objects.filter(name="subscription.abandoned").count() == 1


def test_a_charge_that_only_trouble_held_up_does_not_come_days_later(shop: Shop) -> None:
    checkout = shop.begin()
    shop.enter_card(checkout)
    shop.flow.faults.add("subscription/create", "http_error", times=None)
    assert shop.come_back(checkout).status == CheckoutStatus.IN_DOUBT
    for _look in range(30):
        shop.flow.clock.advance(hours=2)
        shop.sweep(1)
    shop.flow.faults.clear()
    for _look in range(6):
        shop.flow.clock.advance(minutes=10)
        shop.sweep(1)
    checkout.refresh_from_db()
    assert checkout.status == CheckoutStatus.EXPIRED
    assert Subscription.objects.get().slot_key is None
    assert charged(shop.flow) == 0


def test_a_plan_made_days_later_charges_nobody_who_has_left(shop: Shop) -> None:
    checkout = shop.begin()
    shop.enter_card(checkout)
    plan = shop.flow.plans.pop("pro_monthly_v1")
    with pytest.raises(ConfigurationError):
        shop.come_back(checkout)
    for _look in range(30):
        shop.flow.clock.advance(hours=2)
        shop.sweep(1)
    shop.flow.plans["pro_monthly_v1"] = plan
    shop.flow.clock.advance(minutes=5)
    shop.sweep()
    checkout.refresh_from_db()
    assert checkout.status == CheckoutStatus.EXPIRED
    assert charged(shop.flow) == 0


def test_an_attempt_that_never_gets_through_is_given_up_after_a_day(shop: Shop) -> None:
    shop.flow.faults.add("customer/register", "http_error", times=None)
    checkout = shop.begin()
    for _look in range(60):
        shop.flow.clock.advance(minutes=30)
        shop.sweep(1)
    checkout.refresh_from_db()
    assert checkout.status == CheckoutStatus.EXPIRED


def test_a_second_try_does_not_revive_what_was_given_up_meanwhile(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.refuse_enrolment(token_in(checkout.url), cancelled=True)
    shop.come_back(checkout)
    shop.flow.clock.advance(seconds=30)
    assert shop.go_on(checkout).next_step == "retry"
    overtaken: list[str] = []

    def give_up_first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Between the look at the row and the first write to it."""
        if sql.startswith("UPDATE") and not overtaken:
            overtaken.append(sql)
            expire(checkout)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(give_up_first):
        assert retry(checkout).status == CheckoutStatus.EXPIRED
    assert overtaken
