"""Taken up again before it ended: a successor at Flow, the same row here, nothing charged before its day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from payment_subscriptions.exceptions import Busy, NotPossible, OutcomeUnknown, Refused
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Notice, Subscription
from payment_subscriptions.simulators.flow.records import ACTIVE, CANCELLED, NOT_STARTED
from tests.shop import Shop, charged

pytestmark = pytest.mark.slow  # whole ways through HTTP: the contract has the shortest of them

SANTIAGO = ZoneInfo("America/Santiago")
LOST_BEFORE = ["reset_before_commit", "timeout_before_commit", "http_error"]
LOST_AFTER = ["reset_after_commit", "timeout_after_commit", "html_200"]


def row() -> Subscription:
    return Subscription.objects.get()


def events(prefix: str = "subscription.") -> list[str]:
    names = Event.objects.filter(name__startswith=prefix).order_by("pk")
    return list(names.values_list("name", flat=True))


def at_flow(shop: Shop) -> list[int]:
    """The statuses of Flow's subscriptions, in the order in which they were made."""
    return [each.status for each in shop.flow.subscriptions.values()]


def days(shop: Shop, number: int, *, allowed: bool = True) -> None:
    """Day by day: what it says of itself never wavers, and nothing is found wrong."""
    for _day in range(number):
        shop.move(days=1)
        shop.sweep(1)
        if allowed:
            assert row().access.allowed
            assert row().status in (Status.ACTIVE, Status.TRIALING)


def leaving(shop: Shop, price: str = "pro_monthly_v1") -> Subscription:
    shop.subscribe(price)
    shop.move(days=5)
    return row().cancel()


def test_taken_up_again_it_goes_on_as_if_nothing_had_been(shop: Shop) -> None:
    leaving(shop)
    first = row().reference
    subscription = row().resume()
    assert (subscription.status, subscription.is_cancelling) == (Status.ACTIVE, False)
    assert subscription.next_charge_at == datetime(2026, 2, 13, tzinfo=SANTIAGO)
    assert at_flow(shop) == [ACTIVE, NOT_STARTED]
    assert charged(shop.flow) == 10000
    days(shop, 25)
    assert row().reference == first
    days(shop, 10)
    assert row().reference != first
    assert row().successor_reference == ""
    assert at_flow(shop) == [CANCELLED, ACTIVE]
    assert charged(shop.flow) == 20000
    days(shop, 60)
    assert [payment.status for payment in row().payments.all()] == [PaymentStatus.PAID] * 4
    assert charged(shop.flow) == 40000
    assert not Discrepancy.objects.exists()
    assert set(Notice.objects.values_list("state", flat=True)) == {"done"}
    assert events() == [
        "subscription.opened",
        "subscription.activated",
        "subscription.cancel_scheduled",
        "subscription.resumed",
    ]


def test_with_every_callback_lost_the_sweep_reaches_the_same_rows(shop: Shop) -> None:
    leaving(shop)
    shop.flow.faults.add("callback", "lost", times=None)
    row().resume()
    days(shop, 70)
    assert [payment.status for payment in row().payments.all()] == [PaymentStatus.PAID] * 3
    assert not Discrepancy.objects.exists()


def test_a_successors_notice_finds_the_row_before_anybody_looked(shop: Shop) -> None:
    leaving(shop)
    first = row().reference
    row().resume()
    shop.move(days=40)
    assert row().reference != first
    assert row().payments.count() == 2
    assert set(Notice.objects.values_list("state", flat=True)) == {"done"}


def test_an_old_notice_that_comes_again_after_the_switch_is_known(shop: Shop) -> None:
    shop.subscribe()
    shop.flow.faults.add("callback", "repeated", copies=2, seconds=50 * 86400)
    shop.move(months=1)
    row().cancel()
    row().resume()
    days(shop, 60)
    assert not Discrepancy.objects.exists()
    assert set(Notice.objects.values_list("state", flat=True)) == {"done"}


