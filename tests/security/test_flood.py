"""Flow's endpoint is open to the world: what a flood of forged tokens costs, and whom it delays.

The flood comes from an address of its own, the simulated Flow calls from this machine's.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from typing import Any

import pytest
import requests
from django.test import Client

from payment_subscriptions import inbox
from payment_subscriptions.models import Event, Notice, Subscription
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.sweep import sweep
from payment_subscriptions.throttle import MOST_COPIES, TOGETHER
from tests.flow.test_notices import renewal_token
from tests.shop import Shop

WEBHOOK = "/pagos/api/flow/webhook/"
FLOOD = "203.0.113.7"
BOUND = 30


def forged() -> str:
    return secrets.token_hex(20).upper()


def post(token: str, address: str = FLOOD, **headers: str) -> Any:
    return Client(REMOTE_ADDR=address).post(WEBHOOK, {"token": token}, headers=headers)


def flood(number: int, addresses: int = 1) -> Counter[int]:
    """So many forged tokens; how often each status was answered."""
    return Counter(
        post(forged(), f"198.51.{each % addresses // 250}.{each % addresses % 250}").status_code
        for each in range(number)
    )


def questions(shop: Shop) -> int:
    return sum(call.service == "payment/getStatus" for call in shop.flow.calls)


def paid(subscription: Subscription) -> int:
    return subscription.payments.paid().count()


@pytest.mark.slow
def test_a_forged_token_flood_of_5000(shop: Shop, live_server: Any) -> None:
    """Stored, all of them; asked about no more than the bound; a genuine payment in its middle is recorded
    as it arrives; and after it the rest is asked about at the same pace."""
    subscription = shop.subscribe()
    token = renewal_token(shop)
    for half in (1, 2):
        shop.flow.clock.advance(minutes=1)  # what was asked before counts no more, however fast they come
        asked, began = questions(shop), shop.flow.clock.now()
        answers = flood(2500)
        minutes = int((shop.flow.clock.now() - began).total_seconds() // 60) + 1
        assert BOUND <= answers[404] == questions(shop) - asked <= BOUND * minutes
        assert answers[200] == 2500 - answers[404]
        assert Notice.objects.count() == half * 2500 + half - 1
        if half == 1:
            assert paid(subscription) == 1
            began_at = time.monotonic()
            genuine = requests.post(live_server.url + WEBHOOK, data={"token": token}, timeout=20)
            assert time.monotonic() - began_at < 5, "bounded: it waits behind nobody"
            assert genuine.json()["status"] == "active"
            assert Notice.objects.get(subscription=subscription).state == NoticeState.DONE
            assert paid(subscription) == 2
    for _minute in range(3):
        asked = questions(shop)
        shop.flow.clock.advance(minutes=1)
        sweep()
        assert 0 < questions(shop) - asked <= 2 * BOUND
    assert set(Notice.objects.values_list("tries", flat=True)) == {0}


def test_a_flood_costs_the_bound_and_the_rest_waits_its_turn(shop: Shop) -> None:
    answers = flood(3 * BOUND)
    assert answers == {404: BOUND, 200: 2 * BOUND}
    assert questions(shop) == BOUND
    held = Notice.objects.filter(state=NoticeState.RECEIVED).order_by("due_at")
    assert held.count() == 2 * BOUND
    first, last = held[0].due_at, held[2 * BOUND - 1].due_at
    assert first is not None
    assert last is not None
    assert 118 <= (last - first).total_seconds() <= 120, "one each two seconds"
    assert sweep().notices == 0
    shop.flow.clock.advance(seconds=61)
    assert 1 <= sweep().notices < 2 * BOUND  # that clock runs on by itself
    for _second in range(130):
        shop.flow.clock.advance(seconds=1)
        sweep()
    assert questions(shop) == 3 * BOUND
    assert set(Notice.objects.values_list("state", "tries")) == {(NoticeState.UNKNOWN, 0)}


def test_what_is_held_is_answered_as_what_nobody_knows_yet(shop: Shop) -> None:
    flood(BOUND)
    answer = post(forged(), "198.51.0.0")
    assert answer.status_code == 200
    assert answer.json() == {"received": True, "subscription_id": None, "status": "pending"}


def test_flows_own_peak_from_one_address_is_never_held(shop: Shop, settings: Any) -> None:
    """Everybody renews on the 1st, and each callback comes from the same address."""
    settings.PAYMENT_SUBSCRIPTIONS["UNKNOWN_NOTICES_PER_MINUTE"] = 2
    for number in range(8):
        shop.subscribe(nonce=f"nonce-{number}", email=f"ana{number}@correo.cl")
    shop.move(months=1)
    assert Notice.objects.filter(state=NoticeState.DONE).count() == 8
    assert Event.objects.filter(name="payment.paid").count() == 16


def test_a_flood_from_everywhere_holds_strangers_and_not_who_brought_a_genuine_one(
    shop: Shop, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["UNKNOWN_NOTICES_PER_MINUTE"] = 5
    subscription = shop.subscribe()
    shop.move(months=1)  # Flow's address has brought one
    asked = questions(shop)
    answers = flood(8 * TOGETHER, addresses=8 * TOGETHER)
    assert answers[404] == 5 * TOGETHER == questions(shop) - asked
    token = renewal_token(shop)
    flood(8 * TOGETHER, addresses=8 * TOGETHER)
    assert post(token, "203.0.113.9").json()["subscription_id"] is None, "a stranger brings it: it waits"
    assert post(token, "127.0.0.1").json()["status"] == "active"
    assert paid(subscription) == 3


def test_behind_a_proxy_that_hides_who_calls_a_renewal_is_found_by_the_sweep(shop: Shop) -> None:
    """NUM_PROXIES is not set: the flood and Flow have one address. What is held is not lost, and the
    renewal is recorded within minutes all the same: its day is known."""
    subscription = shop.subscribe()
    shop.flow.faults.add("callback", "late", seconds=120)
    shop.move(months=1)
    for _each in range(3 * BOUND):
        post(forged(), "127.0.0.1")
    shop.move(minutes=3)
    for _each in range(3 * BOUND):
        post(forged(), "127.0.0.1")
    for _minute in range(5):
        shop.move(minutes=1)
        sweep()
    assert paid(subscription) == 2


def test_a_token_that_flow_does_not_know_is_asked_about_once_a_minute_however_often_it_comes(
    shop: Shop,
) -> None:
    token = forged()
    assert [post(token).status_code for _copy in range(5)] == [404, 200, 200, 200, 200]
    assert questions(shop) == 1
    shop.flow.clock.advance(seconds=61)
    sweep()
    assert questions(shop) == 2
    assert sweep().notices == 0


def test_very_many_copies_of_a_genuine_token_cost_one_question_a_minute(shop: Shop) -> None:
    shop.subscribe()
    token = next(reversed(shop.flow.orders))
    post(token)
    Notice.objects.update(arrivals=MOST_COPIES)
    asked = questions(shop)
    for _copy in range(5):
        assert post(token).status_code == 200
    assert questions(shop) == asked
    shop.flow.clock.advance(seconds=61)
    sweep()
    assert questions(shop) == asked + 1
    assert Event.objects.filter(name="payment.paid").count() == 1


def test_one_that_waits_is_worked_at_once_when_a_person_asks(shop: Shop) -> None:
    flood(BOUND + 1)
    held = Notice.objects.get(state=NoticeState.RECEIVED)
    assert inbox.replay(held).state == NoticeState.UNKNOWN


@pytest.mark.parametrize(
    ("proxies", "passed", "same"),
    [
        (0, ("9.9.9.1", "9.9.9.2"), True),  # anybody can write that header
        (1, ("9.9.9.1", "9.9.9.2"), False),
        (1, ("1.1.1.1, 9.9.9.1", "2.2.2.2, 9.9.9.1"), True),  # what the caller wrote stands further left
        (2, ("1.1.1.1, 9.9.9.1, 10.0.0.1", "1.1.1.1, 9.9.9.2, 10.0.0.1"), False),
        (2, ("9.9.9.1", "9.9.9.1"), True),
        (1, ("2001:db8::1", "2001:db8::2"), True),  # one house has all of its network
        (1, ("2001:db8:0:1::1", "2001:db8:0:2::1"), False),
        (1, ("::ffff:9.9.9.1", "9.9.9.1"), True),
        (1, ("no address", "no address"), True),
    ],
)
def test_who_counts_as_the_same_sender(
    shop: Shop, settings: Any, proxies: int, passed: tuple[str, str], same: bool
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["NUM_PROXIES"] = proxies
    for each in passed:
        post(forged(), **{"x-forwarded-for": each})
    senders = set(Notice.objects.values_list("sender", flat=True))
    assert len(senders) == (1 if same else 2)
    assert not any("9.9.9" in sender for sender in senders), "no address is kept"


def test_what_is_too_large_is_400_before_anybody_reads_it(shop: Shop) -> None:
    answer = Client().post(WEBHOOK, {"token": forged(), "more": "x" * (1024 * 1024)})
    assert answer.status_code == 400
    assert not Notice.objects.exists()


def test_what_is_stored_of_a_forged_notice_is_its_token_alone(shop: Shop) -> None:
    token = forged()
    Client().post(WEBHOOK, {"token": token, "more": "x" * 100_000, "status": "2"})
    assert Notice.objects.get().body == token
