"""What can be told to go wrong with a call, as the real library sees it."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from payment_subscriptions.simulators.stripe import StripeSimulator, cards
from payment_subscriptions.simulators.stripe.faults import CONTENT, KINDS
from payment_subscriptions.simulators.stripe.mishaps import _CONTENT, _MISHAPS
from tests.simulators.flow.test_faults import eventually

from .seller import Seller

ANA = {"email": "ana@correo.cl"}


def hurried(simulator: StripeSimulator) -> Any:
    """A client that waits for 0.3 seconds."""
    return stripe.StripeClient(
        simulator.api_key,
        base_addresses={"api": simulator.api_url},
        http_client=stripe.RequestsClient(timeout=0.3),
    ).v1


def test_every_kind_has_something_that_does_it() -> None:
    assert {name for name, kind in KINDS.items() if kind.area in ("before", "after")} == set(_MISHAPS)
    assert set(CONTENT) == set(_CONTENT)
    others = {kind.area for kind in KINDS.values()} - {"before", "after", "content"}
    assert others == {"callback", "charge", "bill", "kept"}


@pytest.mark.parametrize(
    ("kind", "committed"),
    [("reset_before_commit", 0), ("reset_after_commit", 1), ("timeout_before_commit", 0),
     ("timeout_after_commit", 1), ("slow", 1)],
)  # fmt: skip
def test_no_answer(stripe_simulator: StripeSimulator, kind: str, committed: int) -> None:
    options: dict[str, Any] = {"seconds": 0.5} if kind == "slow" else {}
    stripe_simulator.faults.add("customers/create", kind, **options)
    with pytest.raises(stripe.APIConnectionError):
        hurried(stripe_simulator).customers.create(ANA)
    assert len(stripe_simulator.table("customers")) == committed
    ended = eventually(lambda: [call.status for call in stripe_simulator.calls if call.fault == kind])
    assert ended in ([None], [200])


def test_a_late_commit_happens_when_the_clock_gets_there(seller: Seller) -> None:
    seller.simulator.faults.add("customers/create", "late_commit", seconds=300)
    with pytest.raises(stripe.APIConnectionError):
        seller.v1.customers.create(ANA)
    seller.simulator.clock.advance(seconds=290)
    assert seller.simulator.table("customers") == []
    seller.simulator.clock.advance(seconds=20)
    assert len(seller.simulator.table("customers")) == 1


@pytest.mark.parametrize(("kind", "committed"), [("http_error", 0), ("http_error_after_commit", 1)])
@pytest.mark.parametrize("status", [429, 502, 503])
def test_html_errors(seller: Seller, kind: str, committed: int, status: int) -> None:
    seller.simulator.faults.add("customers", kind, status=status)
    with pytest.raises(stripe.StripeError) as told:
        seller.v1.customers.create(ANA)
    assert told.value.http_status == status
    assert len(seller.simulator.table("customers")) == committed


@pytest.mark.parametrize("kind", ["html_200", "truncated_json", "empty_body"])
def test_answers_that_are_no_json(seller: Seller, kind: str) -> None:
    seller.simulator.faults.add("customers/create", kind)
    with pytest.raises(stripe.APIError):
        seller.v1.customers.create(ANA)
    assert len(seller.simulator.table("customers")) == 1


def test_json_under_another_name(seller: Seller) -> None:
    seller.simulator.faults.add("customers/create", "wrong_content_type")
    assert seller.v1.customers.create(ANA).email == ANA["email"]


@pytest.mark.parametrize("kind", ["slow", "truncated_json", "wrong_content_type", "events_before_answer"])
def test_a_refusal_stays_one(stripe_simulator: StripeSimulator, seller: Seller, kind: str) -> None:
    options: dict[str, Any] = {"seconds": 0} if kind == "slow" else {}
    stripe_simulator.faults.add("customers/retrieve", kind, **options)
    with pytest.raises(stripe.StripeError) as told:
        seller.v1.customers.retrieve("cus_none")
    assert told.value.http_status == 404


@pytest.mark.parametrize(
    ("kind", "options", "error", "status"),
    [
        ("error", {}, stripe.APIError, 500),
        ("error", {"type": "invalid_request_error", "code": "x", "status": 400},
         stripe.InvalidRequestError, 400),
        ("error_kept", {}, stripe.APIError, 500),
        ("rate_limit", {}, stripe.RateLimitError, 429),
        ("unknown_key", {}, stripe.AuthenticationError, 401),
        ("key_in_use", {}, stripe.APIError, 409),
    ],
)  # fmt: skip
def test_errors_on_demand(
    seller: Seller, kind: str, options: dict[str, Any], error: type[stripe.StripeError], status: int
) -> None:
    seller.simulator.faults.add("customers/create", kind, **options)
    with pytest.raises(error) as told:
        seller.v1.customers.create(ANA)
    assert told.value.http_status == status
    assert len(seller.simulator.table("customers")) == (kind == "error_kept")
    assert seller.v1.customers.create(ANA).id


def test_other_contents(seller: Seller) -> None:
    key = seller.customer()
    retrieve = seller.v1.customers.retrieve
    seller.simulator.faults.add("customers/retrieve", "set", fields={"name": "x"})
    assert retrieve(key).name == "x"
    seller.simulator.faults.add("customers/retrieve", "without", fields=["name"])
    assert "name" not in retrieve(key)
    seller.simulator.faults.add("customers/retrieve", "unknown_fields")
    strange = retrieve(key)
    assert strange.of_tomorrow == strange.invoice_settings.of_tomorrow == "x"
    assert retrieve(key).name == "Ana"


def test_a_fault_may_be_aimed_by_id_or_by_parameter(seller: Seller) -> None:
    first, second = seller.customer(), seller.customer()
    seller.simulator.faults.add("customers/retrieve", "error", where={"id": second})
    seller.simulator.faults.add("customers/create", "error", where={"email": "eva@correo.cl"})
    assert seller.v1.customers.retrieve(first).id == first
    for call in (
        lambda: seller.v1.customers.retrieve(second),
        lambda: seller.customer(email="eva@correo.cl"),
    ):
        with pytest.raises(stripe.APIError):
            call()
    assert seller.simulator.faults.pending() == []


def test_charges(seller: Seller) -> None:
    session = seller.session(seller.price())
    seller.simulator.decline_next("insufficient_funds", customer=session.customer)
    other = seller.session(seller.price(9000))
    assert seller.simulator.complete_session(other.id) == ""
    assert seller.simulator.complete_session(session.id) == "insufficient_funds"
    seller.simulator.faults.add("charge", "authenticate")
    assert seller.simulator.complete_session(session.id) == "authentication_required"
    assert seller.simulator.complete_session(session.id, cards.OK, authenticated=True) == ""


def test_a_bill_of_another_amount(seller: Seller) -> None:
    seller.simulator.faults.add("bill", "other_amount", amount=7000)
    key = seller.subscribe(seller.price(10_000))
    bill = seller.v1.subscriptions.retrieve(key, {"expand": ["latest_invoice"]}).latest_invoice
    assert (bill.total, bill.amount_paid) == (7000, 7000)
    assert [entry.amount for entry in seller.simulator.books.taken()] == [7000]


@pytest.mark.parametrize("key", ["sk_test_other", ""])
def test_another_key_opens_nothing(stripe_simulator: StripeSimulator, key: str) -> None:
    client: Any = stripe.StripeClient(key or "x", base_addresses={"api": stripe_simulator.api_url})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.customers.list()


def test_unknown_addresses(stripe_simulator: StripeSimulator, seller: Seller) -> None:
    client: Any = seller.v1
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        client.payouts.list()
