"""The whole way in a real browser, under a strict Content-Security-Policy."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Checkout, Subscription
from tests.views.till import EMAIL, Till, newest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser's console complains of: nothing, in the end."""
    found: list[str] = []
    page.on("console", lambda message: found.append(f"{message.text} {message.location['url']}"))
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert [text for text in found if not text.endswith("/favicon.ico")] == []


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A page without JavaScript."""
    context = browser.new_context(locale="es-CL", java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def choose(page: Page, server: LiveServer, name: str = "Suscribirme Pro, $10.000 al mes") -> None:
    page.goto(f"{server.url}/pagos/")
    page.get_by_role("link", name=name).click()


def test_plans_dialog_gateway_result(
    till: Till, page: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    choose(page, live_server)
    dialog = page.get_by_role("dialog", name="Confirma tu pedido")
    assert dialog.is_visible()
    assert page.url.endswith("/pagos/")
    assert dialog.get_by_text("$10.000 al mes").is_visible()
    page.get_by_label("Correo electrónico").fill(EMAIL)
    page.get_by_role("button", name="Continuar al pago").click()
    page.get_by_role("heading", name="Te llevamos a Caja…").wait_for()
    page.wait_for_url("**/pagos/resultado/*/")
    assert page.get_by_role("heading", name="Listo: Pro está activo").is_visible()
    assert Subscription.objects.get().status == Status.ACTIVE


@pytest.mark.slow
def test_without_javascript(till: Till, plain: Page, live_server: LiveServer) -> None:
    choose(plain, live_server, "Suscribirme Pro, $100.000 al año")
    assert "price=pro_yearly_v1" in plain.url
    assert plain.get_by_role("heading", name="Confirma tu pedido").is_visible()
    plain.get_by_label("Correo electrónico").fill(EMAIL)
    plain.get_by_role("button", name="Continuar al pago").click()
    plain.wait_for_url("**/pagos/resultado/*/")
    assert plain.get_by_role("heading", name="Listo: Pro está activo").is_visible()
    assert Subscription.objects.get().price_key == "pro_yearly_v1"


def test_the_dialog_shows_what_was_chosen(
    till: Till, page: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    choose(page, live_server, "Suscribirme Estudio, $20.000 al mes")
    dialog = page.get_by_role("dialog")
    assert "Se cobra hoy" in dialog.inner_text()
    assert re.search(r"Primer cobro\s+\$20\.000 el \d+ de \w+ de \d{4}", dialog.inner_text())
    page.get_by_role("button", name="Cerrar").click()
    assert not dialog.is_visible()
    page.get_by_role("link", name="Comprar Básico, $60.000 pago único").click()
    assert "Nada: es un solo pago" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()


@pytest.mark.slow
def test_a_wrong_email_is_explained_in_the_dialog_and_kept(
    till: Till, page: Page, live_server: LiveServer
) -> None:
    choose(page, live_server)
    field = page.get_by_label("Correo electrónico")
    field.fill("ana@nada")
    page.get_by_role("button", name="Continuar al pago").click()
    page.get_by_text("Eso no es un correo electrónico").wait_for()
    assert page.get_by_role("dialog").is_visible()
    assert field.input_value() == "ana@nada"
    assert field.evaluate("element => element === document.activeElement")
    field.fill(EMAIL)
    page.get_by_role("button", name="Continuar al pago").click()
    page.wait_for_url("**/pagos/resultado/*/")
    assert Subscription.objects.get().status == Status.ACTIVE


def test_a_double_click_is_one_order(till: Till, page: Page, live_server: LiveServer) -> None:
    choose(page, live_server)
    page.get_by_label("Correo electrónico").fill(EMAIL)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Continuar al pago").dblclick()
    page.wait_for_url("**/pagos/resultado/*/")
    assert len(sent) == 1
    assert Checkout.objects.count() == 1


def test_two_tabs_are_one_order(till: Till, page: Page, live_server: LiveServer) -> None:
    other = page.context.new_page()
    for tab in (page, other):
        tab.route("**/success/**", lambda route: route.abort())
        choose(tab, live_server)
    for tab in (page, other):
        tab.get_by_label("Correo electrónico").fill(EMAIL)
        tab.get_by_role("button", name="Continuar al pago").click()
        tab.get_by_role("heading", name="Te llevamos a Caja…").wait_for()
    assert Checkout.objects.count() == 1


@pytest.mark.slow
def test_a_waiting_page_refreshes_itself_without_javascript(
    till: Till, plain: Page, live_server: LiveServer
) -> None:
    choose(plain, live_server)
    plain.get_by_label("Correo electrónico").fill(EMAIL)
    till.mood("wait")
    plain.get_by_role("button", name="Continuar al pago").click()
    plain.get_by_role("heading", name="Estamos consultando a Caja…").wait_for()
    till.mood("")
    plain.get_by_role("heading", name="Listo: Pro está activo").wait_for()


@pytest.mark.slow
def test_turned_down_and_another_try(
    till: Till, page: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    choose(page, live_server)
    page.get_by_label("Correo electrónico").fill(EMAIL)
    till.mood("retry:blocked")
    page.get_by_role("button", name="Continuar al pago").click()
    page.get_by_text("Tu tarjeta está bloqueada.").wait_for()
    till.mood("")
    page.get_by_role("button", name="Intentar otra vez").click()
    page.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert Subscription.objects.count() == 1


@pytest.mark.slow
def test_leaving(till: Till, page: Page, live_server: LiveServer, complaints: list[str]) -> None:
    choose(page, live_server)
    page.get_by_label("Correo electrónico").fill(EMAIL)
    page.get_by_role("button", name="Continuar al pago").click()
    page.wait_for_url("**/pagos/resultado/*/")
    page.get_by_role("link", name="Cancelar la suscripción").click()
    page.get_by_role("button", name="Cancelar la suscripción").click()
    page.get_by_role("heading", name="Tu suscripción está cancelada").wait_for()
    assert newest().subscription.cancel_at_period_end


@pytest.mark.slow
def test_with_the_keyboard_alone(till: Till, page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/pagos/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Ir al contenido"
    page.get_by_role("link", name="Suscribirme Básico").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "email"
    page.keyboard.type(EMAIL)
    page.keyboard.press("Enter")
    page.wait_for_url("**/pagos/resultado/*/")
