"""Redirects of a callback's address lose the call: each is told before it happens."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from payment_subscriptions.checks import check_callbacks

HEALTHY: dict[str, Any] = {
    "GATEWAYS": {
        "flow": {
            "BACKEND": "payment_subscriptions.gateways.flow.FlowGateway",
            "MODE": "sandbox",
            "API_KEY": "SIM1FL0W-AAAA-BBBB-CCCC-000000000001",
            "SECRET_KEY": "simulator-secret",
        }
    },
    "PLANS": "tests.catalogue.PLANS",
    "BASE_URL": "https://tienda.cl",
}


def found(base: str = "https://tienda.cl", *, flow: dict[str, str] | None = None, **django: Any) -> set[str]:
    written = HEALTHY | {"BASE_URL": base, "GATEWAYS": {"flow": HEALTHY["GATEWAYS"]["flow"] | (flow or {})}}
    with override_settings(PAYMENT_SUBSCRIPTIONS=written, **django):
        messages = check_callbacks()
    assert all(message.hint for message in messages)
    return {str(message.id).removeprefix("payments.") for message in messages}


def test_a_healthy_project_hears_nothing() -> None:
    assert found() == set()


def test_an_address_without_its_slash() -> None:
    assert found(flow={"NOTICE_URL": "https://tienda.cl/pagos/api/flow/webhook"}) == {"W201"}


def test_the_recipes_two_addresses_that_disagree() -> None:
    """Its FLOW_WEBHOOK_URL was /api/payments/flow/webhook/, its URLconf said /pagos/api/flow/webhook/."""
    assert found(flow={"NOTICE_URL": "https://tienda.cl/api/payments/flow/webhook/"}) == {"E202"}


def test_the_address_of_another_gateway() -> None:
    assert found(flow={"NOTICE_URL": "https://tienda.cl/pagos/api/flow-pe/webhook/"}) == {"E204"}


def test_no_address_at_all() -> None:
    assert found(flow={"RETURN_URL": "/pagos/success/"}) == {"E200"}


def test_www() -> None:
    assert found(PREPEND_WWW=True) == {"W206"}
    assert found("https://www.tienda.cl", PREPEND_WWW=True) == set()


def test_https() -> None:
    assert found("http://tienda.cl", SECURE_SSL_REDIRECT=True) == {"W207"}


def test_real_money_over_plain_http() -> None:
    assert found("http://tienda.cl", flow={"MODE": "real"}) == {"W208"}


def test_a_language_prefix() -> None:
    assert found(ROOT_URLCONF="tests.checks.urls_with_language") == {"W205"}


def test_a_login_in_front() -> None:
    assert found(ROOT_URLCONF="tests.checks.urls_with_login") == {"W203"}


def test_a_login_in_front_of_refunds() -> None:
    assert found(ROOT_URLCONF="tests.checks.urls_with_login_for_refunds") == {"W203"}


def test_refunds_are_told_at_the_host_that_gateways_know() -> None:
    elsewhere = {"NOTICE_URL": "https://pagos.tienda.cl/pagos/api/flow/webhook/"}
    assert found(flow=elsewhere) == set()
    assert found("https://www.tienda.cl", flow=elsewhere, PREPEND_WWW=True) == {"W206"}


@pytest.mark.django_db
def test_login_required_middleware_lets_callbacks_through(client: Any, settings: Any) -> None:
    from django.contrib.auth import middleware

    if not hasattr(middleware, "LoginRequiredMiddleware"):
        pytest.skip("Django has LoginRequiredMiddleware since 5.1")
    settings.PAYMENT_SUBSCRIPTIONS = HEALTHY
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert client.post("/pagos/api/flow/webhook/").status_code == 400
    assert client.get("/pagos/").status_code == 200
    assert client.post("/pagos/success/").status_code != 302
