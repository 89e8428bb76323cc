# ruff: noqa: F811 - fixtures are named as what they give
"""The payer's own page on a phone, at both gateways: from the link in a mail through all that can be done."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client

from payment_subscriptions.billing import billing
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout, Payment, Subscription
from payment_subscriptions.portal_links import portal_link
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.stripe_simulator import stripe_server, stripe_simulator  # noqa: F401
from tests.flow.conftest import flow, running_flow  # noqa: F401
from tests.shop import Shop, charged, shop_settings
from tests.stripe.merchant import Merchant, merchant_settings
from tests.views.test_my_subscription import add_payments
from tests.views.till import Till, come_back, newest, order
from tests.violations import violations

from .policy import STRICT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Response
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "ana@correo.cl"
MINE = "/pagos/mi-suscripcion/"
HEAVIEST = 50_000  # bytes of a page with all that it loads


@pytest.fixture(autouse=True)
def strict(settings: Any) -> None:
    settings.MIDDLEWARE = [STRICT, *django_settings.MIDDLEWARE]


@pytest.fixture(params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["", "without JavaScript"])
def phone(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        locale="es-CL",
        timezone_id="America/Santiago",
        viewport={"width": 360, "height": 740},
        java_script_enabled=request.param,
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


class AtFlow:
    """What a payer does on Flow's pages, and what was taken there."""

    prices = ("basic_monthly_v1", "pro_monthly_v1")
    names = ("Básico", "Pro")
    old, new, more, next_charge = "$5.000", "$10.000", "$5.000", "Visa •••• 6623"
    portal = ""
    leaves_a_choice = True  # when the change takes place

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def pay(self, page: Page) -> None:
        from playwright.sync_api import Error

        page.get_by_role("heading", name="Inscribir tarjeta").wait_for()
        page.locator("button[value=aceptar]").click()
        leads_back = page.locator("form#volver button")  # pressed by itself, where there is JavaScript
        page.locator("#main").or_(leads_back).first.wait_for()
        if leads_back.is_visible():
            with suppress(Error):
                leads_back.click(timeout=1000)

    def change_card(self, page: Page) -> str:
        self.pay(page)
        return "Visa •••• 6623"

    def taken(self) -> int:
        return charged(self.shop.flow)

    def decline(self) -> None:
        self.shop.flow.decline_next(code=-7, times=1)
        self.shop.move(months=1)
        self.shop.sweep()


class AtStripe:
    prices = ("pro_monthly_usd_v1", "team_monthly_usd_v1")
    names = ("Pro", "Team")
    old, new, more, next_charge = "US$10,00", "US$30,00", "US$20,00", "Visa •••• 4242"
    portal = "Tarjetas y comprobantes en Stripe"
    leaves_a_choice = False

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant

    def pay(self, page: Page) -> None:
        page.locator("button[value=pay]").click()

    def change_card(self, page: Page) -> str:
        page.locator("#number").fill("5555 5555 5555 4444")
        page.locator("button[name=action]").last.click()
        return "Mastercard •••• 4444"

    def taken(self) -> int:
        return self.merchant.charged()


@pytest.fixture
def at_flow(flow: FlowSimulator, live_server: LiveServer, settings: Any) -> Iterator[AtFlow]:
    settings.PAYMENT_SUBSCRIPTIONS = shop_settings(flow, live_server.url)
    shop = Shop(flow).open()
    yield AtFlow(shop)
    shop.close()


@pytest.fixture
def at_stripe(
    stripe_simulator: StripeSimulator, live_server: LiveServer, settings: Any
) -> Iterator[AtStripe]:
    settings.PAYMENT_SUBSCRIPTIONS = merchant_settings(stripe_simulator, live_server.url)
    merchant = Merchant(stripe_simulator).open()
    yield AtStripe(merchant)
    merchant.close()


@pytest.fixture(params=["at_flow", "at_stripe"])
def gateway(request: pytest.FixtureRequest) -> AtFlow | AtStripe:
    found: AtFlow | AtStripe = request.getfixturevalue(request.param)
    return found


