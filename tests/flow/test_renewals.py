"""Periods that are ours: ordered, e-mailed, paid or not, from month to month."""

from __future__ import annotations

import itertools
import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Event, Payment, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price
from payment_subscriptions.renewals import open_due, order_of
from payment_subscriptions.simulators.flow.records import ANNULLED, Order
from payment_subscriptions.sweep import sweep
from payment_subscriptions.verbs import sync_due
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
    statuses,
    told,
)
from tests.foreign import Killed
from tests.kills import killed_at_statement
from tests.shop import EMAIL, Shop, charged

pytestmark = pytest.mark.slow  # whole ways through HTTP: the contract has the shortest of them

SANTIAGO = ZoneInfo("America/Santiago")
WEBHOOK = "/pagos/api/flow/webhook/"


@pytest.fixture(autouse=True)
def by_order(shop: Shop) -> None:
    shop.configure(STRATEGIES=("order",))


def subscriber(shop: Shop, price: str = "pro_monthly_v1", nonce: str = "nonce") -> Subscription:
    checkout = shop.begin(price, nonce)
    pay(shop, checkout)
    return again(checkout.subscription)


def day(moment: datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(SANTIAGO).date().isoformat()


def letters(shop: Shop) -> int:
    return len(shop.flow.outbox.of("payment"))


def newest(shop: Shop) -> Order:
    return list(shop.flow.orders.values())[-1]


def to_day(shop: Shop, wall: str) -> None:
    """Sweep by sweep, twice a day."""
    end = datetime.fromisoformat(wall)
    while shop.flow.clock.local() < end:
        shop.move(hours=12)
        shop.sweep(2)


def ordered(shop: Shop, **options: Any) -> Subscription:
    """A subscriber on the eve of the 13th of February, the letter sent."""
    row = subscriber(shop, **options)
    to_day(shop, "2026-02-09 10:00")
    assert letters(shop) == 1
    return again(row)


def test_the_next_period_is_ordered_once_five_days_before_and_mailed(shop: Shop) -> None:
    row = subscriber(shop)
    to_day(shop, "2026-02-07 22:00")
    assert letters(shop) == 0
    to_day(shop, "2026-02-09 10:00")
    (letter,) = shop.flow.outbox.of("payment")
    assert letter.to == EMAIL
    attempt = row.checkouts.get(purpose="renew")
    assert attempt.order == f"{row.public_id.hex}-20260213"
    assert len(attempt.order) <= 45
    assert (attempt.status, day(attempt.period_start)) == (CheckoutStatus.DONE, "2026-02-13")
    (order,) = orders_of(shop, attempt.order)
    assert order.status != ANNULLED
    row = again(row)
    assert row.status == Status.ACTIVE
    (owed,) = row.owed
    assert (owed.order, day(owed.due_at)) == (attempt.order, "2026-02-16")
    assert owed.pay_url.endswith(order.token)
    assert told("subscription.renewal_ordered") == 1
    to_day(shop, "2026-02-12 10:00")
    assert (letters(shop), calls(shop, "payment/createEmail")) == (1, 1)


def test_looks_by_notices_and_pages_do_not_put_the_order_off(shop: Shop) -> None:
    row = subscriber(shop)
    to_day(shop, "2026-02-07 22:00")
    shop.move(hours=2, minutes=10)  # its day has begun, and no sweep has been yet
    for _look in range(6):
        shop.move(minutes=1)
        again(row).sync()
    assert letters(shop) == 0
    for _minute in range(10):
        shop.move(minutes=1)
        shop.sweep()
    assert letters(shop) == 1


def test_reminders_and_an_end_are_asked_for(shop: Shop) -> None:
    shop.configure(REMIND_AFTER_DAYS=4, REMIND_TIMES=3)
    where = {"forward_days_after": "4", "forward_times": "3", "currency": "CLP", "amount": "10000"}
    sent = shop.flow.faults.add("payment/createEmail", "slow", where=where, seconds=0)
    row = ordered(shop)
    assert sent.hits == 1
    order = newest(shop)
    to_day(shop, "2026-03-04 12:00")  # 3 days until it is due, 15 more until it ends
    assert again(row).status == Status.FAILED
    assert order.status == ANNULLED


def test_three_months_paid_early_on_the_day_and_late(shop: Shop) -> None:
    row = ordered(shop)
    shop.flow.pay(newest(shop).token)  # four days early
    row = again(row)
    assert (row.status, day(row.paid_through)) == (Status.ACTIVE, "2026-03-13")
    to_day(shop, "2026-03-13 10:00")
    shop.flow.pay(newest(shop).token)  # on the day
    row = again(row)
    assert (row.status, day(row.paid_through)) == (Status.ACTIVE, "2026-04-13")
    to_day(shop, "2026-04-15 20:00")
    assert again(row).status == Status.ACTIVE
    to_day(shop, "2026-04-17 10:00")
    row = again(row)
    assert row.status == Status.PAST_DUE
    assert not row.access.allowed
    shop.flow.pay(newest(shop).token)  # four days late
    row = again(row)
    assert (row.status, day(row.paid_through)) == (Status.ACTIVE, "2026-05-13")
    assert row.access.why == "paid"
    periods = [(day(payment.period_start), day(payment.period_end)) for payment in row.payments.all()]
    days = ["2026-01-13", "2026-02-13", "2026-03-13", "2026-04-13", "2026-05-13"]
    assert periods == list(itertools.pairwise(days))
    assert (letters(shop), charged(shop.flow)) == (3, 40000)
    assert told("subscription.past_due") == told("subscription.recovered") == 1
    assert kinds() == []


def test_with_every_callback_lost_the_sweep_finds_the_payment(shop: Shop) -> None:
    shop.flow.faults.add("callback", "lost", times=None)
    row = shop.begin()
    pay(shop, row)
    for _month in range(3):
        before = letters(shop)
        for _half_day in range(70):
            if letters(shop) > before:
                break
            shop.move(hours=12)
            shop.sweep(2)
        shop.flow.pay(newest(shop).token)
        pass_days(shop, 6)
    subscription = Subscription.objects.get()
    assert statuses(subscription) == [PaymentStatus.PAID] * 4
    assert day(subscription.paid_through) == "2026-05-13"
    assert kinds() == []


def test_access_is_what_is_paid_and_the_grace(shop: Shop) -> None:
    row = ordered(shop)
    assert row.paid_through is not None
    assert row.access.until == row.paid_through + timedelta(days=3)
    to_day(shop, "2026-02-15 22:00")
    assert again(row).access.why == "grace"
    to_day(shop, "2026-02-16 12:00")
    assert again(row).access.why == "run_out"


def test_never_paid_it_is_past_due_and_then_ends_and_nothing_is_ordered_any_more(shop: Shop) -> None:
    row = ordered(shop)
    to_day(shop, "2026-02-16 22:00")
    assert again(row).status == Status.PAST_DUE
    to_day(shop, "2026-03-02 22:00")
    assert again(row).status == Status.PAST_DUE
    to_day(shop, "2026-03-03 22:00")
    row = again(row)
    assert (row.status, row.slot_key) == (Status.FAILED, None)
    assert statuses(row) == [PaymentStatus.PAID, PaymentStatus.CANCELLED]
    assert row.owed == []
    pass_days(shop, 60)
    assert (letters(shop), charged(shop.flow)) == (1, 10000)
    assert again(row).next_sync_at is None
    assert told("subscription.failed") == 1
    assert shop.begin().pk  # the seat is free
    assert kinds() == []


MANY = Plan(
    "many",
    "Many",
    (
        Price("day", Money(1000, "CLP"), Interval.DAY, 10),
        Price("week", Money(1000, "CLP"), Interval.WEEK, 2),
        Price("month", Money(1000, "CLP")),
        Price("quarter", Money(1000, "CLP"), Interval.MONTH, 3),
        Price("year", Money(1000, "CLP"), Interval.YEAR),
    ),
)
CALENDARS = [
    ("2027-10-31 09:00:00", "month", ["2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31"]),
    ("2026-12-31 23:30:00", "month", ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
    ("2026-11-30 12:00:00", "quarter", ["2027-02-28", "2027-05-30"]),
    ("2028-02-29 12:00:00", "year", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
    ("2026-03-22 00:10:00", "week", ["2026-04-05", "2026-04-19"]),  # 2026-04-05: the clock goes back
    ("2026-08-23 00:10:00", "week", ["2026-09-06", "2026-09-20"]),  # 2026-09-06: midnight does not exist
    ("2026-08-27 12:00:00", "day", ["2026-09-06", "2026-09-16", "2026-09-26"]),
    ("2026-08-06 12:00:00", "month", ["2026-09-06", "2026-10-06"]),
]


@pytest.mark.parametrize(("begins", "price", "days"), CALENDARS, ids=lambda value: str(value)[:19])
def test_periods_join_without_a_gap(
    shop: Shop, settings: Any, begins: str, price: str, days: list[str]
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, "PLANS": (MANY,)}
    shop.flow.clock.set(begins)
    row = subscriber(shop, price)
    assert day(row.period_start) == begins[:10]
    for expected in days:
        row = again(row)
        assert row.paid_through is not None
        assert day(row.paid_through) == expected
        to = (row.paid_through - timedelta(days=4)).astimezone(SANTIAGO)
        shop.flow.clock.to(max(to.replace(tzinfo=None), shop.flow.clock.local()))
        shop.sweep(2)
        assert newest(shop).commerce_order.endswith(expected.replace("-", ""))
        shop.flow.pay(newest(shop).token)
    row = again(row)
    payments = list(row.payments.all())
    assert [day(payment.period_end) for payment in payments][:-1] == days
    for before, after in itertools.pairwise(payments):
        assert before.period_end == after.period_start
    assert kinds() == []


def test_down_for_weeks_and_back_the_order_made_late_is_not_late_at_once(shop: Shop) -> None:
    row = subscriber(shop)
    shop.flow.clock.to("2026-03-01 10:00:00")  # nobody swept
    shop.sweep()
    row = again(row)
    assert row.status == Status.ACTIVE
    assert told("subscription.past_due") == 0
    assert letters(shop) == 1
    assert not row.access.allowed  # what was paid has run out
    to_day(shop, "2026-03-03 22:00")
    assert again(row).status == Status.ACTIVE
    to_day(shop, "2026-03-04 22:00")
    assert again(row).status == Status.PAST_DUE
    shop.flow.pay(newest(shop).token)
    row = again(row)
    assert (row.status, day(row.paid_through)) == (Status.ACTIVE, "2026-03-13")
    assert letters(shop) == 1


def test_a_change_of_price_begins_with_the_first_period_that_nobody_was_asked_to_pay(
    shop: Shop, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, "PLANS": (MANY,)}
    shop.flow.clock.set("2026-12-31 09:00:00")
    row = subscriber(shop, "month")
    assert day(row.preview_change("quarter", at_period_end=True).at) == "2027-01-31"
    to_day(shop, "2027-01-27 10:00")
    assert day(row.preview_change("quarter", at_period_end=True).at) == "2027-02-28"
    shop.flow.pay(newest(shop).token)
    to_day(shop, "2027-02-24 10:00")
    assert day(row.preview_change("quarter", at_period_end=True).at) == "2027-03-31"


def test_the_days_are_the_projects_to_choose(shop: Shop, settings: Any) -> None:
    days = {"RENEW_DAYS_BEFORE": 10, "UNPAID_ENDS_AFTER_DAYS": 1}
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, **days}
    row = subscriber(shop)
    to_day(shop, "2026-02-02 20:00")
    assert letters(shop) == 0
    to_day(shop, "2026-02-04 10:00")
    assert letters(shop) == 1
    to_day(shop, "2026-02-17 10:00")
    assert again(row).status == Status.FAILED


# A lost answer


def until_ordered(shop: Shop) -> Subscription:
    row = subscriber(shop)
    shop.flow.clock.to("2026-02-08 00:20:00")
    shop.sweep(1)
    return again(row)


@pytest.mark.parametrize("kind", LOST_AFTER)
def test_the_letter_was_sent_though_its_answer_was_lost(shop: Shop, kind: str) -> None:
    shop.configure(TIMEOUT=0.5)
    shop.flow.faults.add("payment/createEmail", kind)
    row = until_ordered(shop)
    attempt = row.checkouts.get(purpose="renew")
    assert attempt.status == CheckoutStatus.IN_DOUBT
    assert row.status == Status.ACTIVE
    pass_time(shop, 40)
    attempt.refresh_from_db()
    assert attempt.status == CheckoutStatus.DONE
    assert (letters(shop), calls(shop, "payment/createEmail")) == (1, 1)
    shop.flow.pay(newest(shop).token)
    assert day(again(row).paid_through) == "2026-03-13"


@pytest.mark.parametrize("kind", LOST_BEFORE)
def test_absent_twice_ten_minutes_apart_the_letter_is_sent(shop: Shop, kind: str) -> None:
    shop.configure(TIMEOUT=0.5)
    shop.flow.faults.add("payment/createEmail", kind)
    row = until_ordered(shop)
    for _look in range(9):
        pass_time(shop, 1)
        assert calls(shop, "payment/createEmail") == 1
    pass_time(shop, 20)
    assert (letters(shop), calls(shop, "payment/createEmail")) == (1, 2)
    shop.flow.pay(newest(shop).token)
    assert day(again(row).paid_through) == "2026-03-13"
    assert kinds() == []


def test_a_letter_that_goes_out_minutes_after_its_answer_was_lost(shop: Shop) -> None:
    shop.flow.faults.add("payment/createEmail", "late_commit", seconds=300)
    until_ordered(shop)
    pass_time(shop, 40)
    assert (letters(shop), calls(shop, "payment/createEmail")) == (1, 1)


def test_killed_at_any_statement_exactly_one_letter_goes_out(shop: Shop) -> None:
    """Between the row and the call, and between the call and its answer, are two of them."""
    rows = [subscriber(shop, nonce=str(number)) for number in range(60)]
    shop.flow.clock.to("2026-02-08 00:20:00")
    for number, row in enumerate(rows):
        with killed_at_statement(number):
            try:
                sync_due(row)
            except Killed:
                continue
            break
    assert 15 < number < 59
    rows = rows[: number + 1]
    Subscription.objects.exclude(pk__in=[row.pk for row in rows]).update(next_sync_at=None)
    pass_time(shop, 30, 2)
    for row in rows:
        where = f"killed at statement {rows.index(row)}"
        assert row.checkouts.get(purpose="renew").status == CheckoutStatus.DONE, where
        order = order_of(row, row.paid_through)  # type: ignore[arg-type]
        assert len(orders_of(shop, order)) == 1, where
    assert letters(shop) == len(rows)


def test_a_period_that_cannot_be_ordered_waits_for_a_person_once(shop: Shop) -> None:
    row = subscriber(shop)
    shop.flow.faults.add(
        "payment/createEmail", "error", code=1620, message="The userEmail: x is not valid.", times=None
    )
    to_day(shop, "2026-02-20 10:00")
    attempt = row.checkouts.get(purpose="renew")
    assert (attempt.status, attempt.reason) == (CheckoutStatus.REFUSED, "1620")
    assert calls(shop, "payment/createEmail") == 1
    assert kinds() == ["renewal"]
    assert told("discrepancy.found") == 1
    row = again(row)
    assert row.status == Status.PAST_DUE
    to_day(shop, "2026-03-05 10:00")
    assert (again(row).status, again(row).slot_key) == (Status.FAILED, None)
    assert kinds() == ["renewal"]


# Leaving and staying


def test_cancelled_with_the_period_nothing_is_ordered(shop: Shop) -> None:
    row = subscriber(shop).cancel()
    assert (row.status, row.cancel_at_period_end, row.cancel_requested) == (Status.ACTIVE, True, "")
    shop.flow.clock.to("2026-02-10 10:00:00")
    Subscription.objects.update(next_sync_at=shop.flow.clock.now())  # whatever makes it due in those days
    shop.sweep()
    assert letters(shop) == 0
    to_day(shop, "2026-02-14 10:00")
    row = again(row)
    assert (row.status, row.slot_key) == (Status.CANCELLED, None)
    assert day(row.ended_at) == "2026-02-13"
    assert letters(shop) == 0
    assert kinds() == []


def test_cancelled_between_the_look_and_the_order_nothing_is_ordered(shop: Shop) -> None:
    row = subscriber(shop)
    shop.flow.clock.to("2026-02-08 00:20:00")
    seen = again(row)
    row.cancel()
    assert open_due(seen) is None
    assert letters(shop) == 0


def test_cancelled_with_the_period_after_the_letter_went_out(shop: Shop) -> None:
    row = ordered(shop)
    order = newest(shop)
    row = row.cancel()
    to_day(shop, "2026-02-14 10:00")
    assert again(row).status == Status.CANCELLED
    shop.flow.lose_next_callbacks()
    shop.flow.pay(order.token)
    to_day(shop, "2026-03-06 10:00")  # it is asked about once more when it lapses
    row = again(row)
    assert row.status == Status.CANCELLED
    assert statuses(row) == [PaymentStatus.PAID, PaymentStatus.PAID]
    assert kinds() == ["late"]
    assert row.next_sync_at is None


def test_cancelled_with_the_period_and_the_open_letter_lapses(shop: Shop) -> None:
    row = ordered(shop).cancel()
    to_day(shop, "2026-03-06 10:00")
    row = again(row)
    assert statuses(row) == [PaymentStatus.PAID, PaymentStatus.CANCELLED]
    assert (row.owed, row.next_sync_at) == ([], None)
    assert kinds() == []


@pytest.mark.parametrize("callback", [True, False], ids=["told", "untold"])
def test_cancelled_now_and_the_letter_paid_all_the_same(shop: Shop, callback: bool) -> None:
    row = ordered(shop).cancel(at_period_end=False)
    assert row.status == Status.CANCELLED
    assert not row.access.allowed
    if not callback:
        shop.flow.lose_next_callbacks()
    shop.flow.pay(newest(shop).token)
    pass_days(shop, 2)
    row = again(row)
    assert row.status == Status.CANCELLED
    assert not row.access.allowed
    assert statuses(row) == [PaymentStatus.PAID, PaymentStatus.PAID]
    assert kinds() == ["late"]
    assert row.cancel_requested == ""
    assert row.sync().status == Status.CANCELLED
    to_day(shop, "2026-04-20 10:00")
    assert letters(shop) == 1


def test_taken_up_again_it_is_ordered_as_if_nothing_had_been(shop: Shop) -> None:
    row = subscriber(shop).cancel()
    to_day(shop, "2026-02-10 10:00")
    assert letters(shop) == 0
    row = again(row).resume()
    assert (row.status, row.cancel_at_period_end) == (Status.ACTIVE, False)
    shop.move(minutes=20)
    shop.sweep()
    assert letters(shop) == 1
    shop.flow.pay(newest(shop).token)
    assert day(again(row).paid_through) == "2026-03-13"
    assert told("subscription.resumed") == 1


def test_another_amount_than_was_ordered_does_not_renew(shop: Shop) -> None:
    row = ordered(shop)
    shop.flow.faults.add("payment", "other_amount", times=None, amount="350")
    shop.flow.pay(newest(shop).token)
    row = again(row)
    assert day(row.paid_through) == "2026-02-13"
    assert statuses(row) == [PaymentStatus.PAID, PaymentStatus.PENDING]
    assert kinds() == ["amount"]
    assert row.owed == []
    to_day(shop, "2026-02-17 10:00")
    assert again(row).status == Status.PAST_DUE


def test_a_payers_second_subscription_is_not_renewed(shop: Shop) -> None:
    old = shop.begin()
    new = shop.begin("basic_monthly_v1")
    pay(shop, new)
    pay(shop, old)
    assert again(old.subscription).status == Status.ACTIVE
    to_day(shop, "2026-02-09 10:00")
    assert letters(shop) == 1
    assert newest(shop).commerce_order == f"{new.subscription.public_id.hex}-20260213"
    assert again(old.subscription).cancel_at_period_end


def test_declined_at_the_bank_the_letters_link_is_paid_at_the_second_try(shop: Shop) -> None:
    row = ordered(shop)
    shop.flow.reject(newest(shop).token)
    row = again(row)
    assert statuses(row) == [PaymentStatus.PAID, PaymentStatus.FAILED]
    assert row.owed[0].pay_url.endswith(newest(shop).token)
    assert row.status == Status.ACTIVE
    shop.flow.pay(newest(shop).token)
    row = again(row)
    assert (row.status, day(row.paid_through)) == (Status.ACTIVE, "2026-03-13")
    assert kinds() == []


def test_ended_unpaid_and_paid_in_the_last_moment_it_is_revived_and_a_person_is_told(shop: Shop) -> None:
    row = ordered(shop)
    order = newest(shop)
    shop.flow.faults.add("payment/getStatus", "still_pending", times=None)
    to_day(shop, "2026-03-02 20:00")
    shop.flow.lose_next_callbacks()
    shop.flow.pay(order.token)
    to_day(shop, "2026-03-04 20:00")
    assert again(row).status == Status.FAILED
    shop.flow.faults.clear()
    pass_days(shop, 2)
    row = again(row)
    assert (row.status, day(row.paid_through)) == (Status.ACTIVE, "2026-03-13")
    assert row.slot_key is not None
    assert kinds() == ["unexpected_move"]


def test_while_flow_is_down_nothing_is_ordered_and_then_once(shop: Shop) -> None:
    row = subscriber(shop)
    shop.flow.clock.to("2026-02-08 00:20:00")
    shop.flow.stop()
    pass_time(shop, 60, 10)
    shop.flow.start()
    pass_time(shop, 120, 10)
    assert letters(shop) == 1
    assert row.checkouts.get(purpose="renew").status == CheckoutStatus.DONE


# What it costs, and all at once


def test_a_renewal_by_callback_worked_inline_stays_under_fifteen_statements(shop: Shop, client: Any) -> None:
    """Three more than a subscription that the provider keeps: its order, its orders, what they paid."""
    ordered(shop)
    shop.flow.lose_next_callbacks()
    token = newest(shop).token
    shop.flow.pay(token)
    with CaptureQueriesContext(connection) as captured:
        assert client.post(WEBHOOK, {"token": token}).json()["status"] == "active"
    assert told("payment.paid") == 2
    sent = [query["sql"] for query in captured]
    assert len(sent) < 15, "\n".join(sql.strip()[:150].replace("\n", " ") for sql in sent)


SUBSCRIBERS = 200


def many(shop: Shop) -> None:
    """The rows that the first payment of one subscriber left, for 200."""
    first = subscriber(shop)
    models: list[type[Any]] = [type(first.customer), Subscription, Checkout, Payment]
    opening, payment = first.checkouts.get(), first.payments.get()
    customers, rows, attempts, payments = [], [], [], []
    for number in range(1, SUBSCRIBERS):
        customer = _copy(first.customer, payer_key=f"form:{number}:x", external_id=f"x{number}")
        row = _copy(first, customer=customer, payer_key=f"form:{number}", slot_key=f"form:{number}|default")
        name = f"o-{number:032x}"
        row.public_id, row.reference = UUID(int=number), name
        attempt = _copy(opening, subscription=row, customer=customer, order=name)
        attempt.public_id = UUID(int=number)
        customers.append(customer)
        rows.append(row)
        attempts.append(attempt)
        payments.append(_copy(payment, subscription=row, reference=name, order=name))
    for model, made in zip(models, (customers, rows, attempts, payments), strict=True):
        model._default_manager.bulk_create(made)


def _copy(row: Any, **changes: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    made = type(row)(**{name: value for name, value in values.items() if name != "id"})
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.postgres
def test_two_hundred_renewals_in_two_sweeps_at_once_are_two_hundred_letters(shop: Shop) -> None:
    many(shop)
    shop.flow.clock.to("2026-02-08 00:20:00")
    start = threading.Barrier(2)
    failures: list[BaseException] = []

    def one() -> None:
        try:
            start.wait()
            for _round in range(2):
                sweep()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    renewals = [order for order in shop.flow.orders.values() if order.commerce_order.endswith("-20260213")]
    assert len(renewals) == len({order.commerce_order for order in renewals}) == SUBSCRIBERS
    assert letters(shop) == SUBSCRIBERS
    assert Checkout.objects.filter(purpose="renew", status=CheckoutStatus.DONE).count() == SUBSCRIBERS
    assert Event.objects.filter(name="subscription.renewal_ordered").count() == SUBSCRIBERS
    sweep()
    assert letters(shop) == SUBSCRIBERS
    assert kinds() == []


# Prices of another length

WEEKLY = Price("flex_weekly_v1", Money(3000, "CLP"), Interval.WEEK)
MONTHLY = Price("flex_monthly_v1", Money(10000, "CLP"))
QUARTERLY = Price("flex_quarterly_v1", Money(27000, "CLP"), interval_count=3)
YEARLY = Price("flex_yearly_v1", Money(90000, "CLP"), Interval.YEAR)


def sell(settings: Any, *prices: Price) -> None:
    plan = Plan("flex", "Flex", prices)
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, "PLANS": [plan]}


def change(row: Subscription, price: Price) -> None:
    row.change_plan(row.preview_change(price.key, at_period_end=True))


def pay_newest(shop: Shop, wall: str) -> Subscription:
    to_day(shop, wall)
    shop.flow.pay(newest(shop).token)
    return Subscription.objects.get()


def test_after_weeks_a_month_is_a_whole_month(shop: Shop, settings: Any) -> None:
    """It all began on the first of a month, the month to pay for begins on another day."""
    sell(settings, WEEKLY, MONTHLY)
    shop.flow.clock.advance(days=19)
    subscriber(shop, WEEKLY.key)
    for wall in ("2026-02-07 10:00", "2026-02-14 10:00"):
        row = pay_newest(shop, wall)
    assert day(row.paid_through) == "2026-02-22"
    change(row, MONTHLY)
    row = pay_newest(shop, "2026-02-20 10:00")
    assert (row.payments.last().amount, day(row.paid_through)) == (10000, "2026-03-22")  # type: ignore[union-attr]


def test_a_quarter_stays_one_where_the_catalogue_has_lost_its_price(shop: Shop, settings: Any) -> None:
    sell(settings, MONTHLY, QUARTERLY)
    assert day(subscriber(shop, QUARTERLY.key).paid_through) == "2026-04-13"
    sell(settings, MONTHLY)
    row = pay_newest(shop, "2026-04-09 10:00")
    assert day(row.paid_through) == "2026-07-13"
    assert charged(shop.flow) == 54000


def test_a_paid_month_stays_one_where_the_catalogue_has_lost_its_price(shop: Shop, settings: Any) -> None:
    """The price was changed since: what was paid before is no period of the new one."""
    sell(settings, MONTHLY, YEARLY)
    row = subscriber(shop, MONTHLY.key)
    change(row, YEARLY)
    to_day(shop, "2026-02-14 10:00")
    assert again(row).price_key == YEARLY.key
    sell(settings, YEARLY)
    to_day(shop, "2026-02-17 10:00")
    row = again(row).sync()
    assert (row.status, day(row.period_end), day(row.paid_through)) == (
        Status.PAST_DUE,
        "2026-02-13",
        "2026-02-13",
    )
