from __future__ import annotations

import dataclasses
import json
import logging

import pytest
import requests

from payment_subscriptions.simulators.control import as_json
from payment_subscriptions.simulators.flow import CHILE, FlowSimulator
from payment_subscriptions.simulators.redaction import redact

from ..merchant import Merchant
from .caller import Caller
from .test_rules import order

SECRETS = ["ana@correo.cl", CHILE]


def test_no_log_line_holds_a_secret(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    at_flow.plan(urlCallback=merchant.url())
    customer = at_flow.customer(card=False, email="ana@correo.cl")
    enrolment = at_flow.do("customer/register", customerId=customer, url_return=merchant.url("/back/"))
    form = {"token": enrolment["token"], "tarjeta": CHILE, "accion": "aceptar"}
    requests.post(enrolment["url"], params={"token": enrolment["token"]}, data=form, timeout=5)
    at_flow.subscribe(customer)
    paid = at_flow.do("payment/create", **order(urlConfirmation=merchant.url()))
    requests.post(f"{flow.url}/control/orders/{paid['token']}/pay", json={}, timeout=5)
    at_flow.get("payment/getStatus", token="E" * 40)
    at_flow.post("payment/create", **order(email="ana@gmail.con"))
    requests.get(f"{flow.url}/app/ana@correo.cl/{paid['token']}", timeout=5)
    ours = [each for each in caplog.records if not each.name.startswith("urllib3")]
    lines = "\n".join(each.getMessage() for each in ours)
    calls = json.dumps(json.loads(as_json(flow.calls).get_data()))
    hidden = [flow.api_key, flow.secret_key, enrolment["token"], paid["token"], "ana@gmail.con", *SECRETS]
    for text in (lines, calls):
        assert [secret for secret in hidden if secret in text] == []
        assert "s=" not in text
        assert "?" not in text
    assert "POST /api/payment/create 200" in lines
    assert "/control/orders/[secret]/pay" in lines
    assert {field.name for field in dataclasses.fields(flow.calls[0])} == {
        "time", "method", "service", "status", "code", "fault", "seconds",
    }  # fmt: skip


def test_a_failure_of_the_simulator_itself_is_masked_too(
    flow: FlowSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    def explode() -> None:
        raise RuntimeError(f"oh, ana@correo.cl paid with {CHILE}")

    flow.clock.at(flow.clock.after(days=1), explode)
    moved = requests.post(f"{flow.url}/control/clock", json={"days": 1}, timeout=5)
    assert moved.status_code == 500
    text = "\n".join(each.getMessage() for each in caplog.records)
    assert "Traceback" in text
    assert "RuntimeError: oh, ***@correo.cl paid with [card]" in text
    assert [secret for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to ana.perez+x@correo.cl now", "to ***@correo.cl now"),
        ("email=ana%40correo.cl", "email=***%40correo.cl"),
        ("/pay/33373581FC32576FAF33C46FC6454B1FFEBD7E1H/", "/pay/[secret]/"),
        ("4051 8856 0044 6623", "[card]"),
        ("key 1F90971E-8276-4715-97FF-2BLG5030EE3B", "key [key]"),
        ("sus_azcyjj9ycd 2026-07-05 19:55:00", "sus_azcyjj9ycd 2026-07-05 19:55:00"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert redact(text) == masked
