"""What arrives at the address of Stripe's notices: signed or refused, once or often, in any order."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe
from django.conf import settings
from django.test import Client

from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Discrepancy, Event, Notice, Payment, Subscription
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.sweep import sweep

from .merchant import Merchant

ADDRESS = "/pagos/api/stripe/webhook/"


def post(body: bytes, header: str | None) -> Any:
    extra = {} if header is None else {"HTTP_STRIPE_SIGNATURE": header}
    return Client().post(ADDRESS, body, content_type="application/json", **extra)  # type: ignore[arg-type]


def secret() -> str:
    return str(settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["stripe"]["WEBHOOK_SECRETS"][0])


def signed(body: bytes, *, key: str = "", age: int = 0) -> str:
    stamp = int(time.time()) - age
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), key or secret(), stamp))


def bodies(merchant: Merchant) -> list[bytes]:
    return [each.text.encode() for each in merchant.stripe.deliveries]


@pytest.fixture
def told(merchant: Merchant) -> bytes:
    """A genuine event that has not arrived."""
    merchant.stripe.lose_next_callbacks(times=1000)
    merchant.pay(merchant.begin())
    return next(body for body in bodies(merchant) if b'"invoice.paid"' in body)


@pytest.mark.parametrize("age", [0, 3600, -3600])
def test_forged_replayed_wrongly_signed_and_unsigned_are_refused(told: bytes, age: int) -> None:
    refused = [
        post(told, None),
        post(told, ""),
        post(told, signed(told, key="whsec_somebody_else")),
        post(told.replace(b"usd", b"eur"), signed(told)),
    ]
    if age:
        refused.append(post(told, signed(told, age=age)))
    assert [answer.status_code for answer in refused] == [400] * len(refused)
    assert not Notice.objects.exists()
    assert Subscription.objects.get().status == Status.PENDING


def test_signed_it_is_believed_as_a_hint(told: bytes) -> None:
    assert post(told, signed(told)).status_code == 200
    assert Subscription.objects.get().status == Status.ACTIVE


@pytest.mark.parametrize("secrets", [[], "", None])
def test_without_a_secret_nothing_is_accepted(merchant: Merchant, told: bytes, secrets: Any) -> None:
    header = signed(told)
    merchant.configure(WEBHOOK_SECRETS=secrets)
    assert post(told, header).status_code == 500
    assert not Notice.objects.exists()
    assert Subscription.objects.get().status == Status.PENDING


def test_an_event_of_another_kind_is_answered_and_not_stored(merchant: Merchant) -> None:
    merchant.begin()
    event = {
        "id": "evt_x",
        "object": "event",
        "type": "customer.created",
        "livemode": False,
        "data": {"object": {"id": "cus_x", "object": "customer"}},
    }
    body = json.dumps(event).encode()
    assert post(body, signed(body)).status_code == 200
    assert not Notice.objects.exists()


def test_a_subscription_of_somebody_else_s_is_not_waited_for(merchant: Merchant, told: bytes) -> None:
    event = json.loads(told)
    details = event["data"]["object"]["parent"]["subscription_details"]
    details |= {"subscription": "sub_of_another_shop", "metadata": {}}
    body = json.dumps(event | {"id": "evt_of_another"}).encode()
    assert post(body, signed(body)).status_code == 200
    assert Notice.objects.get().state == "foreign"
    assert not Discrepancy.objects.exists()


def test_the_same_event_many_times_is_one_effect(told: bytes) -> None:
    for _copy in range(50):
        assert post(told, signed(told)).status_code == 200
    assert Notice.objects.get().arrivals == 50
    assert Payment.objects.count() == 1
    assert Event.objects.filter(name="payment.paid").count() == 1


@pytest.mark.postgres
def test_fifty_copies_at_once_are_one_payment_one_event_and_at_most_two_fetches(
    merchant: Merchant, live_server: Any
) -> None:
    merchant.subscribe()
    Notice.objects.all().delete()
    merchant.stripe.lose_next_callbacks(times=1000)
    merchant.move(months=1, hours=2)
    told = next(body for body in reversed(bodies(merchant)) if b'"invoice.paid"' in body)
    merchant.stripe.faults.add("subscriptions/retrieve", "slow", times=None, seconds=1)
    before = fetches(merchant)
    headers = {"Content-Type": "application/json", "Stripe-Signature": signed(told)}
    start = threading.Barrier(50)

    def copy(_number: int) -> int:
        start.wait()
        return requests.post(live_server.url + ADDRESS, told, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(copy, range(50)))
    sweep()
    assert answers == [200] * 50
    assert Payment.objects.paid().count() == 2
    assert Event.objects.filter(name="payment.paid").count() == 2
    assert fetches(merchant) - before <= 2
    notice = Notice.objects.get()
    assert (notice.state, notice.arrivals) == (NoticeState.DONE, 50)


def fetches(merchant: Merchant) -> int:
    return sum(call.service == "subscriptions/retrieve" for call in merchant.stripe.calls)


def test_an_endpoint_of_before_tells_as_much(merchant: Merchant) -> None:
    """Made at a version of before 2025-03-31, it sends an invoice's subscription elsewhere."""
    merchant.stripe.table("endpoints")[0]["api_version"] = "2024-06-20"
    row = merchant.subscribe()
    merchant.move(months=1, hours=2)
    row.refresh_from_db()
    assert row.payments.paid().count() == 2
    assert not Notice.objects.filter(state="foreign").exists()


def test_while_a_secret_is_rolled_either_signs(merchant: Merchant, told: bytes) -> None:
    old, new = secret(), "whsec_simulator_new"
    header = signed(told)
    merchant.configure(WEBHOOK_SECRETS=[new, old])
    assert post(told, header).status_code == 200
    assert Subscription.objects.get().status == Status.ACTIVE
    merchant.configure(WEBHOOK_SECRETS=[new])
    assert post(told, header).status_code == 400
