"""Two gateways on one page, in a real browser: chosen, remembered, and gone around when one is down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from payment_subscriptions.lifecycle import CheckoutStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from tests.pages.test_faces import HEAVIEST
from tests.views.till import EMAIL, Till
from tests.views.two import moods, two_settings
from tests.violations import violations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from playwright.sync_api import Browser, Page, Response
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two(till: Till, live_server: LiveServer, settings: Any) -> Iterator[None]:
    settings.PAYMENT_SUBSCRIPTIONS = two_settings(base=live_server.url)
    with till:
        moods(here="", abroad="")
        yield
        moods(here="", abroad="")


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def visitor(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(locale="es-CL", java_script_enabled=request.param)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def begin(page: Page, server: LiveServer, name: str = "Suscribirme Pro, $10.000 al mes") -> None:
    page.goto(f"{server.url}/pagos/")
    page.get_by_role("link", name=name).click()
    page.get_by_label("Correo electrónico").fill(EMAIL)
    page.get_by_role("button", name="Continuar al pago").click()


def marked(page: Page) -> list[str]:
    return [link.inner_text() for link in page.locator("nav.ways a[aria-current]").all()]


@pytest.mark.slow
def test_abroad_in_dollars_chosen_and_remembered(visitor: Page, live_server: LiveServer) -> None:
    visitor.goto(f"{live_server.url}/pagos/")
    assert marked(visitor) == ["Pago en Chile (CLP, UF)"]
    visitor.get_by_role("link", name="Pago internacional").click()
    visitor.get_by_role("navigation", name="Moneda").get_by_role("link", name="USD").click()
    visitor.get_by_role("link", name="Suscribirme Pro, US$12,00 al mes").click()
    assert visitor.get_by_text("Pagas en la página segura de Mundo.").is_visible()
    visitor.get_by_label("Correo electrónico").fill(EMAIL)
    visitor.get_by_role("button", name="Continuar al pago").click()
    visitor.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    row = Subscription.objects.get()
    assert (row.provider, row.currency, row.status) == ("abroad", "USD", Status.ACTIVE)
    visitor.goto(f"{live_server.url}/pagos/")
    assert marked(visitor) == ["Pago internacional (CLP, USD, EUR)", "USD"]


@pytest.mark.slow
@pytest.mark.parametrize("mood", ["down", "unset"])
def test_down_it_says_so_and_the_other_is_a_click_away(
    visitor: Page, live_server: LiveServer, mood: str
) -> None:
    moods(here=mood)
    begin(visitor, live_server)
    alert = visitor.get_by_role("alert")
    assert "Caja no puede recibir tu pago en este momento. No se ha cobrado nada." in alert.inner_text()
    visitor.get_by_role("button", name="Pagar US$12,00 al mes con Mundo").click()
    visitor.get_by_text("Pagas en la página segura de Mundo.").locator("visible=true").wait_for()
    assert visitor.get_by_label("Correo electrónico").input_value() == EMAIL
    assert not Checkout.objects.filter(provider="abroad").exists()
    visitor.get_by_role("button", name="Continuar al pago").click()
    visitor.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert Subscription.objects.open().get().provider == "abroad"
    assert Subscription.objects.exclude(provider="abroad").get().status == Status.CANCELLED


@pytest.mark.slow
def test_enter_tries_the_same_again(visitor: Page, live_server: LiveServer) -> None:
    """The first button of the form is the one that was meant."""
    moods(here="down")
    begin(visitor, live_server)
    visitor.get_by_role("button", name="Pagar US$12,00 al mes con Mundo").wait_for()
    moods(here="")
    visitor.get_by_label("Correo electrónico").press("Enter")
    visitor.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert Subscription.objects.get().provider == "here"


@pytest.mark.slow
def test_in_doubt_the_page_offers_it_until_it_is_known(visitor: Page, live_server: LiveServer) -> None:
    moods(here="lost")
    begin(visitor, live_server)
    visitor.get_by_role("heading", name="Caja aún no ha respondido").wait_for()
    visitor.get_by_role("link", name=re.compile("10,00 al mes con Mundo")).click()
    assert visitor.get_by_label("Correo electrónico").input_value() == EMAIL
    visitor.get_by_role("button", name="Continuar al pago").click()
    assert "Intenta otra vez en un minuto" in visitor.get_by_role("alert").inner_text()
    moods(here="lost:once")
    visitor.get_by_role("button", name="Continuar al pago").click()
    visitor.get_by_role("heading", name="Listo: Pro está activo").wait_for()
    assert Checkout.objects.get(provider="here").status == CheckoutStatus.EXPIRED


@pytest.mark.slow
@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
@pytest.mark.parametrize("face", ["ways", "failed", "doubt", "rejected"])
def test_it_is_readable_for_everybody(
    browser: Browser, live_server: LiveServer, face: str, scheme: Any, width: int, language: str
) -> None:
    context = browser.new_context(
        locale=language,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{live_server.url}/pagos/?provider=abroad&currency=USD")
    assert len([answer.body() for answer in answers]) <= 4
    assert sum(len(answer.body()) for answer in answers) < HEAVIEST
    if face != "ways":
        moods(abroad={"failed": "down", "doubt": "lost", "rejected": "refuse:who"}[face])
        page.get_by_role("link", name=re.compile("(Suscribirme|Subscribe) Pro")).click()
        page.locator("#subscribe-email").fill(EMAIL)
        page.locator("form[data-subscribe] button").first.click()
        page.locator(".others").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.locator("html").get_attribute("lang") == language
    context.close()
