"""Events out: written with the change, delivered exactly once inside, at least once outside."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction

from payment_subscriptions import outbox
from payment_subscriptions.events import handlers_of, off, on
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Event, Receipt
from tests.chaos import clock as chaos_clock
from tests.chaos.processes import Doom, Processes
from tests.core.test_checkout import for_every_statement
from tests.foreign import (
    EMAIL,
    MONTHLY,
    ForeignProvider,
    Killed,
    at_once,
    clock,
    come_back,
    foreign_settings,
    only,
    payer,
    reopened,
    subscribe,
    sweep_later,
)

pytestmark = pytest.mark.usefixtures("handlers")


def groups() -> list[str]:
    return sorted(Group.objects.values_list("name", flat=True))


def write_a_group(event: Event) -> None:
    Group.objects.create(name=f"event {event.pk}")


def test_an_event_bears_what_a_handler_needs(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    event = Event.objects.get(name="payment.paid")
    assert event.subscription == subscription
    assert event.payload == {
        "subscription": str(subscription.public_id),
        "payer_key": "form:nonce",
        "plan": "team",
        "price": MONTHLY,
        "provider": "foreign",
        "mode": "sandbox",
        "payment": "S1-1",
        "order": event.payload["order"],
        "amount": "12.5",
        "currency": "USD",
        "failure_code": "",
    }
    assert EMAIL not in str(event.payload)


def test_events_are_written_with_the_change_or_not_at_all(foreign: ForeignProvider) -> None:
    subscription = payer().subscribe(MONTHLY).subscription
    before = Event.objects.count()
    with transaction.atomic():
        outbox.write(subscription, [outbox.News("subscription.paused")])
        transaction.set_rollback(True)
    assert Event.objects.count() == before


# A handler that only writes this database


def test_a_handler_of_this_database_runs_once_with_its_receipt(foreign: ForeignProvider) -> None:
    on("payment.paid", name="group")(write_a_group)
    subscribe()
    receipt = Receipt.objects.get()
    assert groups() == [f"event {receipt.event_id}"]
    assert (receipt.done_at, receipt.due_at, receipt.tries) == (clock.moment, None, 0)
    for _again in range(2):
        outbox.deliver(receipt.pk)
        sweep_later()
    assert len(groups()) == 1


def test_it_runs_in_one_transaction_with_its_receipt(foreign: ForeignProvider) -> None:
    seen: list[tuple[bool, bool]] = []

    @on("payment.paid", name="look")
    def look(event: Event) -> None:
        signed = Receipt.objects.filter(event=event, done_at__isnull=False).exists()
        seen.append((connection.in_atomic_block, signed))

    subscribe()
    assert seen == [(True, True)]


def test_one_that_fails_leaves_nothing_of_it_and_is_tried_again(foreign: ForeignProvider) -> None:
    failures = 2

    @on("payment.paid", name="flaky")
    def flaky(event: Event) -> None:
        nonlocal failures
        write_a_group(event)
        if failures:
            failures -= 1
            raise RuntimeError("after the write")

    subscription = subscribe()
    assert subscription.status == Status.ACTIVE, "recording is not broken by it"
    receipt = Receipt.objects.get()
    assert (groups(), receipt.done_at, receipt.tries, receipt.error) == ([], None, 1, "RuntimeError")
    sweep_later(2)
    assert (groups(), Receipt.objects.get().tries) == ([], 2)
    sweep_later()
    assert len(groups()) == 1
    assert Receipt.objects.get().done_at


def test_one_that_breaks_the_database_breaks_its_own_work_only(foreign: ForeignProvider) -> None:
    Group.objects.create(name="taken")
    on("payment.paid", name="double")(lambda event: Group.objects.create(name="taken"))
    on("payment.paid", name="good")(write_a_group)
    assert subscribe().access.allowed
    assert Receipt.objects.get(handler="good").done_at
    assert not Receipt.objects.get(handler="double").done_at


def test_after_enough_failures_it_waits_for_a_person(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=3)
    on("payment.paid", name="never")(lambda event: 1 / 0)
    subscribe()
    for _round in range(4):
        sweep_later()
    receipt = Receipt.objects.get()
    assert (receipt.tries, receipt.due_at, receipt.done_at) == (3, None, None)


def test_a_handler_that_the_code_lost_is_told_of_and_kept(foreign: ForeignProvider) -> None:
    on("payment.paid", name="lost")(len)
    subscribe()
    off(len)
    sweep_later()
    receipt = Receipt.objects.get()
    assert (receipt.error, receipt.done_at) == ("LookupError", None)


@pytest.mark.parametrize("turn", range(3))
def test_two_deliverers_at_once_do_it_once(foreign: ForeignProvider, threads: None, turn: int) -> None:
    receipt = owed(lambda: on("payment.paid", name="group")(write_a_group))
    only(at_once([lambda: outbox.deliver(receipt.pk)] * 4))
    assert len(groups()) == 1
    assert reopened(receipt).tries == 0


@pytest.mark.slow
def test_killed_at_any_statement_of_a_delivery_it_is_done_once(foreign: ForeignProvider) -> None:
    on("payment.paid", name="group")(write_a_group)
    begun = {str(number): payer(str(number)).subscribe(MONTHLY) for number in range(80)}
    for nonce in for_every_statement(lambda nonce: come_back(begun[nonce])):
        come_back(begun[nonce])
        sweep_later()
        event = begun[nonce].subscription.events.get(name="payment.paid")
        assert groups().count(f"event {event.pk}") == 1, nonce


def test_a_worker_killed_between_effect_and_receipt_leaves_neither(
    foreign: ForeignProvider, tmp_path: Path
) -> None:
    """A real process, killed (SIGKILL) at one statement after another until it comes to its end."""
    receipt = owed(lambda: on("payment.paid", name="group")(write_a_group))
    chaos_clock.follow(lambda: clock.moment)
    workers = Processes(tmp_path)
    survived: list[bool] = []
    while not any(survived):
        doom = Doom("killed", "statement", len(survived))
        survived.append(workers.run(lambda: outbox.deliver(receipt.pk), doom))
        assert bool(reopened(receipt).done_at) == survived[-1] == bool(groups())
    outbox.deliver(receipt.pk)
    assert groups() == [f"event {receipt.event_id}"]
    assert len(survived) > 3
    assert workers.complaints == []


# One that reaches outside


def test_one_that_reaches_outside_gets_the_events_id_and_no_transaction(foreign: ForeignProvider) -> None:
    sent: list[tuple[int, bool]] = []
    on("payment.paid", name="mail", outside=True)(
        lambda event: sent.append((event.pk, connection.in_atomic_block))
    )
    subscribe()
    assert sent == [(Event.objects.get(name="payment.paid").pk, False)]
    sweep_later()
    assert len(sent) == 1


def test_killed_after_the_mail_it_is_sent_again_with_the_same_id(foreign: ForeignProvider) -> None:
    sent: list[int] = []

    @on("payment.paid", name="mail", outside=True)
    def mail(event: Event) -> None:
        sent.append(event.pk)
        if len(sent) == 1:
            raise Killed

    with pytest.raises(Killed):
        subscribe()
    sweep_later(1, seconds=30)
    assert len(sent) == 1, "leased while it may still be running"
    sweep_later()
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert Receipt.objects.get().done_at


def test_while_one_process_sends_another_does_not(foreign: ForeignProvider, threads: None) -> None:
    sent: list[int] = []
    running = threading.Event()

    def mail(event: Event) -> None:
        sent.append(event.pk)
        running.wait(0.3)

    receipt = owed(lambda: on("payment.paid", name="mail", outside=True)(mail))
    only(at_once([lambda: outbox.deliver(receipt.pk)] * 3))
    assert len(sent) == 1


def test_a_failed_mail_backs_off(foreign: ForeignProvider) -> None:
    tried: list[int] = []

    @on("payment.paid", name="mail", outside=True)
    def mail(event: Event) -> None:
        tried.append(event.pk)
        raise OSError

    subscribe()
    due = Receipt.objects.get().due_at
    assert due is not None
    assert (due - clock.moment).total_seconds() == 10
    sweep_later(1, seconds=9)
    assert len(tried) == 1
    sweep_later(1, seconds=2)
    assert len(tried) == 2


def owed(register: Callable[[], object]) -> Receipt:
    """The receipt of a handler that had no turn yet."""
    register()
    subscription = payer().subscribe(MONTHLY).subscription
    event = Event.objects.create(name="payment.paid", subscription=subscription)
    (handler,) = handlers_of("payment.paid")
    return Receipt.objects.create(event=event, handler=handler.name, due_at=clock.moment)