def test_a_trial_is_taken_up_again_and_is_not_given_twice(shop: Shop) -> None:
    shop.subscribe("trial_monthly_v1")
    shop.move(days=2)
    row().cancel()
    subscription = row().resume()
    assert (subscription.status, subscription.is_cancelling) == (Status.TRIALING, False)
    days(shop, 4)
    assert charged(shop.flow) == 0
    days(shop, 4)
    assert row().status == Status.ACTIVE
    assert charged(shop.flow) == 20000
    assert len(shop.flow.subscriptions) == 2
    assert not Discrepancy.objects.exists()
    assert row().trial_end == datetime(2026, 1, 20, tzinfo=SANTIAGO)


def test_a_resumed_trial_whose_first_charge_is_declined_is_late_with_grace(shop: Shop) -> None:
    shop.subscribe("trial_monthly_v1")
    row().cancel()
    row().resume()
    shop.flow.decline_next(times=None)
    days(shop, 8, allowed=False)
    assert row().status == Status.PAST_DUE
    assert row().access.why == "grace"
    assert not Discrepancy.objects.exists()


def test_by_link(shop: Shop) -> None:
    shop.configure(STRATEGIES=["link"])
    shop.begin()
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    row().cancel()
    assert row().resume().is_cancelling is False
    days(shop, 29)
    shop.move(days=3)
    shop.sweep()
    assert (row().access.allowed, len(row().owed)) == (True, 1)
    assert row().status != Status.PENDING  # the bill of the successor is its first, not theirs
    assert len(shop.flow.invoices) == 2
    shop.flow.pay_invoice(list(shop.flow.invoices)[-1])
    assert row().status == Status.ACTIVE
    assert charged(shop.flow) == 20000
    assert not Discrepancy.objects.exists()


def test_by_order_the_next_order_is_made_after_all(shop: Shop) -> None:
    shop.configure(STRATEGIES=["order"])
    shop.begin()
    shop.flow.pay(next(iter(shop.flow.orders)))
    row().cancel()
    assert row().is_cancelling
    subscription = row().resume()
    assert (subscription.status, subscription.is_cancelling) == (Status.ACTIVE, False)
    days(shop, 28)
    assert len(shop.flow.orders) == 2


# --- cancelled again --------------------------------------------------------------------------


def test_cancelled_again_before_the_successor_begins_both_end(shop: Shop) -> None:
    leaving(shop)
    row().resume()
    subscription = row().cancel()
    assert subscription.is_cancelling
    assert subscription.successor_reference == ""
    days(shop, 40, allowed=False)
    assert row().status == Status.CANCELLED
    assert at_flow(shop) == [CANCELLED, CANCELLED]
    assert charged(shop.flow) == 10000
    assert not Discrepancy.objects.exists()


def test_cancelled_again_and_taken_up_a_third_time(shop: Shop) -> None:
    leaving(shop)
    row().resume()
    row().cancel()
    assert not row().resume().is_cancelling
    days(shop, 40)
    assert charged(shop.flow) == 20000
    assert not Discrepancy.objects.exists()


def test_cancelled_now_with_a_successor_waiting(shop: Shop) -> None:
    leaving(shop)
    row().resume()
    assert row().cancel(at_period_end=False).status == Status.CANCELLED
    assert at_flow(shop) == [CANCELLED, CANCELLED]
    days(shop, 40, allowed=False)
    assert charged(shop.flow) == 10000
    assert not Discrepancy.objects.exists()


@pytest.mark.parametrize("at_period_end", [True, False])
@pytest.mark.parametrize("fault", LOST_BEFORE + LOST_AFTER)
def test_a_lost_answer_of_the_second_cancellation(shop: Shop, fault: str, at_period_end: bool) -> None:
    shop.configure(TIMEOUT=0.5)
    leaving(shop)
    row().resume()
    shop.flow.faults.add("subscription/cancel", fault)
    with pytest.raises(OutcomeUnknown):
        row().cancel(at_period_end=at_period_end)
    shop.flow.clock.advance(minutes=2)
    shop.sweep()
    assert at_flow(shop)[1] == CANCELLED
    assert row().is_cancelling if at_period_end else row().status == Status.CANCELLED
    days(shop, 40, allowed=False)
    assert charged(shop.flow) == 10000
    assert not Discrepancy.objects.exists()


