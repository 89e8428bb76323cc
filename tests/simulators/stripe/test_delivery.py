"""Events on their way: signed, tried again, in order or not, as docs.stripe.com/webhooks says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from tests.simulators.merchant import Merchant, Received

from .seller import Seller


@pytest.fixture
def endpoint(seller: Seller, site: Merchant) -> Any:
    """Of new customers; what was told before is told no more."""
    made = seller.v1.webhook_endpoints.create({"url": site.url(), "enabled_events": ["customer.created"]})
    seller.simulator.settle()
    return made


def tell(seller: Seller, email: str = "eva@correo.cl") -> str:
    customer = seller.customer(email=email)
    assert seller.simulator.settle()
    return customer


def ids(site: Merchant) -> list[str]:
    return [json.loads(each.text)["data"]["object"]["id"] for each in site.received]


def test_signed_by_the_secret_of_the_endpoint(seller: Seller, site: Merchant, endpoint: Any) -> None:
    customer = tell(seller)
    body = site.received[0].text
    event = stripe.Webhook.construct_event(body.encode(), site.received[0].signature, endpoint.secret)
    assert (event.type, event.data.object.id) == ("customer.created", customer)
    assert site.received[0].content_type == "application/json; charset=utf-8"
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body.encode(), site.received[0].signature, "whsec_other")
    assert seller.simulator.secrets_of(site.url()) == [endpoint.secret]


def test_a_rolled_secret_signs_beside_the_old_one_for_a_day(
    seller: Seller, site: Merchant, endpoint: Any
) -> None:
    new = seller.simulator.roll_secret(endpoint.id)
    tell(seller)
    seller.simulator.clock.advance(hours=25)
    tell(seller)
    both, alone = (each.signature for each in site.received)
    for secret in (endpoint.secret, new):
        stripe.WebhookSignature.verify_header(site.received[0].text, both, secret)
    stripe.WebhookSignature.verify_header(site.received[1].text, alone, new)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(site.received[1].text, alone, endpoint.secret)


def test_a_secret_that_was_leaked_ends_at_once(seller: Seller, site: Merchant, endpoint: Any) -> None:
    new = seller.simulator.roll_secret(endpoint.id, hours=0)
    assert seller.simulator.secrets_of(site.url()) == [new]


# --- tries ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [302, 400, 404, 500])
def test_anything_but_2xx_is_tried_again_three_times(
    seller: Seller, site: Merchant, endpoint: Any, answer: int
) -> None:
    site.answer, site.location = answer, site.url("/elsewhere/")
    tell(seller)
    seller.simulator.clock.advance(hours=9)
    assert [each.attempt for each in seller.simulator.deliveries] == [1, 2, 3, 4]
    first, *later = (each.sent_at for each in seller.simulator.deliveries)
    assert first is not None
    assert [round((each - first).total_seconds() / 60) for each in later if each] == [5, 65, 245]
    assert len({each.text for each in site.received}) == 1
    assert {each.path for each in site.received} == {"/flow/webhook/"}


def test_until_it_is_answered_well(seller: Seller, site: Merchant, endpoint: Any) -> None:
    site.answer = 503
    tell(seller)
    site.answer = 204
    seller.simulator.clock.advance(hours=9)
    assert [each.status for each in seller.simulator.deliveries] == [503, 204]


def test_each_try_is_signed_anew(seller: Seller, site: Merchant, endpoint: Any) -> None:
    site.answer = 500
    tell(seller)
    time.sleep(1.1)  # a signature tells the second
    seller.simulator.clock.advance(minutes=6)
    first, second = (each.signature for each in site.received)
    assert int(second[2:].partition(",")[0]) > int(first[2:].partition(",")[0])
    stripe.WebhookSignature.verify_header(site.received[1].text, second, endpoint.secret)


def test_too_late_is_as_bad(seller: Seller, site: Merchant, endpoint: Any) -> None:
    seller.simulator.options.callback_deadline, site.delay = 0.1, 0.3
    tell(seller)
    assert (seller.simulator.deliveries[0].status, seller.simulator.deliveries[0].ok) == (None, False)


@pytest.mark.parametrize(
    "end", [lambda at, key: at.delete(key), lambda at, key: at.update(key, {"disabled": True})]
)
def test_who_is_gone_is_told_no_more(
    seller: Seller, site: Merchant, endpoint: Any, end: Callable[[Any, str], object]
) -> None:
    site.answer = 500
    tell(seller)
    end(seller.v1.webhook_endpoints, endpoint.id)
    tell(seller)
    seller.simulator.clock.advance(hours=9)
    assert len(site.received) == 1


def test_once_more_by_hand(seller: Seller, site: Merchant, endpoint: Any) -> None:
    seller.simulator.lose_next_callbacks()
    customer = tell(seller)
    assert site.received == []
    assert seller.simulator.post.redeliver(seller.simulator.deliveries[0].id).status == 200
    assert ids(site) == [customer]


# --- who is told, in which order --------------------------------------------------------------------------


def test_only_what_an_endpoint_asked_for(seller: Seller, site: Merchant, endpoint: Any) -> None:
    everything = {"url": site.url("/all/"), "enabled_events": ["*"]}
    seller.v1.webhook_endpoints.create(everything)
    customer = tell(seller)
    seller.v1.customers.update(customer, {"name": "x"})
    seller.simulator.settle()
    assert sorted((each.path, json.loads(each.text)["type"]) for each in site.received) == [
        ("/all/", "customer.created"), ("/all/", "customer.updated"), ("/flow/webhook/", "customer.created"),
    ]  # fmt: skip
    assert seller.simulator.table("events")[-2]["pending_webhooks"] == 2


def test_in_the_order_in_which_it_happened(seller: Seller, site: Merchant, endpoint: Any) -> None:
    made = [tell(seller) for _ in range(3)]
    assert ids(site) == made


def test_or_in_another(seller: Seller, site: Merchant, endpoint: Any) -> None:
    seller.simulator.faults.add("callback/customer.created", "late", seconds=60)
    first, second = tell(seller), tell(seller)
    seller.simulator.clock.advance(minutes=2)
    assert ids(site) == [second, first]


def test_a_fault_may_be_aimed_at_one_thing(seller: Seller, site: Merchant, endpoint: Any) -> None:
    customer = tell(seller)
    seller.v1.webhook_endpoints.update(endpoint.id, {"enabled_events": ["customer.updated"]})
    seller.simulator.faults.add("callback", "lost", times=None, where={"about": customer})
    seller.v1.customers.update(customer, {"name": "x"})
    seller.simulator.settle()
    assert [each.error for each in seller.simulator.deliveries] == [None, "lost"]


def test_the_site_may_ask_back_meanwhile(seller: Seller, site: Merchant, endpoint: Any) -> None:
    def ask(received: Received) -> None:
        seller.v1.customers.retrieve(json.loads(received.text)["data"]["object"]["id"])

    site.then = ask
    tell(seller)
    assert seller.simulator.deliveries[0].ok


# --- what goes wrong on the way ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "copies"), [("duplicated", 2), ("concurrent", 2), ("repeated", 2), ("as_get", 1)]
)
def test_copies(seller: Seller, site: Merchant, endpoint: Any, kind: str, copies: int) -> None:
    seller.simulator.faults.add("callback", kind)
    tell(seller)
    seller.simulator.clock.advance(minutes=2)
    assert len(site.received) == copies
    assert {each.method for each in site.received} == {"GET" if kind == "as_get" else "POST"}


@pytest.mark.parametrize("kind", ["unsigned", "wrongly_signed", "old_timestamp"])
def test_signatures_that_are_none(seller: Seller, site: Merchant, endpoint: Any, kind: str) -> None:
    seller.simulator.faults.add("callback", kind)
    tell(seller)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            site.received[0].text.encode(), site.received[0].signature, endpoint.secret
        )
    if kind == "old_timestamp":
        stripe.WebhookSignature.verify_header(
            site.received[0].text, site.received[0].signature, endpoint.secret
        )


def test_told_before_the_call_is_answered(seller: Seller, site: Merchant, endpoint: Any) -> None:
    answered: list[str] = []
    site.then = lambda received: answered.append("told")
    seller.simulator.faults.add("customers/create", "events_before_answer")
    seller.customer(email="eva@correo.cl")
    assert answered == ["told"]
