"""What can be done: who may, what the page says first, what happens then, and what an error becomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection, connections
from django.test import Client
from pytest_django import Settings

from payment_subscriptions import recording
from payment_subscriptions.clock import now
from payment_subscriptions.events import off, on
from payment_subscriptions.exceptions import (
    Busy,
    ConfigurationError,
    NotFound,
    OutcomeUnknown,
    Refused,
)
from payment_subscriptions.gateways.dummy import DummyGateway
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import (
    Checkout,
    Customer,
    Discrepancy,
    Event,
    Notice,
    Payment,
    Receipt,
    Refund,
    Subscription,
)

from . import ledger
from .conftest import Login
from .gateways import IDLE, Watch, able, failing
from .ledger import EMAIL, begin, burden, rows, subscribe
from .test_pages import page

pytestmark = pytest.mark.django_db

VERBS = {
    "sync": ("subscription", "sync_subscription"),
    "cancel_at_period_end": ("subscription", "cancel_subscription"),
    "cancel_now": ("subscription", "cancel_subscription"),
    "replay": ("notice", "replay_notice"),
    "settle": ("discrepancy", "settle_discrepancy"),
    "retry": ("event", "retry_receipt"),
    "resume": ("subscription", "resume_subscription"),
    "change_plan": ("subscription", "change_plan_subscription"),
    "undo_change": ("subscription", "change_plan_subscription"),
    "refund": ("payment", "refund_payment"),
    "go_on": ("refund", "refund_payment"),
    "call_off": ("refund", "refund_payment"),
    "settle_refund": ("refund", "settle_refund"),
    "pause": ("subscription", "pause_subscription"),
    "unpause": ("subscription", "pause_subscription"),
}
# Verbs that bear the name of another noun's.
ADDRESSES = {"settle_refund": "settle"}
# Where each of these is possible.
SCENES: dict[str, Callable[[Subscription], object]] = {
    "resume": lambda row: Subscription.objects.update(cancel_at_period_end=True),
    "undo_change": lambda row: Subscription.objects.update(
        next_price_key="pro_yearly_v1", next_price_at=row.period_end
    ),
    "refund": lambda row: (Refund.objects.all().delete(), row.payments.filter(status="failed").delete()),
    "call_off": lambda row: Refund.objects.update(status="offered", in_doubt_since=None),
    "unpause": lambda row: Subscription.objects.update(status="paused"),
}


def loaded() -> Subscription:
    subscription = subscribe()
    burden(subscription)
    return Subscription.objects.get(pk=subscription.pk)


def scene(verb: str, settings: Settings, watch: Watch = str) -> tuple[Any, str]:
    """A row to which that can be done, at a provider that can do it; and the page that asks."""
    subscription = loaded()
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings(GATEWAYS=able(watch))
    if verb in SCENES:
        SCENES[verb](subscription)
    row = row_of(VERBS[verb][0], subscription)
    return row, page(row, ADDRESSES.get(verb, verb))


def row_of(noun: str, subscription: Subscription) -> Any:
    if noun == "payment":
        return subscription.payments.latest("pk")
    return next(row for row in rows(subscription) if row._meta.model_name == noun)


def yes(client: Client, address: str, **data: Any) -> list[str]:
    """Ask, then do what the page said; the messages that follow."""
    asked = client.get(address)
    assert asked.status_code == 200
    answer = client.post(address, {"stamp": asked.context["stamp"], **data})
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_wants_its_own_permission(login: Login, settings: Settings, verb: str) -> None:
    noun, permission = VERBS[verb]
    row, address = scene(verb, settings)
    others = [codename for _noun, codename in VERBS.values() if codename != permission]
    for client in (login(f"view_{noun}", *others), login(permission)):
        assert client.get(address).status_code == 403
        assert client.post(address).status_code == 403
    looker, doer = login(f"view_{noun}"), login(f"view_{noun}", permission)
    assert address not in looker.get(page(row)).content.decode()
    assert address in doer.get(page(row)).content.decode()
    assert doer.get(address).status_code == 200
    assert LogEntry.objects.count() == 0


@pytest.mark.parametrize("verb", VERBS)
def test_asking_does_nothing(login: Login, verb: str, settings: Settings) -> None:
    asked: list[str] = []
    _row, address = scene(verb, settings, asked.append)
    nouns = (Subscription, Customer, Payment, Refund, Notice, Discrepancy, Event, Receipt, Checkout)
    before = [list(noun.objects.values()) for noun in nouns]
    assert login("*").get(address).status_code == 200
    assert asked == []
    assert [list(noun.objects.values()) for noun in nouns] == before


@pytest.mark.parametrize("verb", VERBS)
def test_a_forged_post_does_nothing(login: Login, settings: Settings, verb: str) -> None:
    _row, address = scene(verb, settings)
    client = login("*")
    client.handler.enforce_csrf_checks = True
    assert client.post(address).status_code == 403
    assert LogEntry.objects.count() == 0


# Subscription


def test_sync(login: Login) -> None:
    subscription = subscribe()
    Subscription.objects.filter(pk=subscription.pk).update(status=Status.PAST_DUE)
    said = yes(login("*"), page(subscription, "sync"))
    subscription.refresh_from_db()
    assert subscription.is_active
    assert said[0].startswith("Active. Next charge: CLP 10,000 on ")
    assert LogEntry.objects.get().get_change_message() == "Ask the provider"


def test_sync_of_one_that_the_provider_has_lost(login: Login) -> None:
    subscription = subscribe()
    DummyGateway.providers.clear()
    said = yes(login("*"), page(subscription, "sync"))
    assert "no longer knows it" in said[0]
    assert Discrepancy.objects.get().kind == "lost"


def test_cancel_at_period_end(login: Login) -> None:
    subscription, client = loaded(), login("*")
    asked = client.get(page(subscription, "cancel_at_period_end")).content.decode()
    assert "CLP 10,000 stays owed" in asked
    assert "cannot be taken back" in asked
    said = yes(client, page(subscription, "cancel_at_period_end"))
    subscription.refresh_from_db()
    assert subscription.is_cancelling
    assert said[0].startswith("Ends on ")
    assert client.get(page(subscription, "cancel_at_period_end")).status_code == 302
    asked = client.get(page(subscription, "cancel_now")).content.decode()
    assert "loses access at once" in asked


def test_cancel_now_says_to_which_money(login: Login) -> None:
    subscription, client = loaded(), login("*")
    asked = client.get(page(subscription, "cancel_now")).content.decode()
    assert f"CLP 10,000 (owed-{subscription.pk}, due on " in asked
    assert "is voided" in asked
    assert "not given back; the last was CLP 10,000" in asked
    said = yes(client, page(subscription, "cancel_now"))
    subscription.refresh_from_db()
    assert subscription.status == Status.CANCELLED
    assert said[0].startswith("It ended, but the provider still shows CLP 10,000 as owed.")
    assert "By hand" in client.get(page(subscription)).content.decode()


def test_cancel_now_with_nothing_owed(login: Login) -> None:
    subscription, client = subscribe(), login("*")
    assert "No charge is known to be owed" in client.get(page(subscription, "cancel_now")).content.decode()
    said = yes(client, page(subscription, "cancel_now"))
    assert said[0].startswith("Cancelled; it ended on ")


def test_cancel_of_one_that_is_pending_gives_its_attempt_up(login: Login) -> None:
    checkout = begin()
    said = yes(login("*"), page(checkout.subscription, "cancel_now"))
    checkout.refresh_from_db()
    assert checkout.status == "expired"
    assert said[0].startswith("Cancelled")


def test_one_that_is_pending_there_is_cancelled_there(login: Login) -> None:
    subscription = subscribe()
    Subscription.objects.filter(pk=subscription.pk).update(status=Status.PENDING)
    said = yes(login("*"), page(subscription, "cancel_now"))
    assert DummyGateway.providers["dummy"].subscriptions[subscription.reference or ""].status == "cancelled"
    assert said[0].startswith("Cancelled")


def test_a_yes_to_an_older_question_is_asked_again(login: Login) -> None:
    subscription, client = loaded(), login("*")
    address = page(subscription, "cancel_now")
    stamp = client.get(address).context["stamp"]
    subscription.sync()
    answer = client.post(address, {"stamp": stamp})
    assert answer["Location"] == address
    subscription.refresh_from_db()
    assert subscription.is_active


def test_a_verb_that_is_no_longer_possible(login: Login) -> None:
    subscription, client = loaded(), login("*")
    yes(client, page(subscription, "cancel_now"))
    answer = client.post(page(subscription, "cancel_now"), {"stamp": "1"})
    assert answer["Location"] == page(subscription)
    assert LogEntry.objects.count() == 1


def test_a_cancellation_that_the_provider_ignores_is_no_success(login: Login, settings: Settings) -> None:
    subscription = loaded()
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings(GATEWAYS=IDLE)
    said = yes(login("*"), page(subscription, "cancel_now"))
    assert said[0].startswith("It was asked for, but")


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OutcomeUnknown("timed out"), "In doubt"),
        (Refused("no contract for ana.perez@correo.cl"), "refused"),
        (NotFound(), "does not know it"),
        (Busy(), "at work on it"),
        (ConfigurationError("No key", hint="Set API_KEY."), "Set API_KEY."),
    ],
)
@pytest.mark.parametrize("verb", ["cancel_at_period_end", "cancel_now"])
def test_errors_become_plain_words(
    login: Login, settings: Settings, verb: str, error: Exception, words: str
) -> None:
    subscription = loaded()
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings(GATEWAYS=failing("cancel", error))
    said = yes(login("*"), page(subscription, verb))
    assert words in said[0]
    assert EMAIL not in said[0]
    assert LogEntry.objects.count() == 1


def test_a_lost_answer_is_in_doubt_and_kept(login: Login, settings: Settings) -> None:
    subscription = loaded()
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings(GATEWAYS=failing("cancel", OutcomeUnknown()))
    client = login("*")
    said = yes(client, page(subscription, "cancel_now"))
    subscription.refresh_from_db()
    assert said[0].startswith("In doubt")
    assert subscription.cancel_requested == "now"
    assert "has not shown it done" in client.get(page(subscription)).context["warnings"][1]


# The others


def test_replay(login: Login) -> None:
    subscription = subscribe()
    notice = Notice.objects.create(
        provider="dummy", key="k", body=subscription.reference or "", arrival="a", state="dead", tries=12
    )
    said = yes(login("*"), page(notice, "replay"))
    notice.refresh_from_db()
    assert notice.state == "done"
    assert notice.subscription == subscription
    assert said == ["Done: the subscription is as the provider reports it."]


@pytest.mark.parametrize(
    ("error", "words", "state"),
    [(NotFound(), "does not know it", "unknown"), (OutcomeUnknown(), "did not work", "received")],
)
def test_replay_that_does_not_work(
    login: Login, settings: Settings, error: Exception, words: str, state: str
) -> None:
    notice = Notice.objects.create(provider="dummy", key="k", body="b", arrival="a", state="dead")
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings(GATEWAYS=failing("locate", error))
    said = yes(login("*"), page(notice, "replay"))
    notice.refresh_from_db()
    assert words in said[0]
    assert notice.state == state


def test_settle_keeps_who_and_what(login: Login) -> None:
    subscription = loaded()
    discrepancy, client = subscription.discrepancies.get(), login("*")
    address = page(discrepancy, "settle")
    assert client.post(address, {"stamp": ""}).status_code == 200  # a note is asked for
    assert yes(client, address, note="Given back at Flow <b>") == ["Settled."]
    discrepancy.refresh_from_db()
    assert discrepancy.resolved_at
    assert discrepancy.detail["settled"]["note"] == "Given back at Flow <b>"
    assert discrepancy.detail["payment"] == "p-1"
    shown = client.get(page(discrepancy)).content.decode()
    assert "Given back at Flow &lt;b&gt;" in shown
    assert discrepancy.detail["settled"]["by"] in shown
    assert client.get(address).status_code == 302


def test_settled_by_two_at_once_keeps_the_first() -> None:
    as_both_read_it = loaded().discrepancies.get()
    assert recording.settle(as_both_read_it, by="ana", note="first")
    assert not recording.settle(as_both_read_it, by="benito", note="second")
    as_both_read_it.refresh_from_db()
    assert as_both_read_it.detail["settled"] == {"by": "ana", "note": "first"}


def given_up(subscription: Subscription) -> Receipt:
    return Receipt.objects.get(event__subscription=subscription, tries=12)


@pytest.fixture
def heard() -> Any:
    events: list[int] = []

    @on("payment.paid", name="shop.open_door")
    def open_door(event: Any) -> None:
        events.append(event.pk)

    yield events
    off(open_door)


def test_retry_runs_the_handlers_that_were_chosen(login: Login, heard: list[int]) -> None:
    receipt = given_up(loaded())
    other = Receipt.objects.create(event=receipt.event, handler="shop.mail", tries=12)
    said = yes(login("*"), page(receipt.event, "retry"), handlers=[str(receipt.pk)])
    receipt.refresh_from_db()
    other.refresh_from_db()
    assert heard == [receipt.event_id]
    assert receipt.done_at
    assert other.done_at is None
    assert other.due_at is None
    assert said == ["Done."]


def test_retry_that_fails_again_says_so(login: Login) -> None:
    receipt = given_up(loaded())
    said = yes(login("*"), page(receipt.event, "retry"), handlers=[str(receipt.pk)])
    receipt.refresh_from_db()
    assert "failed again" in said[0]
    assert receipt.due_at


def test_retry_takes_only_what_was_given_up(login: Login) -> None:
    event = given_up(loaded()).event
    done = Receipt.objects.create(event=event, handler="done", done_at=now())
    client = login("*")
    assert client.post(page(event, "retry"), {"handlers": [str(done.pk)]}).status_code == 200
    done.refresh_from_db()
    assert done.tries == 0


# Transactions


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("sync", {}),
        ("cancel_at_period_end", {}),
        ("cancel_now", {}),
        ("replay", {}),
        ("resume", {}),
        ("change_plan", {"price": "pro_yearly_v1", "when": "now"}),
        ("undo_change", {}),
        ("refund", {"amount": "10.000", "reason": "asked for"}),
        ("go_on", {}),
        ("call_off", {}),
        ("pause", {}),
        ("unpause", {}),
    ],
)
def test_no_provider_is_asked_inside_a_transaction(
    login: Login, settings: Settings, monkeypatch: pytest.MonkeyPatch, verb: str, data: dict[str, str]
) -> None:
    asked: list[str] = []

    def watch(name: str) -> None:
        asked.append(name)
        assert not connection.in_atomic_block

    _row, address = scene(verb, settings, watch)
    Notice.objects.update(body=Subscription.objects.get().reference)
    # Django's own, read at each request: it does not hear a change of ``settings.DATABASES``.
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    client = login("*")
    stamp = client.get(address).context["stamp"]
    answer = client.post(address, {"stamp": stamp, **data})
    if verb == "change_plan":
        assert asked == ["preview_change"]
        sealed = answer.context["preview"].sealed
        answer = client.post(address, {"stamp": stamp, "sealed": sealed, **data})
    assert answer.status_code == 302
    assert asked