def buy(page: Page, server: LiveServer, gateway: AtFlow | AtStripe, email: str = EMAIL) -> None:
    page.goto(f"{server.url}/pagos/?price={gateway.prices[0]}")
    page.get_by_label("Correo electrónico").fill(email)
    page.get_by_role("button", name="Continuar al pago").click()
    gateway.pay(page)
    page.get_by_role("heading", name=f"Listo: {gateway.names[0]} está activo").wait_for()


def link_in_the_mail(page: Page, server: LiveServer, email: str = EMAIL) -> str:
    """Ask for one on the page, and take it out of the mail that comes."""
    page.goto(server.url + MINE)
    page.get_by_label("El correo con el que te suscribiste").fill(email)
    page.get_by_role("button", name="Enviarme un enlace").click()
    page.get_by_role("heading", name="Revisa tu correo").wait_for()
    until = time.monotonic() + 10
    while not mail.outbox and time.monotonic() < until:
        time.sleep(0.05)  # it is sent after the answer
    message = mail.outbox.pop()
    assert message.to == [email]
    found = re.search(rf"{re.escape(server.url)}\S+/entrar/\S+", str(message.body))
    assert found
    return found[0]


def told(page: Page) -> str:
    return page.locator("[data-sentence]").inner_text()


@pytest.mark.slow
def test_the_whole_way(phone: Page, live_server: LiveServer, gateway: AtFlow | AtStripe) -> None:
    """Subscribe, the link from the mail, receipt, change plan to the cent of the preview, change card, cancel
    with a reason, resume."""
    page = phone
    buy(page, live_server, gateway)
    page.get_by_role("main").get_by_role("link", name="Mi suscripción").first.click()
    page.goto(link_in_the_mail(page, live_server))
    subscription = Subscription.objects.get()
    assert page.url == f"{live_server.url}{MINE}{subscription.public_id}/"
    assert re.fullmatch(
        rf"Activa\. Próximo cobro: {re.escape(gateway.old)} el \d+ de \w+, {gateway.next_charge}\.",
        told(page),
    )

    page.get_by_role("link", name="Comprobante").first.click()
    assert page.locator(".receipt .price strong").inner_text() == gateway.old
    payment = Payment.objects.get()
    assert (payment.order or payment.reference) in page.inner_text(".receipt")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("link", name="Volver a mi suscripción").click()

    before = gateway.taken()
    page.get_by_role("link", name="Cambiar de plan").click()
    page.get_by_role("radio", name=f"{gateway.names[1]} {gateway.new}").check()
    if gateway.leaves_a_choice:
        page.get_by_role("radio", name="Desde hoy").check()
    page.get_by_role("button", name="Ver cuánto cuesta").click()
    shown = page.get_by_role("button", name="Cambiar y pagar").inner_text()
    assert shown == f"Cambiar y pagar {gateway.more}"
    page.get_by_role("button", name=shown).click()
    page.get_by_role("heading", name=f"Listo: {gateway.names[1]} está activo").wait_for()
    assert gateway.taken() - before == _in_minor_units(gateway.more)

    back(page)
    assert gateway.new in told(page)
    page.get_by_role("button", name="Cambiar la tarjeta").click()
    card = gateway.change_card(page)
    page.get_by_role("heading", name="Tu tarjeta cambió").wait_for()
    back(page)
    assert card in told(page)
    if gateway.portal:
        page.get_by_role("link", name=gateway.portal).click()
        page.wait_for_url(lambda url: not url.startswith(live_server.url))
        page.goto(live_server.url + MINE)

    page.get_by_role("link", name="Cancelar la suscripción").click()
    page.get_by_role("radio", name="Cuesta demasiado").check()
    page.get_by_label("Algo más que nos quieras contar").fill("Gracias igual")
    page.get_by_role("button", name="Cancelar la suscripción").click()
    page.get_by_role("heading", name="Tu suscripción está cancelada").wait_for()
    row = Subscription.objects.get()
    assert (row.cancel_reason, row.cancel_comment) == ("price", "Gracias igual")
    assert row.is_cancelling
    back(page)
    assert told(page).startswith("Cancelada. Sigue funcionando hasta el")
    page.get_by_role("button", name="Seguir con mi plan").click()
    page.get_by_role("heading", name=f"Listo: {gateway.names[1]} está activo").wait_for()
    back(page)
    assert told(page).startswith("Activa.")
    assert not Subscription.objects.get().is_cancelling
    assert gateway.taken() - before == _in_minor_units(gateway.more)


