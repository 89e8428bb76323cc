"""One-time plans: one order, whatever the strategies are; never renewed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payment_subscriptions.billing import form_payer
from payment_subscriptions.checkout import retry
from payment_subscriptions.exceptions import NotPossible
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.views.states import State
from tests.flow.buyers import (
    LOST_AFTER,
    LOST_BEFORE,
    again,
    calls,
    kinds,
    pass_days,
    pass_time,
    pay,
    state,
    statuses,
    told,
)
from tests.shop import EMAIL, Shop, charged, token_in

STRATEGIES = [("card",), ("link",), ("order",), ("card", "link")]


def buy(shop: Shop, price: str = "book_once_v1", nonce: str = "nonce") -> Subscription:
    checkout = shop.begin(price, nonce)
    pay(shop, checkout)
    return again(checkout.subscription)


@pytest.mark.parametrize("strategies", STRATEGIES, ids="+".join)
def test_bought_by_one_order_it_is_theirs_for_good(shop: Shop, strategies: tuple[str, ...]) -> None:
    shop.configure(STRATEGIES=strategies)
    checkout = shop.begin("book_once_v1")
    assert (checkout.strategy, checkout.next_step) == ("order", "go")
    pay(shop, checkout)
    row = again(checkout.subscription)
    assert (row.status, row.slot_key) == (Status.PAID, None)
    assert (row.access.allowed, row.access.until, row.access.why) == (True, None, "paid")
    assert form_payer("nonce", EMAIL).access("book")
    assert state(checkout) == State.READY
    assert shop.come_back(checkout).status == CheckoutStatus.DONE
    assert statuses(row) == [PaymentStatus.PAID]
    assert told("subscription.paid") == told("payment.paid") == 1
    assert shop.flow.customers == {}
    assert shop.flow.subscriptions == {}
    assert kinds() == []


def test_never_renewed(shop: Shop) -> None:
    row = buy(shop)
    pass_days(shop, 3)
    assert again(row).next_sync_at is None
    shop.flow.clock.advance(days=4000)
    shop.sweep()
    row = again(row)
    assert (row.status, row.access.allowed, row.access.until) == (Status.PAID, True, None)
    assert calls(shop, "payment/createEmail") == 0
    assert row.checkouts.count() == 1
    assert charged(shop.flow) == 30000


def test_a_pass_gives_access_for_its_days_and_no_grace(shop: Shop) -> None:
    row = buy(shop, "pass_once_v1")
    assert row.status == Status.PAID
    assert row.access.until is not None
    assert row.access.until.isoformat() == "2026-02-12T03:00:00+00:00"  # thirty days, the first counted
    assert row.period_start is not None
    assert row.access.until - row.period_start == timedelta(days=30)
    shop.flow.clock.to("2026-02-11 23:00:00")
    assert again(row).access.allowed
    shop.flow.clock.to("2026-02-12 00:30:00")
    assert again(row).access.why == "run_out"
    shop.sweep()
    assert again(row).status == Status.PAID


def test_bought_again_in_the_same_slot(shop: Shop) -> None:
    first = buy(shop, "pass_once_v1")
    second = buy(shop, "pass_once_v1")
    assert first.pk != second.pk
    assert (first.status, second.status) == (Status.PAID, Status.PAID)
    assert charged(shop.flow) == 14000
    assert kinds() == []


def test_a_double_click_is_one_order(shop: Shop) -> None:
    assert shop.begin("book_once_v1").pk == shop.begin("book_once_v1").pk
    assert calls(shop, "payment/create") == 1


def test_a_subscription_and_a_one_time_plan_side_by_side(shop: Shop) -> None:
    subscription = shop.subscribe()
    book = buy(shop)
    assert again(subscription).status == Status.ACTIVE
    assert (book.status, book.strategy) == (Status.PAID, "order")
    assert charged(shop.flow) == 40000


def test_refused_at_the_bank_and_paid_at_the_second_try(shop: Shop) -> None:
    checkout = shop.begin("book_once_v1")
    shop.flow.reject(token_in(checkout.url), code=-3)
    checkout = shop.come_back(checkout)
    assert (checkout.next_step, checkout.reason) == ("retry", "-3")
    pay(shop, retry(checkout))
    assert again(checkout.subscription).status == Status.PAID
    assert charged(shop.flow) == 30000


@pytest.mark.parametrize("kind", [*LOST_BEFORE, *LOST_AFTER])
def test_a_lost_answer_sells_once(shop: Shop, kind: str) -> None:
    shop.configure(TIMEOUT=0.5)
    shop.flow.faults.add("payment/create", kind)
    checkout = shop.begin("book_once_v1")
    assert state(checkout) == State.DOUBT
    pass_time(shop, 3)
    pay(shop, checkout)
    assert again(checkout.subscription).status == Status.PAID
    assert Checkout.objects.count() == Subscription.objects.count() == 1
    assert charged(shop.flow) == 30000


@pytest.mark.parametrize("callback", [True, False], ids=["told", "untold"])
def test_left_and_paid_in_the_last_minute(shop: Shop, callback: bool) -> None:
    checkout = shop.begin("book_once_v1")
    shop.flow.clock.advance(hours=23, minutes=59)
    if not callback:
        shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    pass_time(shop, 10)
    row = again(checkout.subscription)
    assert (row.status, row.access.allowed) == (Status.PAID, True)
    assert Checkout.objects.get().status == CheckoutStatus.DONE
    assert kinds() == []


def test_given_up_and_paid_all_the_same_it_is_theirs_and_a_person_is_told(shop: Shop) -> None:
    checkout = shop.begin("book_once_v1")
    checkout.subscription.cancel()
    pay(shop, checkout)
    row = again(checkout.subscription)
    assert (row.status, row.access.allowed, row.slot_key) == (Status.PAID, True, None)
    assert kinds() == ["unexpected_move"]


def test_another_amount_sells_nothing(shop: Shop) -> None:
    checkout = shop.begin("book_once_v1")
    shop.flow.faults.add("payment", "other_amount", times=None, amount="350")
    pay(shop, checkout)
    row = again(checkout.subscription)
    assert row.status == Status.PENDING
    assert not row.access.allowed
    assert told("subscription.paid") == told("payment.paid") == 0
    assert kinds() == ["amount"]


def test_both_pages_paid_is_one_book_and_a_proposed_refund(shop: Shop) -> None:
    """Should Flow let both orders of one name be paid: it is nowhere documented."""
    shop.flow.options.order_paid_once = False
    checkout = shop.begin("book_once_v1")
    first = token_in(checkout.url)
    shop.flow.reject(first)
    pay(shop, retry(shop.come_back(checkout)))
    shop.flow.pay(first)
    row = again(checkout.subscription)
    assert (row.status, statuses(row)) == (Status.PAID, [PaymentStatus.PAID])
    assert kinds() == ["double"]


def test_what_was_bought_cannot_be_cancelled(shop: Shop) -> None:
    row = buy(shop)
    for at_period_end in (True, False):
        with pytest.raises(NotPossible):
            row.cancel(at_period_end=at_period_end)
    assert again(row).access.allowed
