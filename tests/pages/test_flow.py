# ruff: noqa: F811 - fixtures are named as what they give
"""The whole way through Flow's own page: a form that it posts back to us from another site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings

from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Subscription
from tests.flow.conftest import flow, running_flow, shop  # noqa: F401
from tests.shop import EMAIL, Shop, charged

from .policy import STRICT

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def strict(settings: Any) -> None:
    settings.MIDDLEWARE = [STRICT, *django_settings.MIDDLEWARE]


def begin(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.url}/pagos/?price=pro_monthly_v1")
    page.get_by_label("Correo electrónico").fill(EMAIL)
    page.get_by_role("button", name="Continuar al pago").click()
    page.get_by_role("heading", name="Inscribir tarjeta").wait_for()


def test_a_card_is_registered_and_charged(shop: Shop, page: Page, live_server: LiveServer) -> None:
    begin(page, live_server)
    page.locator("button[value=aceptar]").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert "Visa •••• 6623" in page.inner_text("main")
    assert Subscription.objects.get().status == Status.ACTIVE
    assert charged(shop.flow) == 10000


def test_a_card_that_the_bank_refused_is_tried_again_on_the_same_subscription(
    shop: Shop,
    page: Page,
    live_server: LiveServer,
) -> None:
    begin(page, live_server)
    page.locator("button[value=rechazar]").click()
    page.get_by_role("heading", name="Estamos consultando a Flow…").wait_for()
    shop.flow.clock.advance(minutes=1)
    page.get_by_role("button", name="Intentar otra vez").click()
    page.get_by_role("heading", name="Inscribir tarjeta").wait_for()
    page.locator("button[value=aceptar]").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert Subscription.objects.count() == 1
    assert charged(shop.flow) == 10000


def test_a_first_charge_that_was_declined_is_paid_with_another_card(
    shop: Shop,
    page: Page,
    live_server: LiveServer,
) -> None:
    begin(page, live_server)
    shop.flow.decline_next(code=-7, times=1)
    page.locator("button[value=aceptar]").click()
    page.get_by_role("heading", name="El pago no se hizo").wait_for()
    assert "No se ha cobrado nada." in page.inner_text("main")
    assert charged(shop.flow) == 0
    page.get_by_role("button", name="Pagar con otra tarjeta").click()
    page.get_by_role("heading", name="Inscribir tarjeta").wait_for()
    page.locator("button[value=aceptar]").click()
    page.get_by_role("heading", name="Tu tarjeta cambió").wait_for()
    assert Subscription.objects.get().status == Status.ACTIVE
    assert charged(shop.flow) == 10000
