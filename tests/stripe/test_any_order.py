"""All events of a year, in whatever order they arrive: the same rows, and the same is told of the money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from payment_subscriptions.models import Event, Notice, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.simulators.stripe.cards import MASTERCARD
from payment_subscriptions.sweep import sweep
from payment_subscriptions.testing.contract.steps import truth

from .merchant import Merchant
from .test_notices import bodies, post, signed

Step = Callable[[Merchant], Any]
ENDED = "cancelled"
DAY = timedelta(days=1)


def only() -> Subscription:
    return Subscription.objects.select_related("customer").get()


def renew(merchant: Merchant) -> None:
    """The end of the month, and the hour in which the next one's bill is a draft."""
    (there,) = merchant.stripe.table("subscriptions")
    left = there["items"]["data"][0]["current_period_end"] - merchant.stripe.clock.now().timestamp()
    merchant.stripe.clock.advance(seconds=left)
    merchant.stripe.clock.advance(hours=2)


def change(merchant: Merchant) -> None:
    merchant.stripe.clock.advance(days=10)
    row = only()
    row.change_plan(row.preview_change("team_monthly_usd_v1"))


def give_half_back(merchant: Merchant) -> None:
    payment = only().payments.paid().order_by("paid_at").first()
    assert payment is not None
    payment.refund(Money("5.00", "USD"))


def decline(merchant: Merchant) -> None:
    merchant.stripe.decline_next("insufficient_funds")
    renew(merchant)


def pay_what_is_owed(merchant: Merchant) -> None:
    (owed,) = (each["id"] for each in merchant.stripe.table("invoices") if each["status"] == "open")
    assert merchant.stripe.pay_invoice(owed, MASTERCARD) == ""


def newest_charge(merchant: Merchant) -> str:
    return str([each for each in merchant.stripe.table("charges") if each["paid"]][-1]["id"])


def give_back_in_the_dashboard(merchant: Merchant) -> None:
    merchant.stripe.refund_charge(newest_charge(merchant), 700)


def dispute_and_win(merchant: Merchant) -> None:
    merchant.stripe.close_dispute(merchant.stripe.open_dispute(newest_charge(merchant)), won=True)


def dispute_and_lose(merchant: Merchant) -> None:
    merchant.stripe.close_dispute(merchant.stripe.open_dispute(newest_charge(merchant)), won=False)


def leave(merchant: Merchant) -> None:
    """In the portal, at the period's end."""
    merchant.stripe.cancel_subscription(str(only().reference), at_period_end=True)


OURS: Sequence[Step] = (
    lambda merchant: merchant.subscribe(),
    renew,
    give_half_back,
    renew,
    change,
    renew,
    lambda merchant: only().pause(),
    renew,
    lambda merchant: only().unpause(),
    renew,
)
"""Asked for on our pages and in the admin."""

THEIRS: Sequence[Step] = (
    decline,
    pay_what_is_owed,
    renew,
    give_back_in_the_dashboard,
    renew,
    dispute_and_win,
    renew,
    dispute_and_lose,
    renew,
    leave,
    renew,
)
"""Done at Stripe: known here by what is told alone."""


def live(merchant: Merchant, steps: Sequence[Step]) -> None:
    for step in steps:
        step(merchant)


def deliver(told: Sequence[bytes]) -> None:
    for body in told:
        assert post(body, signed(body)).status_code == 200


MONEY = ["payment.paid", "payment.refunded", "payment.disputed", "payment.dispute_won", "refund.paid"]


def of_money(nth: dict[str, int]) -> Counter[tuple[str, int | None, str]]:
    """Each event that tells of money: its name, which of the bills, the sum."""
    events = Event.objects.filter(name__in=MONEY).values_list("name", "payload")
    return Counter((name, nth.get(told.get("payment", "")), told["amount"]) for name, told in events)


def seen(merchant: Merchant) -> dict[str, Any]:
    """What is compared of two years: bills by their turn, moments by the day that they were after the
    first. A failure that healed before anybody looked leaves no event."""
    nth = {bill["id"]: number for number, bill in enumerate(merchant.stripe.table("invoices"))}
    nth |= {each["id"]: 0 for each in merchant.stripe.table("subscriptions")}
    found = truth()
    start = min(row["period_start"] for row in found["payments"])

    def plain(value: Any) -> Any:
        return round((value - start) / DAY) if isinstance(value, datetime) else nth.get(value, value)

    rows = [{name: plain(value) for name, value in row.items()} for row in found["subscriptions"]]
    bills = [{name: plain(value) for name, value in row.items()} for row in found["payments"]]
    return {
        "subscriptions": rows,
        "payments": sorted(bills, key=lambda each: int(each["reference"])),
        "discrepancies": found["discrepancies"],
        "money": of_money(nth),
    }


def is_whole(merchant: Merchant) -> None:
    """It was a year with something in it, and our rows hold what Stripe's books hold."""
    row = only()
    assert row.status == ENDED
    taken = sum(payment.amount for payment in row.payments.exclude(paid_at=None))
    back = sum(payment.refunded_amount for payment in row.payments.all())
    assert merchant.charged() == 100 * (taken - back)  # a charge that is disputed stays in the books
    names = {name for name, _bill, _sum in of_money({})}
    assert names >= {"payment.paid", "payment.refunded", "payment.disputed", "refund.paid"}


@pytest.fixture
def year(merchant: Merchant) -> Merchant:
    """It goes by, and nothing is told."""
    merchant.stripe.lose_next_callbacks(times=100_000)
    live(merchant, [*OURS, *THEIRS])
    return merchant


@pytest.mark.slow
def test_a_year_told_at_its_end_in_any_order(year: Merchant) -> None:
    rows = connection.creation.serialize_db_to_string()
    everything = bodies(year)
    assert len(everything) >= 50
    deliver(everything)
    sweep()
    is_whole(year)
    in_turn = seen(year)

    @settings(
        max_examples=3,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # a year takes seconds: to make it smaller takes an hour
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.permutations(range(len(everything))), st.lists(st.sampled_from(range(50)), max_size=5))
    def shuffled(order: list[int], again: list[int]) -> None:
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        connection.creation.deserialize_db_from_string(rows)
        assert not Notice.objects.exists()
        deliver([everything[number] for number in (*order, *again)])
        sweep()
        assert seen(year) == in_turn

    shuffled()


@pytest.mark.slow
def test_a_year_told_as_it_goes_by_late_and_out_of_turn(merchant: Merchant) -> None:
    """After each step some of what has not arrived does; what is left comes when the year is over."""

    def through(arrivals: Callable[[list[bytes]], list[bytes]]) -> dict[str, Any]:
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        merchant.close()
        merchant.stripe.reset(seed=1)
        merchant.open()
        merchant.stripe.lose_next_callbacks(times=100_000)
        waiting: list[bytes] = []
        known = 0
        for step in (*OURS, *THEIRS):
            step(merchant)
            everything = bodies(merchant)
            waiting += everything[known:]
            known = len(everything)
            arriving = arrivals(waiting)
            deliver(arriving)
            waiting = [each for each in waiting if each not in arriving]
        deliver(waiting)
        sweep()
        is_whole(merchant)
        return seen(merchant)

    in_turn = through(list)

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # a year takes seconds: to make it smaller takes an hour
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.data())
    def out_of_turn(data: st.DataObject) -> None:
        def some(waiting: list[bytes]) -> list[bytes]:
            chosen = st.lists(st.sampled_from(range(len(waiting))), max_size=8)
            return [waiting[number] for number in data.draw(chosen)] if waiting else []

        assert through(some) == in_turn

    out_of_turn()
