"""Notices: one row however often it comes, stored before it is judged, worked until it is done."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from payment_subscriptions import inbox
from payment_subscriptions.checkout import AlreadySubscribed
from payment_subscriptions.gateways.base import Located
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Notice, Payment, Subscription
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.money import Money
from payment_subscriptions.plans import catalogue
from tests.core.test_checkout import for_every_statement
from tests.foreign import (
    BUG,
    EMAIL,
    KILLED_AFTER,
    KILLED_BEFORE,
    LOST_BEFORE,
    MISCONFIGURED,
    MONTHLY,
    ForeignProvider,
    Killed,
    at_once,
    clock,
    come_back,
    foreign_settings,
    from_elsewhere,
    only,
    payer,
    reopened,
    subscribe,
    sweep_later,
)

WEBHOOK = "/pagos/api/foreign/webhook/"
TASKS = "django.tasks" if django.VERSION >= (6, 0) else "django_tasks"


def post(token: str, **more: str) -> Any:
    return Client().post(WEBHOOK, {"token": token, **more})


def told(name: str) -> int:
    return Event.objects.filter(name=name).count()


@pytest.fixture
def deferred(settings: Any) -> None:
    """Work is handed to workers, of which there are none."""
    settings.TASKS = {"default": {"BACKEND": f"{TASKS}.backends.dummy.DummyBackend"}}
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(TASKS_BACKEND="default")


# Answers


def test_a_renewal_is_recorded_and_answered(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    answer = post(foreign.renew("S1"))
    assert answer.status_code == 200
    assert answer.json() == {
        "received": True,
        "subscription_id": str(subscription.public_id),
        "status": "active",
    }
    assert subscription.payments.paid().count() == 2
    assert Notice.objects.get().subscription == subscription


def test_what_the_body_claims_is_ignored(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    token = foreign.renew("S1", PaymentStatus.FAILED)
    answer = post(token, status="2", amount="0", subscription_id="77")
    assert answer.json()["status"] == "past_due"
    assert subscription.payments.paid().count() == 1


def test_an_unknown_token_is_404_and_kept(foreign: ForeignProvider) -> None:
    answer = post("nobody's")
    assert (answer.status_code, answer.json()["status"]) == (404, "pending")
    assert Notice.objects.get().state == NoticeState.UNKNOWN


@pytest.mark.parametrize("fault", [LOST_BEFORE, MISCONFIGURED, BUG])
def test_while_nobody_knows_it_is_200_and_pending(foreign: ForeignProvider, fault: str) -> None:
    subscribe()
    foreign.fault("locate", fault)
    answer = post(foreign.renew("S1"))
    assert answer.status_code == 200
    assert answer.json() == {"received": True, "subscription_id": None, "status": "pending"}
    sweep_later()
    assert told("payment.paid") == 2


def test_no_token_400_get_405_unknown_provider_404(foreign: ForeignProvider) -> None:
    assert Client().post(WEBHOOK).status_code == 400
    assert Client().get(WEBHOOK).status_code == 405
    assert Client().post("/pagos/api/other/webhook/", {"token": "t"}).status_code == 404
    assert not Notice.objects.exists()


def test_no_csrf_token_is_asked_of_a_server(foreign: ForeignProvider) -> None:
    subscribe()
    assert Client(enforce_csrf_checks=True).post(WEBHOOK, {"token": foreign.renew("S1")}).status_code == 200


@pytest.mark.parametrize("vendor", ["atomic"])
def test_no_transaction_even_under_atomic_requests(foreign: ForeignProvider, vendor: str) -> None:
    """The provider itself looks: it complains of any call inside a transaction."""
    subscribe()
    connection.settings_dict["ATOMIC_REQUESTS"] = True
    try:
        assert post(foreign.renew("S1")).json()["status"] == "active"
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False


# How much it costs


def test_storing_is_one_statement_of_the_whole_request(foreign: ForeignProvider, deferred: None) -> None:
    """BEGIN and COMMIT would be counted too."""
    subscribe()
    token = foreign.renew("S1")
    for _time in range(2):  # the first, and a repeat
        with CaptureQueriesContext(connection) as captured:
            assert post(token).json()["status"] == "pending"
        assert len(captured) == 1, [query["sql"] for query in captured]
        assert captured[0]["sql"].lstrip().startswith("INSERT")
    assert Notice.objects.get().arrivals == 2
    assert told("payment.paid") == 0
    sweep_later()  # deferred as well: nothing happens here
    assert told("payment.paid") == 0


def test_a_renewal_worked_inline_stays_under_twelve_statements(foreign: ForeignProvider) -> None:
    subscribe()
    token = foreign.renew("S1")
    with CaptureQueriesContext(connection) as captured:
        assert post(token).json()["status"] == "active"
    sent = [query["sql"] for query in captured]
    assert len(sent) < 12, "\n".join(sql.strip()[:150].replace("\n", " ") for sql in sent)


def test_it_is_committed_before_anybody_is_asked(foreign: ForeignProvider) -> None:
    subscribe()
    token = foreign.renew("S1")
    seen: list[int] = []
    foreign.watch = lambda verb: seen.append(from_elsewhere(Notice.objects.count))
    post(token)
    assert seen == [1, 1]


# Repeats


def test_a_repeat_reopens_the_one_row(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    token = foreign.renew("S1")
    post(token)
    foreign.change_payment("S1", 1, status=PaymentStatus.REFUNDED)
    post(token)
    notice = Notice.objects.get()
    assert (notice.arrivals, notice.state) == (2, NoticeState.DONE)
    assert notice.key == hashlib.sha256(token.encode()).hexdigest()
    assert subscription.payments.last().status == PaymentStatus.REFUNDED  # type: ignore[union-attr]
    assert told("payment.paid") == 2


def test_an_arrival_during_processing_is_not_lost(foreign: ForeignProvider) -> None:
    """The answer that we are reading may be older than what the second copy tells of."""
    subscription = subscribe()
    token = foreign.renew("S1", PaymentStatus.FAILED)
    meanwhile: list[Any] = []

    def arrive(verb: str) -> None:
        if verb == "fetch" and not meanwhile:
            meanwhile.append(post(token))

    foreign.watch = arrive
    snapshot = foreign.subscriptions["S1"]
    answer = post(token)
    assert meanwhile[0].json()["status"] == "pending"
    assert answer.json()["status"] == "past_due"
    assert foreign.called("fetch") == 3
    assert Notice.objects.get().state == NoticeState.DONE
    assert foreign.subscriptions["S1"] == snapshot
    assert subscription.payments.count() == 2


@pytest.mark.parametrize("copies", [8, pytest.param(50, marks=pytest.mark.postgres)])
def test_copies_at_once_are_one_payment_one_event_and_two_fetches(
    foreign: ForeignProvider, threads: None, copies: int
) -> None:
    subscription = subscribe()
    token = foreign.renew("S1")
    fetched = foreign.called("fetch")
    foreign.watch = once("locate", until(lambda: Notice.objects.get().arrivals == copies))
    answers = only(at_once([lambda: post(token)] * copies))
    assert {answer.status_code for answer in answers} == {200}
    notice = Notice.objects.get()
    assert (notice.arrivals, notice.state) == (copies, NoticeState.DONE)
    assert foreign.called("fetch") - fetched <= 2
    assert subscription.payments.count() == 2
    assert told("payment.paid") == 2


@pytest.mark.postgres
def test_fifty_copies_while_the_gateway_is_slow(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    token = foreign.renew("S1")
    fetched = foreign.called("fetch")
    foreign.watch = lambda verb: time.sleep(0.5)
    answers = only(at_once([lambda: post(token)] * 50))
    assert {answer.status_code for answer in answers} == {200}
    assert foreign.called("fetch") - fetched <= 2
    assert (subscription.payments.count(), told("payment.paid")) == (2, 2)


def once(verb: str, wait: Callable[[], None]) -> Callable[[str], None]:
    waited: list[str] = []

    def watch(called: str) -> None:
        if called == verb and not waited:
            waited.append(called)
            wait()

    return watch


def until(condition: Callable[[], bool]) -> Callable[[], None]:
    def wait() -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.02)

    return wait


# Failures


def test_failures_back_off_then_it_waits_for_a_person_and_can_be_replayed(
    foreign: ForeignProvider, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=4)
    subscribe()
    foreign.fault("locate", LOST_BEFORE, times=4)
    post(foreign.renew("S1"))
    waits = []
    while (notice := Notice.objects.get()).state == NoticeState.RECEIVED:
        assert notice.due_at is not None
        waits.append((notice.due_at - clock.moment).total_seconds())
        clock.moment = notice.due_at
        inbox.process(notice.pk)
    assert waits == [10, 20, 40]
    assert (notice.state, notice.tries, notice.due_at) == (NoticeState.DEAD, 4, None)
    assert list(Notice.objects.dead()) == [notice]
    assert notice.error.startswith("OutcomeUnknown")
    sweep_later(days=1)
    assert reopened(notice).state == NoticeState.DEAD
    assert inbox.replay(notice).state == NoticeState.DONE
    assert told("payment.paid") == 2


def test_a_repeat_wakes_the_dead(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=1)
    subscribe()
    token = foreign.renew("S1")
    foreign.fault("locate", LOST_BEFORE)
    post(token)
    assert Notice.objects.get().state == NoticeState.DEAD
    post(token)
    assert Notice.objects.get().state == NoticeState.DONE


@pytest.mark.parametrize("fault", [KILLED_BEFORE, KILLED_AFTER])
@pytest.mark.parametrize("verb", ["locate", "fetch"])
def test_killed_at_a_call_the_sweep_works_it(foreign: ForeignProvider, verb: str, fault: str) -> None:
    subscription = subscribe()
    token = foreign.renew("S1")
    foreign.fault(verb, fault)
    with pytest.raises(Killed):
        post(token)
    sweep_later(seconds=30)
    assert told("payment.paid") == 1, "the lease is not over"
    sweep_later(seconds=40)
    assert Notice.objects.get().state == NoticeState.DONE
    assert subscription.payments.paid().count() == told("payment.paid") == 2


@pytest.mark.slow
def test_killed_at_any_statement_of_a_renewal(foreign: ForeignProvider) -> None:
    rows = {str(number): subscribe(str(number)) for number in range(30)}
    tokens = {nonce: foreign.renew(row.reference or "") for nonce, row in rows.items()}
    for nonce in for_every_statement(lambda nonce: post(tokens[nonce])):
        sweep_later()
        clock.move(minutes=2)
        post(tokens[nonce])
        assert rows[nonce].payments.paid().count() == 2, nonce
        assert rows[nonce].events.filter(name="payment.paid").count() == 2, nonce


# Whose it is


def test_a_notice_that_overtakes_the_answer_of_the_create(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    answers: list[Any] = []

    def overtake(verb: str) -> None:
        if verb == "charge":
            answers.append(post(foreign.token(Located(subscription_reference="S1"))))

    foreign.watch = overtake
    come_back(checkout)
    assert (answers[0].status_code, answers[0].json()["status"]) == (200, "pending")
    assert told("payment.paid") == 1
    sweep_later()
    assert Notice.objects.get().state == NoticeState.DONE
    assert not Discrepancy.objects.exists()


def test_a_strangers_payment_touches_nothing_and_its_money_is_kept(foreign: ForeignProvider) -> None:
    subscribe()
    token = foreign.token(Located(order="somebody else's", paid=Money("7.25", "USD")))
    answer = post(token)
    assert answer.json()["subscription_id"] is None
    item = Discrepancy.objects.get()
    assert (item.kind, item.amount, item.detail["order"]) == (
        "foreign_payment",
        Decimal("7.25"),
        "somebody else's",
    )
    post(token)
    assert Discrepancy.objects.count() == 1
    assert Subscription.objects.count() == Payment.objects.count() == 1


def test_a_subscription_that_is_none_of_ours_is_foreign_after_a_while(
    foreign: ForeignProvider, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=4)
    post(foreign.token(Located(subscription_reference="S99", paid=Money("1", "USD"))))
    assert Notice.objects.get().state == NoticeState.RECEIVED
    for _look in range(3):
        sweep_later()
    assert Notice.objects.get().state == NoticeState.FOREIGN
    assert Discrepancy.objects.get().kind == "foreign_payment"


def test_a_payer_who_paid_and_never_came_back_is_served_by_the_notice_of_the_order(
    foreign: ForeignProvider, settings: Any
) -> None:
    """The provider tells of the order only: the attempt goes on from there."""
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"STRATEGIES": ["invoice"]})
    foreign.fault("invoice", KILLED_AFTER)
    with pytest.raises(Killed):
        payer().subscribe(MONTHLY)
    foreign.pay("S1")
    clock.move(minutes=2)
    order = Checkout.objects.get().order
    answer = post(foreign.token(Located(order=order, paid=Money("12.50", "USD"))))
    assert answer.json()["status"] == "active"
    assert Checkout.objects.get().status == CheckoutStatus.DONE
    assert told("payment.paid") == 1


def test_an_expired_attempt_that_was_paid_all_the_same_is_a_payment_and_a_discrepancy(
    foreign: ForeignProvider,
) -> None:
    """The payer left the old page open, chose another plan in a second tab, and paid both."""
    old = payer().subscribe(MONTHLY)
    new = come_back(payer().subscribe("desk_monthly_v1")).subscription
    reference = foreign.open(old.order, "C1", catalogue().price(MONTHLY))
    located = Located(subscription_reference=reference, order=old.order, paid=Money("12.50", "USD"))
    answer = post(foreign.token(located))
    assert answer.status_code == 200
    sweep_later()
    duplicate = reopened(old.subscription)
    assert (duplicate.reference, duplicate.status, duplicate.slot_key) == (reference, Status.ACTIVE, None)
    assert duplicate.payments.get().status == PaymentStatus.PAID
    assert "duplicate" in set(Discrepancy.objects.values_list("kind", flat=True))
    assert reopened(new).slot_key is not None


def test_money_for_an_attempt_of_ours_that_came_to_nothing_is_kept(
    foreign: ForeignProvider, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(MAX_TRIES=4)
    old = payer().subscribe(MONTHLY)
    payer().subscribe("desk_monthly_v1")
    post(foreign.token(Located(order=old.order, paid=Money("12.50", "USD"))))
    for _look in range(3):
        sweep_later()
    item = Discrepancy.objects.get()
    assert (item.kind, item.detail["order"]) == ("foreign_payment", old.order)


# Invariant 10


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that was logged, with whatever a formatter could show of it."""
    caplog.set_level(logging.DEBUG)

    def everything() -> str:
        lines = []
        for record in caplog.records:
            lines.append(f"{record.getMessage()} {vars(record)} {caplog.handler.format(record)}")
        return "\n".join(lines)

    return everything


def test_no_token_and_no_email_is_logged(
    foreign: ForeignProvider, logged: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    for verb in ("customer", "page", "charge", "fetch", "locate"):
        foreign.fault(verb, LOST_BEFORE, BUG)
    tokens = []
    for _turn in range(6):
        try:
            checkout = payer().subscribe(MONTHLY)
            tokens.append(checkout.url.rpartition("/")[2])
            come_back(checkout)
        except (RuntimeError, AlreadySubscribed):
            pass
        sweep_later()
        if foreign.subscriptions:
            tokens.append(foreign.renew("S1"))
            post(tokens[-1])
    foreign.faults.clear()
    Subscription.objects.get().cancel()
    text = logged()
    assert "Task failed" in text, "the flows were to fail, and to say so"
    secrets = [token for token in tokens if token] + [EMAIL]
    assert len(set(secrets)) > 2
    assert [secret for secret in secrets if secret in text] == []


def test_errors_kept_on_the_row_hold_no_token(foreign: ForeignProvider) -> None:
    foreign.fault("locate", BUG)
    token = foreign.token(Located())
    post(token)
    assert token not in Notice.objects.get().error
    assert token not in str(Notice.objects.get())