def _in_minor_units(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def back(page: Page) -> None:
    page.get_by_role("main").get_by_role("link", name="Mi suscripción").last.click()
    page.locator("[data-sentence]").wait_for()


@pytest.mark.slow
def test_what_is_owed_is_paid(phone: Page, live_server: LiveServer, at_flow: AtFlow) -> None:
    buy(phone, live_server, at_flow)
    at_flow.decline()
    phone.goto(portal_link(Subscription.objects.get()))
    assert told(phone).startswith("Debes $5.000 desde el")
    assert "Tu tarjeta está bloqueada" in phone.inner_text("main")
    phone.get_by_role("button", name="Pagar con otra tarjeta").click()
    at_flow.pay(phone)
    phone.get_by_text("Pagaste lo que debías").or_(
        phone.get_by_role("heading", name="Tu tarjeta cambió")
    ).first.wait_for()
    back(phone)
    assert told(phone).startswith("Activa.")
    assert at_flow.taken() == 10000


def test_another_payer_s_link_shows_nothing_of_mine(
    phone: Page, live_server: LiveServer, at_flow: AtFlow
) -> None:
    buy(phone, live_server, at_flow)
    mine = Subscription.objects.get()
    other = at_flow.shop.subscribe("club_monthly_v1", nonce="b", email="beto@correo.cl")
    phone.goto(link_in_the_mail(phone, live_server, "beto@correo.cl"))
    assert "Club" in phone.inner_text("main")
    assert "Básico" not in phone.inner_text("main")
    for address in (f"{mine.public_id}/", f"{mine.public_id}/recibo/1/"):
        answer = phone.goto(f"{live_server.url}{MINE}{address}")
        assert answer
        assert answer.status == 404
        assert "Básico" not in phone.inner_text("main")
        assert "$5.000" not in phone.inner_text("main")
    assert other.payments.count() == 1


# Every face of it, as it is met


@pytest.fixture
def till(live_server: LiveServer, settings: Any) -> Iterator[Till]:
    from tests.views.till import till_settings

    settings.PAYMENT_SUBSCRIPTIONS = till_settings(live_server.url)
    with Till() as till:
        yield till


def bought(price: str = "pro_monthly_v1") -> Subscription:
    client = Client(headers={"accept": "text/html"})
    order(client, price, EMAIL)
    come_back(client)
    return newest().subscription


def prepared(face: str, till: Till) -> tuple[str, str]:
    """Which link to open first, and where to go then."""
    if face in ("enter", "wrong"):
        return "", MINE
    if face == "sent":
        return "", f"{MINE}enlace/"
    if face == "forged":
        return "", f"{MINE}entrar/forged/"
    subscription = bought()
    link, address = portal_link(subscription), f"{MINE}{subscription.public_id}/"
    rows = Subscription.objects.filter(pk=subscription.pk)
    if face == "expired":
        django_settings.PAYMENT_SUBSCRIPTIONS["PORTAL_LINK_MAX_AGE"] = -1
        return "", link[link.index(MINE) :]
    if face == "many":
        add_payments(subscription, 36)
    if face == "older":
        add_payments(subscription, 36)
        address += "?until=20"
    if face == "receipt":
        Payment.objects.update(refunded_amount=4000, status=PaymentStatus.PARTIALLY_REFUNDED)
        address += "recibo/1/"
    if face == "owing":
        till.mood("declined:blocked")
        subscription.sync()
    if face == "scheduled":
        subscription.change_plan(subscription.preview_change("pro_yearly_v1", at_period_end=True))
    if face == "cancelled":
        rows.update(cancel_at_period_end=True)
    if face == "ended":
        rows.update(status=Status.CANCELLED, ended_at=subscription.created_at)
    if face == "paused":
        rows.update(status=Status.PAUSED)
    if face == "several":
        bought("twin_monthly_v1")
        rows.update(status=Status.PAST_DUE)
        address = MINE
    return link, address


FACES = (
    "enter", "wrong", "sent", "forged", "expired", "active", "many", "older", "receipt", "owing", "scheduled",
    "cancelled", "ended", "paused", "several",
)  # fmt: skip
LOOKS = [
    pytest.param(face, scheme, width, marks=() if width == 360 else pytest.mark.slow)
    for face in FACES
    for scheme, width in (("light", 360), ("dark", 1280))
]


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("face", "scheme", "width"), LOOKS)
def test_a_page_is_readable_for_everybody(
    till: Till, browser: Browser, live_server: LiveServer, face: str, scheme: Any, width: int
) -> None:
    context = browser.new_context(
        locale="es-CL", viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    link, address = prepared(face, till)
    if link:
        page.goto(link)
    page.goto(live_server.url + address)
    if face == "wrong":
        page.get_by_label("El correo con el que").fill("ana@nada")
        page.get_by_role("button", name="Enviarme un enlace").click()
        page.get_by_text("Eso no es un correo electrónico").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "es"
    context.close()


@pytest.mark.sampled(1)
@pytest.mark.parametrize("face", ["enter", "many", "older", "several", "receipt"])
def test_a_page_is_light(till: Till, page: Page, live_server: LiveServer, face: str) -> None:
    link, address = prepared(face, till)
    if link:
        page.goto(link)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(live_server.url + address, wait_until="networkidle")
    assert sum(len(answer.body()) for answer in answers) < HEAVIEST
    assert {answer.url.split("/")[2] for answer in answers} == {live_server.url.split("/")[2]}


def test_nothing_is_inline(till: Till) -> None:
    for face in FACES:
        client = Client(headers={"accept": "text/html"})
        link, address = prepared(face, till)
        if link:
            client.get(link[link.index(MINE) :])
        html = client.get(address).content.decode()
        till.mood("")
        django_settings.PAYMENT_SUBSCRIPTIONS.pop("PORTAL_LINK_MAX_AGE", None)
        for inline in ("<style", " style=", "<script>", "javascript:"):
            assert inline not in html


@pytest.mark.parametrize("face", FACES)
def test_in_english_there_is_no_spanish(till: Till, face: str) -> None:
    """What is not of the catalogue, a name or the payer's: each page says another thing in each language."""
    link, address = prepared(face, till)
    texts = {}
    for language in ("es", "en"):
        client = Client(headers={"accept": "text/html", "accept-language": language})
        if link:
            client.get(link[link.index(MINE) :])
        texts[language] = set(sentences(client.get(address).content.decode()))
    same = texts["es"] & texts["en"]
    assert {text for text in same if not is_a_name(text)} == set()


def sentences(html: str) -> list[str]:
    body = re.sub(r"<(script|template)\b.*?</\1>", "", html[html.index("<body") :], flags=re.DOTALL)
    parts = re.split(r"<[^>]+>", body)
    return [text for part in parts if (text := re.sub(r"\s+", " ", part).strip())]


NAMES = {
    "testserver", "Pro", "Mellizo", "Plan", "Caja", "ayuda@tienda.cl", "· ayuda@tienda.cl", EMAIL,
    "Visa •••• 6623", "Tu tarjeta está bloqueada.",
}  # fmt: skip


def is_a_name(text: str) -> bool:
    """Of a plan, the site, the payer, an order or a card: the same in all languages; so is what that
    gateway says."""
    return text in NAMES or not re.search(r"[^\W\d_]", text) or bool(re.fullmatch(r"[\w-]*\d[\w-]*", text))


def test_printed_it_is_the_receipt_alone(till: Till, page: Page, live_server: LiveServer) -> None:
    link, address = prepared("receipt", till)
    page.goto(link)
    page.goto(live_server.url + address)
    assert page.get_by_role("button", name="Imprimir").is_visible()
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Imprimir").is_visible()
    assert not page.locator("header.top").is_visible()
    assert not page.locator("footer").is_visible()
    assert page.locator(".receipt .price").is_visible()


def test_a_user_sees_theirs_by_logging_in(till: Till, page: Page, live_server: LiveServer) -> None:
    user = get_user_model().objects.create_user("ana", EMAIL, "s3cret-pass")
    come_back(Client(), billing(user).subscribe("pro_monthly_v1"))
    client = Client()
    client.force_login(user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto(live_server.url + MINE)
    assert told(page).startswith("Activa.")
    assert Checkout.objects.count() == 1
