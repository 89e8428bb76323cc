# ruff: noqa: F811 - fixtures are named as what they give
"""The whole way through Flow's own page: a form that it posts back to us from another site."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings

from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Checkout, Subscription
from tests.flow.conftest import flow, running_flow, shop  # noqa: F401
from tests.shop import EMAIL, Shop, charged

from .policy import STRICT

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def strict(settings: Any) -> None:
    settings.MIDDLEWARE = [STRICT, *django_settings.MIDDLEWARE]


def choose(page: Page, server: LiveServer, price: str = "pro_monthly_v1") -> None:
    page.goto(f"{server.url}/pagos/?price={price}")
    page.get_by_label("Correo electrónico").fill(EMAIL)
    page.get_by_role("button", name="Continuar al pago").click()


def begin(page: Page, server: LiveServer) -> None:
    choose(page, server)
    page.get_by_role("heading", name="Inscribir tarjeta").wait_for()


def pay_link(page: Page, name: str = "Pagar en Flow") -> Page:
    """The tab that the link opens."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name=name).click()
    opened.value.locator("button[value=pagar]").wait_for()
    return opened.value


def leave_our_page_alone(page: Page) -> None:
    """Nobody touches it: whatever it shows next, it shows by itself."""
    assert page.get_by_role("heading", name="Falta tu pago de $10.000").is_visible()


def test_a_card_is_registered_and_charged(shop: Shop, page: Page, live_server: LiveServer) -> None:
    begin(page, live_server)
    page.locator("button[value=aceptar]").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert "Visa •••• 6623" in page.inner_text("main")
    assert Subscription.objects.get().status == Status.ACTIVE
    assert charged(shop.flow) == 10000


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_link_is_paid_in_another_tab_while_our_page_waits(
    shop: Shop, page: Page, live_server: LiveServer
) -> None:
    shop.configure(STRATEGIES=("link",))
    choose(page, live_server)
    leave_our_page_alone(page)
    tab = pay_link(page)
    tab.locator("button[value=pagar]").click()
    tab.get_by_role("heading", name="Orden pagada").wait_for()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert Subscription.objects.get().status == Status.ACTIVE
    assert charged(shop.flow) == 10000


@pytest.mark.slow
def test_a_link_that_the_bank_refused_is_tried_again(shop: Shop, page: Page, live_server: LiveServer) -> None:
    shop.configure(STRATEGIES=("link",))
    choose(page, live_server)
    tab = pay_link(page)
    tab.locator("button[value=rechazar]").click()
    tab.get_by_role("heading", name="Orden rechazada").wait_for()
    page.get_by_text("En ese intento no se cobró nada").wait_for()
    assert charged(shop.flow) == 0
    again = pay_link(page, "Intentar otra vez en Flow")
    again.locator("button[value=pagar]").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert Subscription.objects.count() == 1
    assert len(shop.flow.subscriptions) == 1
    assert len(shop.flow.books.taken()) == 1
    assert charged(shop.flow) == 10000


@pytest.mark.slow
def test_a_merchant_without_the_contract_falls_back_to_the_link(
    shop: Shop, page: Page, live_server: LiveServer
) -> None:
    shop.configure(STRATEGIES=("card", "link"))
    shop.flow.options.card_contract = False
    choose(page, live_server)
    page.get_by_role("heading", name="Falta tu pago de $10.000").wait_for()
    pay_link(page).locator("button[value=pagar]").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert charged(shop.flow) == 10000


@pytest.mark.slow
def test_an_order_that_the_bank_refused_is_tried_again_on_the_same_subscription(
    shop: Shop, page: Page, live_server: LiveServer
) -> None:
    shop.configure(STRATEGIES=("order",))
    choose(page, live_server)
    page.locator("button[value=rechazar]").click()
    page.get_by_role("heading", name="El pago no se hizo").wait_for()
    assert "No se ha cobrado nada." in page.inner_text("main")
    assert "arjeta" not in page.inner_text("main section.outcome h1")
    page.get_by_role("button", name="Intentar otra vez").click()
    page.locator("button[value=pagar]").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert Subscription.objects.count() == 1
    assert len(shop.flow.books.taken()) == 1
    assert charged(shop.flow) == 10000


@pytest.mark.slow
def test_without_javascript_a_link_is_paid_too(shop: Shop, browser: Browser, live_server: LiveServer) -> None:
    shop.configure(STRATEGIES=("link",))
    context = browser.new_context(locale="es-CL", java_script_enabled=False)
    context.set_default_timeout(10_000)
    page = context.new_page()
    choose(page, live_server)
    pay_link(page).locator("button[value=pagar]").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    context.close()


@pytest.mark.slow
def test_another_plan_is_seen_and_confirmed(shop: Shop, page: Page, live_server: LiveServer) -> None:
    shop.subscribe("basic_monthly_v1")
    page.goto(f"{live_server.url}/pagos/resultado/{Checkout.objects.get().public_id}/")
    page.get_by_role("link", name="Cambiar de plan").click()
    page.get_by_role("radio", name="Pro $10.000 al mes").check()
    page.get_by_role("radio", name="Desde hoy").check()
    page.get_by_role("button", name="Ver cuánto cuesta").click()
    page.get_by_role("button", name="Cambiar y pagar $5.000").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert charged(shop.flow) == 10000
