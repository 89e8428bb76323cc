"""Strategy order: a payment order now, from the button to the first paid period."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.db import connections

from payment_subscriptions.billing import form_payer
from payment_subscriptions.checkout import AlreadySubscribed, retry
from payment_subscriptions.exceptions import OutcomeUnknown
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Payment, Subscription
from payment_subscriptions.simulators.flow.records import ANNULLED
from payment_subscriptions.views.states import State
from tests.flow.buyers import (
    LOST_AFTER,
    LOST_BEFORE,
    again,
    calls,
    kinds,
    orders_of,
    pass_days,
    pass_time,
    pay,
    state,
    statuses,
    told,
)
from tests.foreign import Killed
from tests.kills import killed_at_statement
from tests.shop import EMAIL, Shop, charged, token_in

pytestmark = pytest.mark.slow  # whole ways through HTTP: the contract has the shortest of them


@pytest.fixture(autouse=True)
def by_order(shop: Shop) -> None:
    shop.configure(STRATEGIES=("order",))


EXTRA = {"subscription": "1", "planId": "5000 Mensual"}


def assert_paid_once(shop: Shop) -> None:
    subscription = Subscription.objects.get()
    assert subscription.status == Status.ACTIVE
    assert subscription.access.allowed
    assert statuses(subscription) == [PaymentStatus.PAID]
    assert charged(shop.flow) == 10000
    assert told("payment.paid") == told("subscription.activated") == 1
    assert kinds() == []


def test_the_order_bears_our_name_and_an_end(shop: Shop) -> None:
    checkout = shop.begin()
    assert (checkout.status, checkout.next_step) == (CheckoutStatus.WAITING, "go")
    (order,) = shop.flow.orders.values()
    assert order.commerce_order == checkout.order
    assert len(checkout.order) <= 45
    assert (order.amount, order.currency, order.payer) == (Decimal(10000), "CLP", EMAIL)
    assert order.url_confirmation is not None
    assert order.url_confirmation.endswith("/pagos/api/flow/webhook/")
    assert order.url_return is not None
    assert str(checkout.public_id) in order.url_return
    shop.flow.clock.advance(hours=24, minutes=1)
    assert order.status == ANNULLED
    assert shop.flow.customers == {}
    assert shop.flow.subscriptions == {}


def test_paid_and_back(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    checkout = shop.come_back(checkout)
    assert checkout.status == CheckoutStatus.DONE
    assert state(checkout) == State.READY
    assert checkout.subscription.reference == checkout.order
    assert_paid_once(shop)


def test_paid_and_never_back_the_callback_tells(shop: Shop) -> None:
    checkout = shop.begin()
    pay(shop, checkout)
    assert_paid_once(shop)
    assert shop.come_back(checkout).status == CheckoutStatus.DONE
    assert_paid_once(shop)


def test_paid_and_nobody_tells_the_sweep_finds_it(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    pass_time(shop, 3)
    assert_paid_once(shop)


def test_left_unpaid_the_page_is_offered_again_and_the_seat_is_free_after_a_day(shop: Shop) -> None:
    checkout = shop.come_back(shop.begin())
    assert checkout.next_step == "wait"
    shop.flow.clock.advance(seconds=30)
    assert state(shop.go_on(checkout)) == State.LEFT
    assert shop.begin().pk == checkout.pk
    for _hour in range(26):
        shop.move(hours=1)
        shop.sweep(1)
    row = again(checkout.subscription)
    assert (row.status, row.slot_key, row.next_sync_at) == (Status.CANCELLED, None, None)
    assert Payment.objects.count() == 0
    assert told("subscription.abandoned") == 1
    assert kinds() == []


def test_refused_at_the_bank_it_is_tried_again_by_the_same_name_on_the_same_subscription(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.reject(token_in(checkout.url), code=-8)
    checkout = shop.come_back(checkout)
    assert (checkout.next_step, checkout.reason) == ("retry", "-8")
    assert state(checkout) == State.REJECTED
    checkout = retry(checkout)
    assert checkout.next_step == "go"
    assert len(orders_of(shop, checkout.order)) == 2
    pay(shop, checkout)
    assert_paid_once(shop)
    assert Checkout.objects.get().status == CheckoutStatus.DONE


def test_annulled_on_the_page_it_can_be_tried_again(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.annul(token_in(checkout.url))
    checkout = shop.come_back(checkout)
    assert (checkout.next_step, checkout.reason) == ("retry", "annulled")
    pay(shop, retry(checkout))
    assert_paid_once(shop)


@pytest.mark.parametrize("callback", [True, False], ids=["told", "untold"])
def test_refused_and_then_paid_on_the_same_page_without_our_retry(shop: Shop, callback: bool) -> None:
    checkout = shop.begin()
    shop.flow.reject(token_in(checkout.url))
    assert shop.come_back(checkout).next_step == "retry"
    if not callback:
        shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    for _hour in range(26):
        shop.move(hours=1)
        shop.sweep(1)
    assert_paid_once(shop)
    assert Checkout.objects.get().status == CheckoutStatus.DONE


@pytest.mark.parametrize("callback", [True, False], ids=["told", "untold"])
def test_the_first_page_paid_after_a_second_was_opened(shop: Shop, callback: bool) -> None:
    checkout = shop.begin()
    first = token_in(checkout.url)
    shop.flow.reject(first)
    retry(shop.come_back(checkout))
    if not callback:
        shop.flow.lose_next_callbacks()
    shop.flow.pay(first)
    pass_time(shop, 5)
    assert_paid_once(shop)


def test_both_pages_paid_is_one_period_and_a_proposed_refund(shop: Shop) -> None:
    """Should Flow let both orders of one name be paid: it is nowhere documented."""
    shop.flow.options.order_paid_once = False
    checkout = shop.begin()
    first = token_in(checkout.url)
    shop.flow.reject(first)
    pay(shop, retry(shop.come_back(checkout)))
    shop.flow.pay(first)
    assert charged(shop.flow) == 20000
    subscription = Subscription.objects.get()
    assert (subscription.status, statuses(subscription)) == (Status.ACTIVE, [PaymentStatus.PAID])
    assert kinds() == ["double"]
    subscription.sync()
    assert kinds() == ["double"]


def test_two_attempts_paid_is_one_period_and_a_proposed_refund(shop: Shop) -> None:
    """The order of the first was made, its answer lost, and the repetition refused."""
    shop.flow.faults.add("payment/create", "reset_after_commit")
    shop.flow.faults.add(
        "payment/create", "error", code=1620, message="The userEmail: x is not valid.", skip=1
    )
    checkout = shop.begin()
    (order,) = shop.flow.orders.values()
    pass_time(shop, 2)
    checkout.refresh_from_db()
    assert checkout.status == CheckoutStatus.REFUSED
    second = retry(checkout)
    assert second.order != order.commerce_order
    pay(shop, second)
    shop.flow.pay(order.token)
    subscription = Subscription.objects.get()
    assert (subscription.status, charged(shop.flow)) == (Status.ACTIVE, 20000)
    assert [payment.period_start for payment in subscription.payments.all()] == [
        subscription.period_start
    ] * 2
    assert kinds() == ["double"]


def test_a_retry_of_what_was_paid_meanwhile_orders_nothing(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.reject(token_in(checkout.url))
    shop.come_back(checkout)
    shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    assert retry(checkout).status == CheckoutStatus.DONE
    assert calls(shop, "payment/create") == 1
    assert_paid_once(shop)


def test_a_coupon_waits_for_the_cash(shop: Shop) -> None:
    checkout = shop.begin()
    token = token_in(checkout.url)
    shop.flow.pay(token, "cupon")
    checkout = shop.come_back(checkout)
    shop.move(minutes=1)
    checkout = shop.go_on(checkout)
    assert (checkout.status, checkout.next_step) == (CheckoutStatus.WAITING, "wait")
    assert state(checkout) == State.CONFIRMING
    shop.move(hours=3)
    shop.flow.pay_coupon(token)
    assert_paid_once(shop)


@pytest.mark.parametrize("kind", [*LOST_BEFORE, *LOST_AFTER])
def test_the_answer_to_the_order_is_lost(shop: Shop, kind: str) -> None:
    """The address of the lost one cannot be asked for: the order is made again by the same name."""
    shop.configure(TIMEOUT=0.5)
    shop.flow.faults.add("payment/create", kind)
    checkout = shop.begin()
    assert checkout.status == CheckoutStatus.IN_DOUBT
    assert state(checkout) == State.DOUBT
    assert checkout.subscription.checkouts.count() == 1
    pass_time(shop, 2)
    checkout.refresh_from_db()
    assert (checkout.status, checkout.next_step) == (CheckoutStatus.WAITING, "go")
    pay(shop, checkout)
    assert_paid_once(shop)
    assert {order.commerce_order for order in shop.flow.orders.values()} == {checkout.order}
    assert told("checkout.in_doubt") == told("checkout.resolved") == 1


def test_the_answer_was_lost_and_the_order_is_paid(shop: Shop) -> None:
    shop.flow.faults.add("payment/create", "reset_after_commit")
    checkout = shop.begin()
    (order,) = shop.flow.orders.values()
    shop.flow.lose_next_callbacks()
    shop.flow.pay(order.token)
    pass_time(shop, 2)
    assert shop.go_on(checkout).status == CheckoutStatus.DONE
    assert calls(shop, "payment/create") == 1
    assert_paid_once(shop)


def test_1605_says_that_it_is_paid(shop: Shop) -> None:
    """Flow lists nothing by that name for a moment, and then refuses to make it anew."""
    shop.flow.faults.add("payment/create", "reset_after_commit")
    checkout = shop.begin()
    (order,) = shop.flow.orders.values()
    shop.flow.lose_next_callbacks()
    shop.flow.pay(order.token)
    shop.flow.faults.add("payment/getStatusByCommerceId", "still_pending")
    pass_time(shop, 3)
    assert calls(shop, "payment/create") == 2
    assert len(orders_of(shop, checkout.order)) == 1
    assert_paid_once(shop)


@pytest.mark.parametrize(("kind", "options"), [("http_error", {}), ("error", {"code": 2001})])
def test_a_question_without_an_answer_puts_nobody_in_doubt(
    shop: Shop, kind: str, options: dict[str, Any]
) -> None:
    checkout = shop.begin()
    shop.flow.faults.add("payment/getStatus", kind, times=None, **options)
    checkout = shop.come_back(checkout)
    assert (checkout.status, checkout.next_step) == (CheckoutStatus.WAITING, "go")
    shop.flow.faults.clear()
    pay(shop, checkout)
    assert_paid_once(shop)


def test_a_token_that_flow_does_not_know_for_a_moment_ends_nothing(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.faults.add("payment", "error", code=1700, message="transaction not found", times=2)
    assert shop.come_back(checkout).status == CheckoutStatus.WAITING
    pay(shop, checkout)
    assert_paid_once(shop)


def test_a_forged_callback_pays_nothing(shop: Shop, live_server: Any) -> None:
    checkout = shop.begin()
    for token in (token_in(checkout.url), checkout.order):
        requests.post(
            live_server.url + "/pagos/api/flow/webhook/",
            data={"token": token, "status": "2", "commerceOrder": checkout.order},
            timeout=20,
        )
    row = again(checkout.subscription)
    assert (row.status, row.reference) == (Status.PENDING, None)
    assert not row.access.allowed
    assert Payment.objects.count() == 0


@pytest.mark.parametrize(("kind", "options"), [("other_amount", {"amount": "350"}), ("other_currency", {})])
def test_another_amount_or_currency_pays_nothing(shop: Shop, kind: str, options: dict[str, Any]) -> None:
    checkout = shop.begin()
    shop.flow.faults.add("payment", kind, times=None, **options)
    pay(shop, checkout)
    row = again(checkout.subscription)
    assert row.status == Status.PENDING
    assert not row.access.allowed
    assert statuses(row) == [PaymentStatus.PENDING]
    assert row.owed == []  # nobody is asked to pay twice
    assert kinds() == ["amount"]
    assert told("payment.paid") == told("subscription.activated") == 0
    row = row.cancel()  # the seat is theirs to free
    assert (row.status, row.slot_key, row.cancel_requested) == (Status.CANCELLED, None, "")


def test_another_order_behind_our_token_is_not_ours(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.faults.add("payment/getStatus", "other_order", times=None)
    pay(shop, checkout)
    assert shop.come_back(checkout).next_step == "wait"
    pass_time(shop, 3)
    assert again(checkout.subscription).status == Status.PENDING
    assert kinds() == ["foreign_payment"]


def test_a_new_choice_ends_the_old_one_and_money_for_it_is_kept_as_a_duplicate(shop: Shop) -> None:
    old = shop.begin()
    new = shop.begin("basic_monthly_v1")
    assert new.pk != old.pk
    assert Checkout.objects.get(pk=old.pk).status == CheckoutStatus.EXPIRED
    pay(shop, new)
    pay(shop, old)
    first, second = again(old.subscription), again(new.subscription)
    assert second.status == Status.ACTIVE
    assert statuses(first) == [PaymentStatus.PAID]
    assert first.slot_key is None
    assert {"duplicate", "unexpected_move"} == set(kinds())


@pytest.mark.parametrize("how", ["left", "cancelled", "another"])
def test_the_first_page_paid_after_a_second_was_refused(shop: Shop, how: str) -> None:
    """Flow may not take the same name again for what was not paid; the first page stands."""
    checkout = shop.begin()
    first = token_in(checkout.url)
    shop.flow.reject(first)
    shop.flow.faults.add("payment/create", "error", code=1234, message="The order is in use")
    assert retry(shop.come_back(checkout)).status == CheckoutStatus.REFUSED
    if how == "cancelled":
        again(checkout.subscription).cancel()
    if how == "another":
        shop.begin("basic_monthly_v1")
    shop.flow.faults.add("callback", "lost", times=None)
    shop.flow.pay(first)
    pass_days(shop, 3)
    assert statuses(checkout.subscription) == [PaymentStatus.PAID]


def test_a_duplicate_gets_the_seat_once_it_is_free(shop: Shop) -> None:
    old = shop.begin()
    new = shop.begin("basic_monthly_v1")
    pay(shop, new)
    pay(shop, old)
    again(new.subscription).cancel(at_period_end=False)
    row = again(old.subscription).sync()
    assert (row.status, row.is_double) == (Status.ACTIVE, False)
    with pytest.raises(AlreadySubscribed):
        shop.begin("basic_monthly_v1")


def test_a_choice_that_is_paid_in_that_moment_stays(shop: Shop) -> None:
    old = shop.begin()
    shop.flow.lose_next_callbacks()
    pay(shop, old)
    with pytest.raises(AlreadySubscribed):
        shop.begin("basic_monthly_v1")
    assert_paid_once(shop)


@pytest.mark.parametrize("callback", [True, False], ids=["told", "untold"])
def test_given_up_and_paid_all_the_same_it_is_revived(shop: Shop, callback: bool) -> None:
    checkout = shop.begin()
    assert checkout.subscription.cancel().status == Status.CANCELLED
    if not callback:
        shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    pass_days(shop, 2)
    row = again(checkout.subscription)
    assert row.status == Status.ACTIVE
    assert row.slot_key is not None
    assert statuses(row) == [PaymentStatus.PAID]
    assert kinds() == ["unexpected_move"]


@pytest.mark.parametrize("callback", [True, False], ids=["told", "untold"])
def test_a_second_try_in_the_last_seconds_paid_after_the_end(shop: Shop, callback: bool) -> None:
    """Its order stands a minute at least, the attempt has expired by then."""
    checkout = shop.begin()
    shop.flow.clock.advance(hours=23, minutes=59, seconds=20)
    shop.flow.reject(token_in(checkout.url))
    retry(shop.come_back(checkout))
    shop.move(seconds=45)
    assert shop.go_on(checkout).status == CheckoutStatus.EXPIRED
    row = again(checkout.subscription)
    assert (row.status, row.slot_key) == (Status.CANCELLED, None)
    if not callback:
        shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    pass_time(shop, 15)
    row = again(row)
    assert (row.status, statuses(row)) == (Status.ACTIVE, [PaymentStatus.PAID])
    assert row.slot_key is not None
    assert kinds() == ["unexpected_move"]


def test_the_callback_and_the_browser_at_once(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.faults.add("callback", "concurrent", copies=4)
    with ThreadPoolExecutor(1) as pool:
        coming_back = pool.submit(come_back_soon, shop, checkout)
        pay(shop, checkout)
        coming_back.result()
    shop.sweep()
    assert_paid_once(shop)


def come_back_soon(shop: Shop, checkout: Checkout) -> None:
    try:
        for _look in range(5):
            shop.come_back(checkout)
    finally:
        connections.close_all()


def test_while_flow_cannot_say_whether_it_is_paid_the_old_choice_stays(shop: Shop) -> None:
    old = shop.begin()
    shop.flow.faults.add("payment/getStatus", "http_error", times=3)
    with pytest.raises(OutcomeUnknown):
        shop.begin("basic_monthly_v1")
    shop.flow.faults.clear()
    assert shop.begin("basic_monthly_v1").pk != old.pk
    assert Subscription.objects.open().count() == 1


def test_the_recipes_extra_parameters_are_sent_only_where_they_are_set(shop: Shop) -> None:
    sent = shop.flow.faults.add("payment/create", "slow", times=None, where=EXTRA, seconds=0)
    shop.begin()
    assert sent.hits == 0
    shop.configure(ORDER_EXTRA={"subscription": 1, "planId": "5000 Mensual"})
    checkout = form_payer("other", "beto@correo.cl").subscribe("pro_monthly_v1")
    assert sent.hits == 1
    pay(shop, checkout)
    assert again(checkout.subscription).status == Status.ACTIVE


def test_periods_are_whole_days_in_santiago(shop: Shop) -> None:
    checkout = shop.begin()
    pay(shop, checkout)
    row = again(checkout.subscription)
    assert row.period_start is not None
    assert row.period_end is not None
    assert row.period_start.isoformat() == "2026-01-13T03:00:00+00:00"
    assert row.period_end.isoformat() == "2026-02-13T03:00:00+00:00"
    assert row.paid_through == row.period_end
    assert row.access.until == row.period_end + timedelta(days=3)
    assert Payment.objects.get().amount == Decimal(10000)


def test_after_the_card_was_refused_the_next_strategy_is_an_order(shop: Shop) -> None:
    shop.configure(STRATEGIES=("card", "order"))
    shop.flow.options.card_contract = False
    checkout = shop.begin()
    assert [attempt.strategy for attempt in checkout.subscription.checkouts.all()] == ["card", "order"]
    pay(shop, checkout)
    row = again(checkout.subscription)
    assert (row.status, row.strategy) == (Status.ACTIVE, "order")
    assert calls(shop, "payment/getStatusByCommerceId") == 0  # nobody asks for an order of the card's
    shop.move(days=27)
    shop.sweep()
    assert len(shop.flow.outbox.of("payment")) == 1


def test_rows_are_of_the_accounts_mode(shop: Shop) -> None:
    checkout = shop.begin()
    pay(shop, checkout)
    row = again(checkout.subscription)
    assert {row.mode, row.customer.mode, checkout.mode, Payment.objects.get().mode} == {"sandbox"}


def test_killed_at_any_statement_of_the_first_steps(shop: Shop) -> None:
    number = 0
    for number in itertools.count():
        with killed_at_statement(number):
            try:
                shop.begin(nonce=str(number))
            except Killed:
                continue
            break
    assert number > 5
    pass_time(shop, 4)
    for nonce in range(number):
        checkout = shop.begin(nonce=str(nonce))
        assert checkout.next_step == "go", f"killed at statement {nonce}"
        pay(shop, checkout)
        assert again(checkout.subscription).status == Status.ACTIVE, f"killed at statement {nonce}"
    assert charged(shop.flow) == number * 10000