def test_a_cancellation_that_finds_the_resumption_done_but_not_yet_seen_ends_both(shop: Shop) -> None:
    """The successor was made, and Flow could not be asked about it."""
    leaving(shop)
    shop.flow.faults.add("subscription/get", "http_error", times=None, skip=1)
    row().resume()
    shop.flow.faults.clear()
    assert row().successor_reference
    subscription = row().cancel()
    assert subscription.is_cancelling
    days(shop, 40, allowed=False)
    assert at_flow(shop) == [CANCELLED, CANCELLED]
    assert charged(shop.flow) == 10000


# --- lost answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST_BEFORE + LOST_AFTER)
def test_a_lost_answer_makes_one_successor(shop: Shop, fault: str) -> None:
    shop.configure(TIMEOUT=0.5)
    leaving(shop)
    shop.flow.faults.add("subscription/create", fault)
    subscription = row().resume()
    assert subscription.is_cancelling
    attempt = Checkout.objects.get(purpose="resume")
    assert attempt.status == CheckoutStatus.IN_DOUBT
    with pytest.raises(Busy):
        row().cancel()
    row().resume()
    for _minute in range(25):
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    attempt.refresh_from_db()
    assert attempt.status == CheckoutStatus.DONE
    assert len(shop.flow.subscriptions) == 2
    assert not row().is_cancelling
    days(shop, 40)
    assert charged(shop.flow) == 20000
    assert shop.flow.books.twice() == []
    assert not Discrepancy.objects.exists()
    assert events().count("subscription.resumed") == 1


@pytest.mark.parametrize("seconds", [30, 300])
def test_a_successor_that_is_made_later_is_found(shop: Shop, seconds: int) -> None:
    leaving(shop)
    shop.flow.faults.add("subscription/create", "late_commit", seconds=seconds)
    row().resume()
    for _minute in range(25):
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    assert len(shop.flow.subscriptions) == 2
    assert not row().is_cancelling


def test_what_could_not_be_sent_is_called_off_by_a_cancellation(shop: Shop) -> None:
    leaving(shop)
    shop.configure(API_URL="http://127.0.0.1:9/api")
    row().resume()
    shop.configure(API_URL=shop.flow.api_url)
    assert row().cancel().is_cancelling
    days(shop, 40, allowed=False)
    assert len(shop.flow.subscriptions) == 1
    assert row().status == Status.CANCELLED


def test_what_was_held_up_until_its_end_is_not_taken_up_again(shop: Shop) -> None:
    """A successor that began today would be charged today, for a period that nobody chose."""
    shop.subscribe()
    shop.flow.clock.to("2026-02-12 23:00:00")
    row().cancel()
    shop.configure(API_URL="http://127.0.0.1:9/api")
    row().resume()
    shop.configure(API_URL=shop.flow.api_url)
    shop.move(hours=2)
    shop.sweep()
    attempt = Checkout.objects.get(purpose="resume")
    assert (attempt.status, attempt.reason) == (CheckoutStatus.REFUSED, "ended")
    assert len(shop.flow.subscriptions) == 1
    assert row().status == Status.CANCELLED
    assert charged(shop.flow) == 10000


# --- refused, and at once ---------------------------------------------------------------------


def test_after_its_end_or_while_it_goes_on_it_is_refused(shop: Shop) -> None:
    shop.subscribe()
    with pytest.raises(NotPossible):
        row().resume()
    row().cancel()
    shop.flow.clock.advance(days=32)
    with pytest.raises(NotPossible):
        row().resume()
    shop.sweep()
    with pytest.raises(NotPossible):
        row().resume()
    assert len(shop.flow.subscriptions) == 1


def test_twice_makes_one_successor(shop: Shop) -> None:
    leaving(shop)
    row().resume()
    with pytest.raises(NotPossible):
        row().resume()
    assert len(shop.flow.subscriptions) == 2


