"""What the sweep gives to workers: each row once, until it is due anew or must have been lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from payment_subscriptions import inbox, tasks
from payment_subscriptions.gateways.base import Received
from payment_subscriptions.models import Checkout, Event, Notice, Receipt, Refund, Subscription
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.sweep import Swept, sweep
from tests.core.queues import KeepingBackend
from tests.core.test_inbox import told
from tests.foreign import (
    LOST_BEFORE,
    MONTHLY,
    ForeignProvider,
    at_once,
    clock,
    foreign_settings,
    only,
    payer,
    reopened,
    subscribe,
)

# In seconds.
REQUEUE = 300


def with_queue(settings: Any, backend: str = "KeepingBackend") -> None:
    settings.TASKS = {"queue": {"BACKEND": f"tests.core.queues.{backend}"}}
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(TASKS_BACKEND="queue")


@pytest.fixture
def kept(settings: Any) -> Iterator[list[tuple[str, int]]]:
    """What workers would find in their queue; none is running."""
    KeepingBackend.kept.clear()
    with_queue(settings)
    yield KeepingBackend.kept
    KeepingBackend.kept.clear()


def stored(key: str = "token") -> Notice:
    return Notice.objects.get(pk=inbox.store("foreign", Received(key=key, body=key)))


def a_notice() -> Model:
    return stored()


def a_checkout() -> Model:
    checkout = payer().subscribe(MONTHLY)
    Checkout.objects.filter(pk=checkout.pk).update(due_at=clock.moment)
    return checkout


def a_subscription() -> Model:
    subscription = Subscription.objects.get(pk=payer().subscribe(MONTHLY).subscription_id)
    Subscription.objects.filter(pk=subscription.pk).update(next_sync_at=clock.moment)
    Checkout.objects.update(due_at=None)
    return subscription


def a_refund() -> Model:
    subscription = Subscription.objects.get(pk=payer().subscribe(MONTHLY).subscription_id)
    Checkout.objects.update(due_at=None)
    Subscription.objects.update(next_sync_at=None)
    payment = subscription.payments.create(
        provider="foreign", mode="sandbox", reference="P1", amount=1, currency="USD"
    )
    return Refund.objects.create(
        payment=payment, provider="foreign", mode="sandbox", amount=1, currency="USD", due_at=clock.moment
    )


def a_receipt() -> Model:
    event = Event.objects.create(name="payment.paid")
    return Receipt.objects.create(event=event, handler="mail", due_at=clock.moment)


@pytest.mark.parametrize(
    ("make", "task"),
    [
        (a_notice, "process_notice"),
        (a_checkout, "go_on_with_checkout"),
        (a_subscription, "sync_due_subscription"),
        (a_refund, "go_on_with_refund"),
        (a_receipt, "deliver"),
    ],
)
def test_while_no_worker_runs_each_row_waits_in_the_queue_once(
    foreign: ForeignProvider, kept: list[tuple[str, int]], make: Callable[[], Model], task: str
) -> None:
    row = make()
    clock.move(seconds=1)

    def given() -> int:
        assert {entry for entry in kept if entry[0] == task} <= {(task, row.pk)}
        return sum(entry[0] == task for entry in kept)

    for _second in range(10):
        sweep()
        clock.move(seconds=1)
    assert given() == 1
    clock.move(seconds=REQUEUE)
    for _sweep in range(10):
        sweep()
    assert given() == 2, "lost, it is given again once"


def test_of_workers_who_lag_an_hour_the_queue_grows_ever_more_slowly(
    foreign: ForeignProvider, kept: list[tuple[str, int]]
) -> None:
    stored()
    clock.move(seconds=1)
    given_at = []
    for minute in range(60):
        if sweep().notices:
            given_at.append(minute)
        clock.move(minutes=1)
    assert given_at == [0, 5, 11, 23, 47]
    assert len(kept) == 5


def test_what_failed_and_is_due_anew_is_given_again_at_once(
    foreign: ForeignProvider, kept: list[tuple[str, int]]
) -> None:
    subscribe()
    kept.clear()
    foreign.fault("locate", LOST_BEFORE)
    notice = stored(foreign.renew("S1"))
    clock.move(seconds=1)
    for _time in range(3):
        sweep()
    tasks.process_notice(notice.pk)  # by a worker, in vain: ten seconds until the next try
    sweep()
    assert kept.count(("process_notice", notice.pk)) == 1
    clock.move(seconds=11)
    for _time in range(3):
        sweep()
    assert kept.count(("process_notice", notice.pk)) == 2


def test_a_notice_that_comes_again_is_given_again(
    foreign: ForeignProvider, kept: list[tuple[str, int]]
) -> None:
    stored()
    sweep()
    clock.move(seconds=1)
    stored()
    clock.move(seconds=1)
    for _time in range(3):
        sweep()
    assert len(kept) == 2


def test_what_a_process_is_at_is_not_given_until_its_lease_is_over(
    foreign: ForeignProvider, kept: list[tuple[str, int]]
) -> None:
    notice = stored()
    Notice.objects.update(lease_until=clock.moment + timedelta(seconds=60))
    clock.move(seconds=59)
    assert sweep().notices == 0
    clock.move(seconds=1)
    assert sweep().notices == 1, "it was killed: its task stands as running in the queue for good"
    assert kept == [("process_notice", notice.pk)]


def test_twice_in_the_queue_is_done_once(foreign: ForeignProvider, kept: list[tuple[str, int]]) -> None:
    subscription = subscribe()
    tasks.sync_subscription(subscription.pk)
    notice = stored(foreign.renew("S1"))
    for _again in range(2):
        sweep()
        clock.move(seconds=REQUEUE + 1)
    assert kept.count(("process_notice", notice.pk)) == 2
    asked = foreign.called("fetch")
    for _task, pk in [entry for entry in kept if entry[0] == "process_notice"]:
        tasks.process_notice(pk)
    assert foreign.called("fetch") == asked + 1
    assert reopened(notice).state == NoticeState.DONE
    assert told("payment.paid") == 2


def test_the_oldest_are_given_first_and_the_rest_by_the_next_sweep(
    foreign: ForeignProvider, kept: list[tuple[str, int]]
) -> None:
    rows = []
    for number in range(6):
        rows.append(stored(f"token {number}"))
        clock.move(seconds=1)
    Notice.objects.filter(pk=rows[-1].pk).update(due_at=clock.moment - timedelta(hours=1))
    expected = [rows[-1], *rows[:-1]]
    assert [sweep(limit=4).notices for _sweep in range(3)] == [4, 2, 0]
    assert [pk for _task, pk in kept] == [row.pk for row in expected]


@pytest.mark.postgres
@pytest.mark.parametrize("turn", range(3))
def test_two_sweeps_at_once_give_each_row_once(
    foreign: ForeignProvider, kept: list[tuple[str, int]], turn: int
) -> None:
    rows = [stored(f"token {number}") for number in range(40)]
    found: list[Swept] = only(at_once([lambda: sweep(limit=25)] * 4))
    assert sorted(kept) == sorted({("process_notice", pk) for _task, pk in kept})
    assert sum(swept.notices for swept in found) == len(kept)
    sweep()
    assert sorted(kept) == [("process_notice", row.pk) for row in rows]


def test_a_queue_that_goes_down_leaves_the_rest_to_be_given(
    foreign: ForeignProvider, kept: list[tuple[str, int]], settings: Any
) -> None:
    rows = []
    for number in range(5):
        rows.append(stored(f"token {number}"))
        clock.move(seconds=1)
    with_queue(settings, "FullBackend")
    sweep()
    assert len(kept) == 2
    with_queue(settings)
    sweep()
    assert [pk for _task, pk in kept] == [row.pk for row in rows]


def test_its_statements_do_not_grow_with_what_is_due(
    foreign: ForeignProvider, kept: list[tuple[str, int]]
) -> None:
    counts = []
    for size in (0, 1, 50):
        for number in range(size):
            stored(f"token {size} {number}")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert sweep().notices == size
        counts.append(len(asked))
    assert counts[1] == counts[2] == counts[0] + 1


def test_inline_nothing_is_marked_and_each_sweep_tries(foreign: ForeignProvider) -> None:
    stored("none of ours")
    foreign.fault("locate", LOST_BEFORE, times=2)
    for _sweep in range(3):
        assert sweep().notices == 1
        clock.move(minutes=1)
    assert reopened(Notice.objects.get()).swept_at is None
