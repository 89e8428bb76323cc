"""``record``: what the provider says becomes rows and events, once, in whatever order it is heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.forms import model_to_dict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payment_subscriptions import recording
from payment_subscriptions.exceptions import NotPossible
from payment_subscriptions.gateways.base import Card, PaymentSnapshot, Snapshot
from payment_subscriptions.lifecycle import ENDED, GIVEN_BACK, PAYING, PaymentStatus, Status
from payment_subscriptions.models import Customer, Discrepancy, Event, Payment, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.recording import Stale, record
from tests.foreign import (
    MONTH,
    MONTHLY,
    ForeignProvider,
    at_once,
    clock,
    foreign_settings,
    payer,
    reopened,
    subscribe,
    sweep_later,
)

PRICE = Money("12.50", "USD")


def told(subscription: Subscription) -> list[str]:
    return list(subscription.events.order_by("pk").values_list("name", flat=True))


def kinds() -> list[str]:
    return sorted(Discrepancy.objects.values_list("kind", flat=True))


# Invariant 1: rows change only from what was fetched


def test_the_row_says_what_the_provider_says(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    snapshot = foreign.subscriptions[subscription.reference or ""]
    assert (subscription.status, subscription.period_end) == (snapshot.status, snapshot.period_end)
    assert subscription.paid_through == clock.moment + MONTH
    assert subscription.access_until == clock.moment + MONTH + timedelta(days=3)
    assert subscription.payment_date == clock.moment
    payment = subscription.payments.get()
    assert (payment.money, payment.reference, payment.paid_at) == (PRICE, "S1-1", clock.moment)
    assert (subscription.customer.card_brand, Customer.objects.get().card_last4) == ("Visa", "4242")


def test_a_renewal_is_one_payment_more(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.renew("S1")
    row = subscription.sync()
    assert row.payments.paid().count() == 2
    assert row.paid_through == clock.moment + 2 * MONTH
    assert told(row).count("payment.paid") == 2
    assert told(row).count("subscription.activated") == 1


def test_a_decline_and_its_recovery(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.renew("S1", PaymentStatus.FAILED)
    row = subscription.sync()
    assert (row.status, [p.failure_code for p in row.owed]) == (Status.PAST_DUE, ["no_funds"])
    foreign.pay("S1", 1)
    row = row.sync()
    assert (row.status, row.owed) == (Status.ACTIVE, [])
    assert told(row)[-4:] == [
        "payment.failed",
        "subscription.past_due",
        "payment.paid",
        "subscription.recovered",
    ]


def test_money_given_back_takes_access_with_it(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.change_payment("S1", status=PaymentStatus.REFUNDED)
    row = subscription.sync()
    assert not row.access.allowed
    assert told(row)[-1] == "payment.refunded"


def test_a_partial_refund_leaves_access(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.change_payment("S1", status=PaymentStatus.PARTIALLY_REFUNDED)
    assert subscription.sync().access.allowed


# Invariant 2: serialised, safe to repeat, in any order


def test_a_row_that_moved_meanwhile_is_stale_and_nothing_is_written(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    old = reopened(subscription)
    foreign.renew("S1")
    subscription.sync()
    before = (Event.objects.count(), Payment.objects.count())
    with pytest.raises(Stale):
        record(old, replace(foreign.subscriptions["S1"], status=Status.CANCELLED))
    assert reopened(subscription).status == Status.ACTIVE
    assert (Event.objects.count(), Payment.objects.count()) == before


def test_a_stale_answer_is_fetched_again_never_dropped(foreign: ForeignProvider) -> None:
    """While we ask, another process records; the provider moves on; the last truth is what stays."""
    subscription = subscribe()
    foreign.renew("S1")
    meddled: list[str] = []

    def meddle(verb: str) -> None:
        if verb == "fetch" and not meddled:
            meddled.append(verb)
            record(reopened(subscription), foreign.subscriptions["S1"])
            foreign.renew("S1", PaymentStatus.FAILED)

    foreign.watch = meddle
    fetched = foreign.called("fetch")
    row = subscription.sync()
    assert foreign.called("fetch") == fetched + 2
    assert row.status == reopened(row).status == Status.PAST_DUE
    assert [p.status for p in row.payments.all()] == ["paid", "paid", "failed"]
    assert told(row).count("payment.paid") == 2


@pytest.mark.parametrize("turn", range(3))
def test_of_two_that_record_at_once_one_is_stale(foreign: ForeignProvider, threads: None, turn: int) -> None:
    subscription = subscribe()
    foreign.renew("S1")
    snapshot = foreign.subscriptions["S1"]
    copies = [reopened(subscription) for _ in range(4)]
    results = at_once([lambda row=copy: record(row, snapshot) for copy in copies])  # type: ignore[misc]
    assert [type(r) for r in results if isinstance(r, Exception)] == [Stale] * 3
    assert told(subscription).count("payment.paid") == 2
    assert subscription.payments.count() == 2


def test_many_syncs_at_once_agree(foreign: ForeignProvider, threads: None) -> None:
    subscription = subscribe()
    foreign.renew("S1")
    at_once([subscription.sync] * 6)
    sweep_later()
    assert told(subscription).count("payment.paid") == 2
    assert subscription.payments.paid().count() == 2


MOMENT = clock.moment
STATES = [status for status in Status if status != Status.PENDING]


def payment(number: int, status: PaymentStatus) -> PaymentSnapshot:
    start = MOMENT + (number - 1) * MONTH
    paid_at = start if status in PAYING | GIVEN_BACK else None
    return PaymentSnapshot(
        f"S1-{number}", status, PRICE, period_start=start, period_end=start + MONTH, paid_at=paid_at
    )


def snapshots() -> st.SearchStrategy[Snapshot]:
    statuses = st.lists(st.sampled_from(list(PaymentStatus)), min_size=2, max_size=2)
    return st.builds(
        lambda status, payments, leaving: Snapshot(
            "S1",
            status,
            MONTHLY,
            period_start=MOMENT,
            period_end=MOMENT + MONTH,
            next_charge_at=MOMENT + MONTH,
            cancel_at_period_end=leaving,
            ended_at=MOMENT if status in ENDED else None,
            card=Card("Visa", "4242"),
            payments=tuple(payment(number + 1, status) for number, status in enumerate(payments)),
        ),
        st.sampled_from(STATES),
        statuses,
        st.booleans(),
    )


# What depends on the last truth alone; the rest counts (version, tries) or remembers (payment_date).
TRUTH = (
    "status",
    "reference",
    "slot_key",
    "period_start",
    "period_end",
    "trial_end",
    "next_charge_at",
    "cancel_at_period_end",
    "ended_at",
)


def truth(subscription: Subscription) -> dict[str, Any]:
    row = reopened(subscription)
    payments = [
        model_to_dict(p, exclude=["id", "subscription", "reference"])
        for p in row.payments.order_by("reference")
    ]
    return {name: getattr(row, name) for name in TRUTH} | {"payments": payments}


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(heard=st.lists(snapshots(), max_size=4), last=snapshots())
def test_in_any_order_and_repeated_the_last_truth_stays(
    foreign: ForeignProvider, heard: list[Snapshot], last: Snapshot
) -> None:
    def recorded(history: list[Snapshot]) -> Subscription:
        number = Subscription.objects.count()
        row = payer(f"payer {number}").subscribe(MONTHLY).subscription
        for snapshot in history:
            name = f"X{number}"
            payments = tuple(replace(p, reference=f"{name}-{p.reference}") for p in snapshot.payments)
            record(reopened(row), replace(snapshot, reference=name, payments=payments))
        Subscription.objects.filter(pk=row.pk).update(slot_key=None)  # the next example's payer is another
        return row

    straight, winding = recorded([last]), recorded([*heard, last, last])
    expected, found = truth(straight), truth(winding)
    assert found | {"reference": ""} == expected | {"reference": ""}
    before = (winding.events.count(), Discrepancy.objects.count())
    payments = tuple(
        replace(p, reference=f"{reopened(winding).reference}-{p.reference}") for p in last.payments
    )
    record(reopened(winding), replace(last, reference=reopened(winding).reference, payments=payments))
    assert (winding.events.count(), Discrepancy.objects.count()) == before
    for name in ("payment.paid", "payment.refunded"):
        assert winding.events.filter(name=name).count() <= 2 * (len(heard) + 1)


def test_a_repetition_writes_no_event_and_no_row(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    before = (Event.objects.count(), Payment.objects.count(), Discrepancy.objects.count())
    for _time in range(3):
        subscription.sync()
    assert (Event.objects.count(), Payment.objects.count(), Discrepancy.objects.count()) == before


def test_an_unlisted_move_is_applied_and_kept_for_a_person(foreign: ForeignProvider) -> None:
    subscription = subscribe().cancel(at_period_end=False)
    assert not kinds()
    foreign.change("S1", status=Status.ACTIVE, ended_at=None)
    row = subscription.sync()
    assert row.status == Status.ACTIVE
    assert row.slot_key == recording.slot_key(row.payer_key, row.slot)
    assert kinds() == ["unexpected_move"]
    assert Discrepancy.objects.get().detail == {"was": "cancelled", "is": "active"}
    row.sync()
    assert kinds() == ["unexpected_move"]
    assert told(row).count("discrepancy.found") == 1


def test_a_payment_that_moves_as_it_should_not(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.change_payment("S1", status=PaymentStatus.FAILED)
    row = subscription.sync()
    assert row.payments.get().status == PaymentStatus.FAILED
    assert kinds() == ["unexpected_move"]


# Invariant 6: a duplicate that was paid all the same


def test_one_that_comes_back_to_a_taken_seat_is_kept_and_never_an_exception(foreign: ForeignProvider) -> None:
    old = subscribe().cancel(at_period_end=False)
    new = subscribe()
    foreign.change("S1", status=Status.ACTIVE, ended_at=None)
    foreign.renew("S1")
    row = old.sync()
    assert (row.status, row.slot_key) == (Status.ACTIVE, None)
    assert row.payments.paid().count() == 2
    assert kinds() == ["duplicate", "unexpected_move"]
    duplicate = Discrepancy.objects.get(kind="duplicate")
    assert (duplicate.amount, duplicate.currency) == (Decimal("12.5"), "USD")
    assert reopened(new).slot_key is not None
    row.sync()
    assert kinds() == ["duplicate", "unexpected_move"]


# Invariant 7: another amount or currency is never paid


@pytest.mark.parametrize("status", [PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED])
@pytest.mark.parametrize("amount", [Money("12.49", "USD"), Money("1250", "USD"), Money("12.50", "EUR")])
def test_another_amount_or_currency_is_kept_and_never_paid(
    foreign: ForeignProvider, amount: Money, status: PaymentStatus
) -> None:
    subscription = payer().subscribe(MONTHLY).subscription
    foreign.open("order", "C1", subscription.price)
    foreign.change_payment("S1", amount=amount, status=status)
    row = record(reopened(subscription), foreign.subscriptions["S1"])
    assert not row.access.allowed
    assert not Subscription.objects.with_access().exists()
    assert not row.payments.filter(status__in=["paid", "partially_refunded"]).exists()
    assert "payment.paid" not in told(row)
    item = Discrepancy.objects.get()
    assert (item.kind, item.amount, item.currency) == ("amount", amount.amount, amount.currency.code)
    assert item.detail["agreed"] == "12.5000 USD"
    record(reopened(subscription), foreign.subscriptions["S1"])
    assert Discrepancy.objects.count() == 1


def test_a_renewal_at_another_amount_does_not_prolong(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.renew("S1", amount=Money("1", "USD"))
    row = subscription.sync()
    assert row.paid_through == clock.moment + MONTH
    assert kinds() == ["amount"]


def test_another_plan_at_the_provider_is_kept(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.change("S1", price_id="something_else")
    subscription.sync()
    assert kinds() == ["price"]
    assert Discrepancy.objects.get().detail == {"agreed": MONTHLY, "charged": "something_else"}


def test_a_plan_that_the_catalogue_lost_still_is_recorded(foreign: ForeignProvider, settings: Any) -> None:
    subscription = subscribe()
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(PLANS=())
    foreign.renew("S1")
    row = subscription.sync()
    assert row.payments.paid().count() == 2
    assert row.access_until == clock.moment + 2 * MONTH + timedelta(days=recording.DEFAULT_GRACE)


def test_one_that_the_provider_lost_is_kept_as_it_was(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    del foreign.subscriptions["S1"]
    row = subscription.sync()
    assert row.status == Status.ACTIVE
    subscription.sync()
    assert kinds() == ["lost"]
    assert told(row).count("discrepancy.found") == 1


# Ended


def test_what_ended_is_asked_about_no_more(foreign: ForeignProvider) -> None:
    subscription = subscribe().cancel(at_period_end=False)
    assert subscription.next_sync_at is None
    asked = foreign.called("fetch")
    sweep_later(days=40)
    assert foreign.called("fetch") == asked


def test_only_looks_in_vain_put_the_next_one_off(foreign: ForeignProvider) -> None:
    """A page that asked ten times in a quiet month must not delay the look at the next charge."""
    subscription = subscribe()
    for _refresh in range(10):
        subscription.sync()
    clock.move(days=30, minutes=10)
    row = subscription.sync()
    first = row.next_sync_at - clock.moment  # type: ignore[operator]
    assert first <= timedelta(minutes=20)
    clock.moment = row.next_sync_at or clock.moment
    second = subscription.sync().next_sync_at - clock.moment  # type: ignore[operator]
    assert second > first


def test_only_what_no_provider_has_heard_of_is_closed(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    with pytest.raises(NotPossible), transaction.atomic():
        recording.close(subscription)
    assert reopened(subscription).status == Status.ACTIVE