def test_twice_before_flow_could_be_asked_makes_one_successor(shop: Shop) -> None:
    leaving(shop)
    shop.flow.faults.add("subscription/get", "http_error", times=None, skip=1)
    row().resume()
    with pytest.raises(NotPossible):
        row().resume()
    shop.flow.faults.clear()
    assert len(shop.flow.subscriptions) == 2


def test_clicks_at_once_make_one_successor(shop: Shop) -> None:
    leaving(shop)

    def click(_number: int) -> None:
        try:
            row().resume()
        except (Busy, NotPossible):
            pass
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(click, range(4)))
    shop.sweep()
    assert len(shop.flow.subscriptions) == 2
    days(shop, 40)
    assert charged(shop.flow) == 20000


def test_refused_by_flow_it_stays_as_it_was(shop: Shop) -> None:
    leaving(shop)
    shop.flow.faults.add("subscription/create", "error", code=1999, message="Something is not valid")
    with pytest.raises(Refused):
        row().resume()
    assert row().is_cancelling
    days(shop, 40, allowed=False)
    assert row().status == Status.CANCELLED


def test_the_price_of_a_resumed_subscription_can_change_once_the_successor_has_begun(shop: Shop) -> None:
    leaving(shop)
    row().resume()
    with pytest.raises(NotPossible):
        row().preview_change("basic_monthly_v1")
    days(shop, 40)
    subscription = row()
    assert subscription.change_plan(subscription.preview_change("basic_monthly_v1")).plan == "basic"


def test_cancelled_once_the_successor_has_begun_unseen_what_was_paid_goes_on(shop: Shop) -> None:
    """Its period is paid, and our row does not know yet that it has begun."""
    leaving(shop)
    row().resume()
    shop.flow.faults.add("callback", "lost", times=None)
    shop.move(days=27)
    assert charged(shop.flow) == 20000
    assert row().successor_reference
    subscription = row().cancel()
    assert (subscription.status, subscription.is_cancelling) == (Status.ACTIVE, True)
    assert subscription.access.until == datetime(2026, 3, 13, tzinfo=SANTIAGO)
    days(shop, 40, allowed=False)
    assert at_flow(shop) == [CANCELLED, CANCELLED]
    assert charged(shop.flow) == 20000


def test_with_a_bill_open_it_is_not_taken_up_and_what_is_paid_of_it_is_seen(shop: Shop) -> None:
    shop.flow.options.links_after_cancel = True
    shop.configure(STRATEGIES=["link"])
    shop.begin()
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    shop.move(months=1)
    shop.sweep()
    bill = list(shop.flow.invoices)[-1]
    row().cancel()
    with pytest.raises(Refused, match="owes"):
        row().resume()
    days(shop, 31, allowed=False)
    shop.flow.pay_invoice(bill)
    assert row().payments.get(reference=str(bill)).status == PaymentStatus.PAID
    assert not Discrepancy.objects.exists()


def test_while_a_change_is_in_doubt_it_is_not_taken_up(shop: Shop) -> None:
    """At which price would it go on?"""
    shop.subscribe("basic_monthly_v1")
    shop.flow.faults.add("subscription/changePlan", "reset_after_commit")
    row().change_plan(row().preview_change("pro_monthly_v1", at_period_end=False))
    row().cancel()
    with pytest.raises(Busy):
        row().resume()
    for _look in range(12):
        shop.move(minutes=1)
        shop.sweep(1)
    assert row().resume().price_key == "pro_monthly_v1"
    days(shop, 40)
    assert row().price_key == "pro_monthly_v1"
    assert not Discrepancy.objects.exists()


def test_by_link_the_successors_first_bill_is_no_debt_before_its_day(shop: Shop) -> None:
    shop.configure(STRATEGIES=["link"])
    shop.begin()
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    row().cancel()
    row().resume()
    days(shop, 29)
    shop.move(days=2)
    shop.sweep()
    assert row().status == Status.ACTIVE
    assert not Event.objects.filter(name="subscription.past_due").exists()
    days(shop, 5, allowed=False)
    assert row().status == Status.PAST_DUE
