from __future__ import annotations

import pytest
import requests

from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.flow.signing import sign, string_to_sign

from .caller import Caller, signature

EXAMPLE = {"apiKey": "XXXX-XXXX-XXXX", "currency": "CLP", "amount": "5000"}
VECTORS = [
    (EXAMPLE, False, "a7d0d1fab7093d4f806b7772d13a9a7dd741cdc0772b616cbd7e3f6d70fab714"),
    (
        {**EXAMPLE, "email": "josé+1@correo.cl", "subject": "Año 1"},
        False,
        "70df895067ec4eeb5d512f7a5965ea9d5b720e5f0e702c79b5acc945868510de",
    ),
    (EXAMPLE, True, "056602d8c9b2eb7ecd899f5936b0b5de01736114dd72f5b2919724707dad8424"),
]


@pytest.mark.parametrize(("params", "legacy", "expected"), VECTORS)
def test_the_documented_vectors(params: dict[str, str], legacy: bool, expected: str) -> None:
    assert sign(params, "SECRET", legacy=legacy) == expected


def test_the_documented_string() -> None:
    assert string_to_sign(EXAMPLE) == "amount5000apiKeyXXXX-XXXX-XXXXcurrencyCLP"


def test_a_wrong_key_is_seen_before_the_signature(at_flow: Caller) -> None:
    params = {**at_flow.signed(token="x"), "apiKey": "OTHER"}
    answer = requests.get(f"{at_flow.flow.api_url}/payment/getStatus", params=params, timeout=5)
    assert answer.status_code == 401
    assert answer.json()["code"] == 501
    assert "apiKey not found" in answer.json()["message"]


def test_a_wrong_signature_is_seen_before_missing_parameters(at_flow: Caller) -> None:
    params = {"apiKey": at_flow.flow.api_key, "s": "0" * 64}
    answer = requests.get(f"{at_flow.flow.api_url}/payment/getStatus", params=params, timeout=5)
    assert answer.json() == {"code": 108, "message": "Invalid Signature"}


def test_missing_parameters_are_named(at_flow: Caller) -> None:
    answer = at_flow.get("payment/getStatus")
    assert (answer.status_code, answer.json()["code"]) == (400, 104)
    assert "token" in answer.json()["message"]


def test_unknown_signed_parameters_are_ignored(at_flow: Caller) -> None:
    assert at_flow.plan("extra", timestamp=1, nonce="abc")["planId"] == "extra"


def test_a_parameter_that_is_not_signed_breaks_the_signature(at_flow: Caller) -> None:
    params = {**at_flow.signed(), "status": "1"}
    answer = requests.get(f"{at_flow.flow.api_url}/customer/list", params=params, timeout=5)
    assert answer.json()["code"] == 108


def test_the_old_form_only_where_it_is_switched_on(flow: FlowSimulator, at_flow: Caller) -> None:
    params = {"apiKey": flow.api_key, "token": "x"}
    old = {**params, "s": sign(params, flow.secret_key, legacy=True)}
    url = f"{flow.api_url}/payment/getStatus"
    assert requests.get(url, params=old, timeout=5).json()["code"] == 108
    flow.options.accept_legacy_signature = True
    assert requests.get(url, params=old, timeout=5).json()["code"] == 1700


def test_multipart_is_taken_too(at_flow: Caller) -> None:
    params = at_flow.signed(name="José Peña", email="jose+1@correo.cl", externalId="ñ")
    files = {name: (None, value) for name, value in params.items()}
    answer = requests.post(f"{at_flow.flow.api_url}/customer/create", files=files, timeout=5)
    assert answer.json()["name"] == "José Peña"


def test_parameters_in_the_wrong_place_are_missing(at_flow: Caller) -> None:
    url, params = f"{at_flow.flow.api_url}/customer/list", at_flow.signed()
    assert requests.get(url, data=params, timeout=5).json()["code"] == 104
    url, params = f"{at_flow.flow.api_url}/customer/delete", at_flow.signed(customerId="x")
    assert requests.post(url, params=params, timeout=5).json()["code"] == 104
    assert requests.post(url, json=params, timeout=5).json()["code"] == 104


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "plan/get"), ("POST", "payment/getStatus"), ("GET", "payment/create")]
)
def test_a_wrong_path_or_method_is_no_service(flow: FlowSimulator, method: str, path: str) -> None:
    answer = requests.request(method, f"{flow.api_url}/{path}", timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, 105)


def test_the_signer_of_these_tests_is_another_one() -> None:
    assert signature(EXAMPLE, "SECRET") == VECTORS[0][2]
