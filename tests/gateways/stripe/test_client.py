"""The door to Stripe: what each answer means, whole lists, and what is written of a call."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from payment_subscriptions.exceptions import ConfigurationError, NotFound, OutcomeUnknown, Refused
from payment_subscriptions.gateways.stripe.client import Client
from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator

__all__ = ["stripe_server", "stripe_simulator"]

EMAIL = "pedro.perez+1@correo.cl"
SAYS: dict[str, Any] = {
    "decline": {"type": "card_error", "code": "card_declined", "status": 402},
    "refusal": {"type": "invalid_request_error", "code": "amount_too_small", "status": 400},
    "missing": {"type": "invalid_request_error", "code": "resource_missing", "status": 404},
    "forbidden": {"type": "invalid_request_error", "code": "", "status": 403},
    "at work": {"type": "idempotency_error", "code": "idempotency_key_in_use", "status": 409},
    "key of another": {"type": "idempotency_error", "code": "", "status": 400},
    "trouble": {"type": "api_error", "code": "", "status": 500},
    "overloaded": {"type": "api_error", "code": "", "status": 503},
}


@pytest.fixture
def client(stripe_simulator: StripeSimulator) -> Client:
    return Client(stripe_simulator.api_key, stripe_simulator.api_url, timeout=0.5)


def create(client: Client, email: str = EMAIL) -> dict[str, Any]:
    return client.call(client.v1.customers.create, params={"email": email}, key="one")


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ("decline", Refused),
        ("refusal", Refused),
        ("missing", NotFound),
        ("forbidden", ConfigurationError),
        ("at work", OutcomeUnknown),
        ("key of another", OutcomeUnknown),
        ("trouble", OutcomeUnknown),
        ("overloaded", OutcomeUnknown),
    ],
)
def test_what_stripe_says_and_what_it_means(
    client: Client, stripe_simulator: StripeSimulator, says: str, kind: type[Exception]
) -> None:
    stripe_simulator.faults.add("customers/create", "error", **SAYS[says])
    with pytest.raises((Refused, OutcomeUnknown, ConfigurationError)) as caught:
        create(client)
    assert type(caught.value) is kind
    if isinstance(caught.value, OutcomeUnknown):
        assert caught.value.sent


@pytest.mark.parametrize(
    "kind",
    [
        "timeout_before_commit",
        "timeout_after_commit",
        "reset_before_commit",
        "reset_after_commit",
        "truncated_json",
        "empty_body",
        "html_200",
        "http_error",
    ],
)
def test_without_a_whole_answer_nobody_knows(
    client: Client, stripe_simulator: StripeSimulator, kind: str
) -> None:
    stripe_simulator.faults.add("customers/create", kind)
    with pytest.raises(OutcomeUnknown) as caught:
        create(client)
    assert caught.value.sent


def test_turned_away_at_the_door_nothing_was_done(client: Client, stripe_simulator: StripeSimulator) -> None:
    stripe_simulator.faults.add("customers/create", "rate_limit")
    with pytest.raises(OutcomeUnknown) as caught:
        create(client)
    assert not caught.value.sent
    assert create(client)["email"] == EMAIL


def test_a_key_that_stripe_does_not_accept_is_for_the_operator(
    client: Client, stripe_simulator: StripeSimulator
) -> None:
    stripe_simulator.faults.add("customers/create", "unknown_key")
    with pytest.raises(ConfigurationError):
        create(client)


def test_every_page_of_a_list_is_read(client: Client) -> None:
    for number in range(7):
        client.call(client.v1.customers.create, params={"name": str(number)})
    found = client.every(client.v1.customers.list, {"limit": 3})
    assert [each["name"] for each in found] == ["6", "5", "4", "3", "2", "1", "0"]


def test_nothing_secret_in_logs_and_errors(
    client: Client, stripe_simulator: StripeSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of the library and of what is under it too, however much they are told to say."""
    for name in ("payment_subscriptions", "stripe", "urllib3", "requests", ""):
        caplog.set_level(logging.DEBUG, logger=name)
    customer = create(client)["id"]
    client.every(client.v1.customers.list, {"email": EMAIL})
    url = "https://shop.example/pagos/api/stripe/webhook/"
    params = {"url": url, "enabled_events": ["invoice.paid"]}
    secret = client.call(client.v1.webhook_endpoints.create, params=params)["secret"]
    page = client.call(
        client.v1.billing_portal.sessions.create, params={"customer": customer, "return_url": url}
    )["url"]
    stripe_simulator.faults.add(
        "customers/create", "error", status=400, message=f"Invalid email address: {EMAIL}"
    )
    with pytest.raises(Refused) as caught:
        create(client)
    texts = [record.getMessage() + repr(vars(record)) for record in caplog.records]
    texts += ["".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))]
    assert {"payment_subscriptions.stripe", "urllib3.connectionpool"} <= {
        record.name for record in caplog.records
    }
    for text in texts:
        for leak in (EMAIL, "pedro.perez", stripe_simulator.api_key, secret, page):
            assert leak not in text
