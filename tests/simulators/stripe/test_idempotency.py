"""https://docs.stripe.com/api/idempotent_requests: what is answered again, and what is begun anew."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests
import stripe

from payment_subscriptions.simulators.stripe import StripeSimulator, cards

from .seller import Seller

ANA = {"email": "ana@correo.cl"}


def post(simulator: StripeSimulator, path: str, key: str = "k", **params: Any) -> requests.Response:
    return requests.post(
        f"{simulator.url}/v1/{path}",
        data=params,
        headers={"Authorization": f"Bearer {simulator.api_key}", "Idempotency-Key": key},
        timeout=5,
    )


def test_the_first_answer_is_given_again_and_says_so(stripe_simulator: StripeSimulator) -> None:
    first, again = (post(stripe_simulator, "customers", **ANA) for _ in range(2))
    assert first.json() == again.json()
    assert len(stripe_simulator.table("customers")) == 1
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.headers["Request-Id"] != again.headers["Request-Id"]


def test_it_is_the_answer_of_then(seller: Seller) -> None:
    made = seller.v1.customers.create(ANA, {"idempotency_key": "k"})
    seller.v1.customers.update(made.id, {"name": "Eva"})
    assert seller.v1.customers.create(ANA, {"idempotency_key": "k"}).name is None


@pytest.mark.parametrize(("path", "params"), [("customers", {"email": "eva@correo.cl"}), ("products", ANA)])
def test_other_parameters_or_another_address(
    stripe_simulator: StripeSimulator, path: str, params: dict[str, str]
) -> None:
    post(stripe_simulator, "customers", **ANA)
    answer = post(stripe_simulator, path, **({"name": "x"} if path == "products" else params))
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
    assert "Idempotent-Replayed" not in answer.headers


def test_while_the_first_is_at_work(seller: Seller) -> None:
    """The first waits for the account; the second is not made to wait."""
    simulator = seller.simulator
    answers: list[requests.Response] = []
    first = threading.Thread(target=lambda: answers.append(post(simulator, "customers", **ANA)))
    with simulator.account.lock:
        first.start()
        while not simulator.account.keys.kept:
            first.join(0.01)
        second = post(simulator, "customers", **ANA)
        other = post(simulator, "customers", email="eva@correo.cl")
    first.join(5)
    error = second.json()["error"]
    assert (second.status_code, error["code"]) == (409, "idempotency_key_in_use")
    assert other.status_code == 400
    assert answers[0].status_code == 200
    assert post(simulator, "customers", **ANA).json() == answers[0].json()


def test_the_library_tries_again_after_a_409(stripe_simulator: StripeSimulator) -> None:
    stripe_simulator.faults.add("customers/create", "key_in_use")
    client: Any = stripe.StripeClient(
        stripe_simulator.api_key,
        base_addresses={"api": stripe_simulator.api_url},
        max_network_retries=1,
    )
    assert client.v1.customers.create({"email": "ana@correo.cl"}).id
    assert [call.status for call in stripe_simulator.calls] == [409, 200]
    assert len(stripe_simulator.table("customers")) == 1


def test_keys_are_forgotten_after_a_day(seller: Seller) -> None:
    key = {"idempotency_key": "k"}
    first = seller.v1.customers.create(ANA, key).id
    seller.simulator.clock.advance(hours=23)
    assert seller.v1.customers.create(ANA, key).id == first
    seller.simulator.clock.advance(hours=2)
    assert seller.v1.customers.create({"email": "eva@correo.cl"}, key).id != first
    seller.v1.customers.create(ANA, {"idempotency_key": "other"})
    assert len(seller.simulator.account.keys.kept) == 2


def test_a_key_has_255_characters_at_most(stripe_simulator: StripeSimulator) -> None:
    assert post(stripe_simulator, "customers", "k" * 255, **ANA).status_code == 200
    assert post(stripe_simulator, "customers", "k" * 256, **ANA).status_code == 400


def test_a_500_is_given_again(seller: Seller) -> None:
    seller.simulator.faults.add("customers/create", "error_kept")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as told:
            seller.v1.customers.create(ANA, {"idempotency_key": "k"})
        assert told.value.http_status == 500
    assert (told.value.headers or {})["Idempotent-Replayed"] == "true"
    assert len(seller.simulator.table("customers")) == 1
    assert seller.v1.customers.create(ANA, {"idempotency_key": "other"}).id


def test_a_decline_is_given_again(seller: Seller) -> None:
    key = seller.subscribe()
    seller.simulator.decline_next(times=2)
    seller.simulator.clock.advance(days=32)
    (bill,) = seller.v1.invoices.list({"subscription": key, "status": "open"}).data
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            seller.v1.invoices.pay(bill.id, {}, {"idempotency_key": "k"})
    assert len(seller.simulator.table("charges")) == 3
    assert seller.v1.invoices.pay(bill.id, {}, {"idempotency_key": "other"}).status == "paid"


@pytest.mark.parametrize(
    "wrong", [{"emial": "x"}, {"expand": ["nothing"]}, {"invoice_settings": "x"}, {"expand": "sources"}]
)
def test_what_was_refused_before_it_began_is_not_kept(seller: Seller, wrong: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        seller.v1.customers.create({**ANA, **wrong}, {"idempotency_key": "k"})
    assert seller.simulator.table("customers") == []
    assert seller.v1.customers.create(ANA, {"idempotency_key": "k"}).email == ANA["email"]


def test_only_posts_have_keys(seller: Seller) -> None:
    customer = seller.customer()
    options = {"idempotency_key": "k"}
    seller.v1.customers.retrieve(customer, {}, options)
    assert seller.v1.customers.delete(customer, {}, options).deleted
    assert "k" not in seller.simulator.account.keys.kept


def test_nothing_is_charged_twice_by_a_lost_answer(seller: Seller) -> None:
    session = seller.session(seller.price(renews=False), mode="payment")
    seller.simulator.complete_session(session.id, cards.OK)
    intent = seller.v1.checkout.sessions.retrieve(session.id).payment_intent
    seller.simulator.faults.add("refunds/create", "reset_after_commit")
    params, options = {"payment_intent": intent, "amount": 1000}, {"idempotency_key": "k"}
    with pytest.raises(stripe.APIConnectionError):
        seller.v1.refunds.create(params, options)
    seller.v1.refunds.create(params, options)
    assert [each["amount"] for each in seller.simulator.table("refunds")] == [1000]
