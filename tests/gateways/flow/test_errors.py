"""Flow's refusals, row by row, and what is shown of them."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from django.views.debug import SafeExceptionReporterFilter

from payment_subscriptions.exceptions import (
    AlreadyExists,
    ConfigurationError,
    GatewayError,
    NotFound,
    OutcomeUnknown,
    Refused,
)
from payment_subscriptions.gateways.flow import errors
from payment_subscriptions.gateways.flow.client import FlowClient
from payment_subscriptions.gateways.flow.redaction import redact

from .conftest import API_KEY, SECRET_KEY, Flow, cut

TOKEN = "33373581FC32576FAF33C46FC6454B1FFEBD7E1H"
NAME = "Pedro Pérez"
EMAIL = "pedro.perez+1@correo.cl"
EVERY_LOGGER = ("payment_subscriptions", "urllib3", "requests", "")

TABLE: list[tuple[int, Any, str, type[Exception], str]] = [
    (400, 108, "Invalid Signature", ConfigurationError, ""),
    (401, "108", "Invalid Signature", ConfigurationError, ""),
    (401, 501, "Internal Server Error - apiKey not found", ConfigurationError, ""),
    (400, 501, "apiKey not found", ConfigurationError, ""),
    (400, 104, "Missing service params: email", ConfigurationError, ""),
    (400, 105, "No services available", ConfigurationError, ""),
    (401, 7001, "Commerce has not automatic charge contract", Refused, "strategy"),
    (400, None, "Commerce has not automatic charge contract", Refused, "strategy"),
    (
        401,
        501,
        "Internal Server Error - There is a customer with this externalId: 7",
        AlreadyExists,
        "request",
    ),
    (401, 501, "Internal Server Error - This planId has already been used", AlreadyExists, "request"),
    (400, None, "The item is already added in the subscription", AlreadyExists, "request"),
    (400, 1605, "This commerceOrder 1883 has been previously paid", Refused, "request"),
    (401, 1605, "This commerceOrder 1883 has been previously paid", Refused, "request"),
    (400, 1620, "The userEmail: a@gmail.con is not valid.", Refused, "request"),
    (401, 501, "email is not valid", Refused, "request"),
    (400, 1901, "The minimum amount is 350 CLP", Refused, "request"),
    (400, None, "Amount can not contain decimals for this currency", Refused, "request"),
    (400, 1990, "Commerce has not this currency pay 'CLP'", Refused, "request"),
    (400, 1001, "El nombre solo puede contener caracteres alfanuméricos", Refused, "request"),
    (400, None, "The customer id: 7 has exceeded the daily transaction quota", Refused, "request"),
    (400, 1700, "Token not valid", NotFound, "request"),
    (400, None, "Transaction not found", NotFound, "request"),
    (401, 501, "Internal Server Error - Customer not found", NotFound, "request"),
    (401, 501, "Internal Server Error - planId: 5000 Mensual not found", NotFound, "request"),
    (401, 501, "The subscription does not exist", NotFound, "request"),
    (401, 501, "Internal Server Error - There is no customer with this id", NotFound, "request"),
    (400, 2345, "subscription_start must be a date", Refused, "request"),  # unlisted validation
    # and what proves nothing
    (401, 2345, "Something else", OutcomeUnknown, ""),
    (401, 501, "Internal Server Error - deadlock", OutcomeUnknown, ""),
    (400, 501, "Internal Server Error - deadlock", OutcomeUnknown, ""),
    (400, 500, "oops", OutcomeUnknown, ""),
    (400, 2345, "Internal Server Error - x", OutcomeUnknown, ""),
    (400, None, "Bad Request", OutcomeUnknown, ""),
    (400, "", "", OutcomeUnknown, ""),
    (400, "x1", "odd", OutcomeUnknown, ""),
    (400, 99, "odd", OutcomeUnknown, ""),
    (400, 10000, "odd", OutcomeUnknown, ""),
    (400, "²", "odd", OutcomeUnknown, ""),
    (403, 7001, "Commerce has not automatic charge contract", OutcomeUnknown, ""),
    (404, 105, "No services available", OutcomeUnknown, ""),
    (429, 1620, "Too many requests", OutcomeUnknown, ""),
    (500, 7001, "Commerce has not automatic charge contract", OutcomeUnknown, ""),
    (503, 1620, "The userEmail is not valid", OutcomeUnknown, ""),
    (201, None, "", OutcomeUnknown, ""),
]


# What names the thing that is not found; customer/register for the rest.
CALLS: list[tuple[str, tuple[str, Callable[[FlowClient], Any]]]] = [
    ("Transaction", ("payment/getStatusByCommerceId", lambda c: c.payment.get_status_by_commerce_id("o1"))),
    ("planId: 5000", ("plans/get", lambda c: c.plans.get("5000 Mensual"))),
    ("The subscription does", ("subscription/get", lambda c: c.subscription.get("sus_1"))),
    ("", ("customer/register", lambda c: c.customer.register("cus_1", url_return="https://a.cl"))),
]


@pytest.mark.parametrize(("status", "code", "message", "kind", "scope"), TABLE)
def test_rows(
    client: FlowClient, flow: Flow, status: int, code: Any, message: str, kind: type[Exception], scope: str
) -> None:
    flow.answer((status, {"code": code, "message": message}))
    service, call = next(found for words, found in CALLS if words in message)
    with pytest.raises((GatewayError, ConfigurationError)) as caught:
        call(client)
    error: Any = caught.value
    assert error.hint
    assert type(error) is kind
    if isinstance(error, GatewayError):
        assert error.code == str(code or "")
        assert (error.service, error.http_status) == (service, status)
    if isinstance(error, Refused):
        assert error.scope == scope
    if kind is not OutcomeUnknown:
        assert service in str(error)


def test_every_row_of_the_table_is_tested_and_says_what_to_do() -> None:
    everything = frozenset().union(*errors.NAMED_BY.values())
    rows = {
        errors._row(everything, status, str(code or ""), message) for status, code, message, _, _ in TABLE
    }
    assert set(errors.ROWS) <= rows
    for row in errors.ROWS:
        assert row.hint.endswith(".")
        assert row.source[-1] in "HML"
    assert len(errors._BY_CODE) == sum(len(row.codes) for row in errors.ROWS)


@pytest.mark.parametrize("thing", ["Invoice", "Transaction", "Subscription", "Order"])
def test_a_thing_that_nobody_asked_for_is_not_found(client: FlowClient, flow: Flow, thing: str) -> None:
    """It may have been missed after the change was made: the call is in doubt, not refused."""
    flow.answer((401, {"code": 501, "message": f"Internal Server Error - {thing} not found"}))
    with pytest.raises(OutcomeUnknown):
        client.subscription.create(plan_id="p", customer_id="cus_1")
    with pytest.raises(OutcomeUnknown):
        client.customer.charge("cus_1", amount=1, subject="s", commerce_order="o1")
    flow.answer((401, {"code": 501, "message": f"Internal Server Error - There is no {thing.lower()}"}))
    with pytest.raises(OutcomeUnknown):
        client.subscription.create(plan_id="p", customer_id="cus_1")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"code": 7001, "mess', b'"x"', b"{}"])
@pytest.mark.parametrize("status", [400, 401, 500])
def test_bodies_that_are_no_error_of_flows(client: FlowClient, flow: Flow, status: int, body: bytes) -> None:
    flow.answer((status, body))
    with pytest.raises(OutcomeUnknown):
        client.customer.register("cus_1", url_return="https://a.cl")


def test_a_message_of_the_payers_cannot_choose_the_row(client: FlowClient, flow: Flow) -> None:
    flow.answer((400, {"code": 1620, "message": 'The userEmail: "apiKey not found"@x.cl is not valid.'}))
    with pytest.raises(Refused):
        client.customer.create(name="n", email='"apiKey not found"@x.cl', external_id="1")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"The userEmail: {EMAIL} is not valid.", "The userEmail: <e-mail> is not valid."),
        ("josé@correo.cl", "<e-mail>"),
        (f"token {TOKEN} not found", "token <token> not found"),
        (f"key {API_KEY}", "key <key>"),
        ("card 4051885600446623 bad", "card <card> bad"),
        ("card 4051 8856 0044 6623.", "card <card>."),
        ("457630 **** **** 9876", "<card>"),
        ("two\nlines\x1b[31m", "two lines [31m"),
        (
            "This commerceOrder 1883 has been previously paid",
            "This commerceOrder 1883 has been previously paid",
        ),
        ("The customer id: 7", "The customer id: 7"),
        ("sus_f7254c813f_1167928_2026-07-05 19:55", "sus_f7254c813f_1167928_2026-07-05 19:55"),
    ],
)
def test_redaction(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_redaction_of_known_values_and_of_length() -> None:
    assert redact("Hi Pedro", ["Pedro", "", "i"]) == "Hi <hidden>"
    assert len(redact("a " * 500)) < 210


def test_a_name_is_hidden_where_it_was_sent(client: FlowClient, flow: Flow) -> None:
    flow.answer((400, {"code": 2345, "message": f"name {NAME} is too long"}))
    with pytest.raises(Refused, match="name <hidden> is too long"):
        client.customer.create(name=NAME, email=EMAIL, external_id="7")


LEAKS = (
    API_KEY,
    SECRET_KEY,
    TOKEN,
    EMAIL,
    "pedro.perez",
    NAME,
    "4051885600446623",
    "&s=",
    "apiKey=",
)


def noisy_calls(client: FlowClient, flow: Flow, closed: FlowClient) -> list[BaseException]:
    """Calls that carry secrets, with every kind of answer; the errors that came of them."""
    echo = f"{EMAIL} {TOKEN} {API_KEY} 4051885600446623"
    calls: list[Callable[[FlowClient], Any]] = [
        lambda c: c.payment.get_status(TOKEN),
        lambda c: c.customer.create(name=NAME, email=EMAIL, external_id="7"),
        lambda c: c.refund.create(
            refund_commerce_order="r1", receiver_email=EMAIL, amount=1, url_callback="u"
        ),
    ]
    answers = [(400, {"code": code, "message": echo}) for code in (108, 7001, 1700, 501, 2345)]
    found: list[BaseException] = []
    for answer in [*answers, (500, echo.encode()), (200, echo.encode()), (200, {"token": None}), cut]:
        flow.answer(answer)
        for use in (client, closed):
            for call in calls:
                try:
                    call(use)
                except (GatewayError, ConfigurationError) as error:
                    found.append(error)
    return found


@pytest.fixture
def closed(closed_port: int) -> FlowClient:
    return FlowClient(API_KEY, SECRET_KEY, f"http://127.0.0.1:{closed_port}/api", timeout=0.4)


def test_nothing_secret_in_logs_and_errors(
    client: FlowClient, closed: FlowClient, flow: Flow, caplog: pytest.LogCaptureFixture
) -> None:
    for name in EVERY_LOGGER:
        caplog.set_level(logging.DEBUG, logger=name)
    found = noisy_calls(client, flow, closed)
    flow.answer({"flowOrder": 1, "status": 2, "payer": EMAIL, "amount": "x"})
    client.payment.get_status(TOKEN)
    assert len(found) == 54
    texts = [record.getMessage() + repr(vars(record)) for record in caplog.records]
    texts += ["".join(traceback.format_exception(error)) + repr(vars(error)) for error in found]
    assert any("urllib3" in text and "payment/getStatus" in text for text in texts)
    for text in texts:
        for leak in LEAKS:
            assert leak not in text


def test_nothing_foreign_hangs_on_an_error(closed: FlowClient) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        closed.payment.get_status(TOKEN)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_error_pages_show_no_arguments(client: FlowClient, flow: Flow) -> None:
    flow.answer((400, {"code": 1700, "message": "x"}))
    try:
        client.payment.get_status(TOKEN)
    except NotFound:
        trace = sys.exc_info()[2]
    shown: list[Any] = []
    while trace is not None and (trace := trace.tb_next):
        if "payment_subscriptions" in trace.tb_frame.f_code.co_filename:
            shown += SafeExceptionReporterFilter().get_traceback_frame_variables(None, trace.tb_frame)
    assert len(shown) > 5
    for leak in LEAKS:
        assert leak not in repr(shown)


def test_a_record_of_each_call(client: FlowClient, flow: Flow, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="payment_subscriptions.flow")
    flow.answer({"subscriptionId": "sus_1"}, (401, {"code": 7001, "message": "no contract"}))
    client.subscription.create(plan_id="5000 Mensual", customer_id="cus_1")
    with pytest.raises(Refused):
        client.invoice.cancel(1034)
    done, refused = caplog.records
    assert vars(done)["service"] == "subscription/create"
    assert (vars(done)["outcome"], vars(done)["http_status"], vars(done)["code"]) == ("done", 200, "")
    assert vars(done)["ids"] == {"planId": "5000 Mensual", "customerId": "cus_1"}
    assert 0 <= vars(done)["duration_ms"] < 3000
    assert "service=subscription/create outcome=done" in done.getMessage()
    assert (vars(refused)["outcome"], vars(refused)["http_status"], vars(refused)["code"]) == (
        "refused",
        401,
        "7001",
    )
    assert refused.levelno == logging.WARNING


def test_the_client_shows_no_key(client: FlowClient) -> None:
    assert API_KEY not in repr(client)
    assert SECRET_KEY not in repr(vars(client).get("payment"))
