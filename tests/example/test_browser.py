"""``make demo`` in Chromium: subscribe, renew, fail, recover, cancel, on a phone and on a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, Request, expect

from tests.example.conftest import running_demo

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1400, "height": 900}
ANOTHER_CARD = "5293138086430769"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_demo(tmp_path_factory.mktemp("demo")) as (address, _process):
        yield address


@dataclass
class Visit:
    """A person at the demo."""

    page: Page
    address: str
    came_back: list[dict[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._note_return)
        self.page.on("console", lambda said: self.complaints.append(said.text))

    def _note_return(self, request: Request) -> None:
        if request.method == "POST" and "/pagos/success/" in request.url:
            self.came_back.append(request.all_headers())

    def enter_card(self, number: str = "") -> None:
        """On Flow's page, and back."""
        self.page.wait_for_url(re.compile(r"127\.0\.0\.1:\d+/app/customer/disclaimer"))
        if number:
            self.page.get_by_label("Número de tarjeta").fill(number)
        self.page.get_by_role("button", name="Inscribir tarjeta").click()
        self.page.wait_for_url(re.compile("/pagos/resultado/"))

    def order(self, price: str, email: str) -> None:
        """On the plans' page, as far as the gateway's."""
        self.page.locator(f"a[data-price={price}]").click()
        self.page.get_by_label("Correo").fill(email)
        self.page.get_by_role("button", name="Continuar al pago").click()

    def pay_at_stripe(self) -> None:
        """On Stripe's page, and back."""
        self.page.wait_for_url(re.compile(r"127\.0\.0\.1:\d+/c/pay/"))
        self.page.get_by_role("button", name=re.compile("Suscribirse|Pagar")).click()
        self.page.wait_for_url(re.compile("/pagos/resultado/"))

    def press(self, *names: str) -> None:
        """Buttons of the bar, opened first where it is closed."""
        for name in names:
            if not self.page.locator(".demo-body").is_visible():
                self.page.locator(".demo-head").click()
            with self.page.expect_navigation():  # the last button's message stands there until then
                self.page.locator(".demo-bar").get_by_role("button", name=name).click()
            expect(self.page.locator(".demo-said")).to_be_visible()

    def sees(self, state: str, text: str = "") -> None:
        shown = self.page.locator(f"[data-state={state}]")
        expect(shown).to_be_visible()
        if text:
            expect(shown).to_contain_text(text)
        assert not self.page.evaluate("document.documentElement.scrollWidth > innerWidth"), state

    def leave(self) -> None:
        """Cancel with the period."""
        self.page.get_by_role("link", name="Cancelar la suscripción").click()
        self.page.get_by_role("button", name="Cancelar la suscripción").click()
        self.sees("ending")

    def read_the_bar(self, *told: str) -> None:
        """It tells of that, and nothing that is private; and no page was hindered by its policy."""
        lines = self.page.locator(".demo-lines").inner_text()
        assert [each for each in told if each not in lines] == []
        assert re.search(r"[0-9A-Za-z]{20,}|@", lines) is None, "a token or an e-mail"
        assert [said for said in self.complaints if "Content Security Policy" in said] == []

    def paid(self, times: int) -> None:
        expect(self.page.get_by_text("Pagado", exact=True)).to_have_count(times)


@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_newcomer_sees_renewal_failure_and_recovery(demo: str, page: Page, size: dict[str, int]) -> None:
    page.set_viewport_size(size)  # type: ignore[arg-type]
    visit = Visit(page, demo)
    page.goto(demo)
    page.get_by_role("link", name="Ver los planes").click()
    visit.order("brote_monthly_v1", "ana@correo.cl")
    visit.enter_card()
    visit.sees("ready", "activ")
    visit.paid(1)

    visit.press("Un mes")
    visit.sees("ready")
    visit.paid(2)

    visit.press("Perder el próximo aviso", "Un mes", "Barrer ahora")
    visit.sees("ready")
    visit.paid(3)

    visit.press("Rechazar el próximo cobro", "Un mes", "Barrer ahora")
    visit.sees("owing", "$10.000")
    page.reload()
    page.get_by_role("button", name="otra tarjeta").click()
    visit.enter_card(ANOTHER_CARD)
    visit.sees("ready")
    visit.paid(4)
    expect(page.get_by_role("main")).to_contain_text("0769")

    visit.leave()
    visit.press("Un mes", "Barrer ahora")
    visit.sees("ended")
    visit.paid(4)

    visit.read_the_bar("payment.paid", "Aviso de Flow")
    assert len(visit.came_back) == 2
    assert not any("cookie" in headers for headers in visit.came_back)


@pytest.mark.slow
def test_a_payer_chooses_chile_then_abroad_pays_by_each_and_manages_it(demo: str, page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    visit = Visit(page, demo)
    page.goto(f"{demo}/pagos/")
    expect(page.get_by_text("$15.000", exact=True)).to_be_visible()
    visit.order("padrino_once_v1", "eva@correo.cl")
    page.get_by_role("button", name="Pagar", exact=True).click()
    page.wait_for_url(re.compile("/pagos/resultado/"))
    visit.sees("ready", "$15.000")

    page.get_by_role("link", name="Ver todos los planes").click()
    page.get_by_role("link", name="Pago internacional").click()
    page.get_by_role("link", name="EUR", exact=True).click()
    expect(page.get_by_text("EUR 9,00", exact=True)).to_be_visible()
    page.get_by_role("link", name="USD", exact=True).click()
    visit.order("brote_monthly_usd_v1", "eva@correo.cl")
    visit.pay_at_stripe()
    visit.sees("ready", "US$10,00")
    visit.paid(1)

    visit.press("Un mes")
    visit.sees("ready")
    visit.paid(2)

    page.get_by_role("link", name="Cambiar de plan").click()
    page.get_by_text("US$20,00 al mes").click()
    page.get_by_role("button", name="Ver cuánto cuesta").click()
    page.get_by_role("button", name="Cambiar y pagar US$10,00").click()
    visit.sees("ready", "Arbusto")
    visit.paid(3)

    visit.press("Rechazar el próximo cobro", "Un mes", "Barrer ahora")
    visit.sees("owing", "US$20,00")
    page.reload()
    page.get_by_role("button", name="otra tarjeta").click()
    page.wait_for_url(re.compile(r"127\.0\.0\.1:\d+/p/session/"))
    page.get_by_label("Número de tarjeta").fill("5555 5555 5555 4444")
    page.get_by_role("button", name="Guardar la tarjeta").click()
    visit.sees("ready")
    visit.paid(4)
    expect(page.get_by_role("main")).to_contain_text("4444")

    page.get_by_role("link", name="Tarjetas y comprobantes en Stripe").click()
    expect(page.get_by_text("Pagada")).to_have_count(4)
    page.get_by_role("link", name="Volver").click()

    visit.leave()
    page.get_by_role("button", name="Seguir con mi plan").click()
    visit.sees("ready")
    visit.leave()
    visit.press("Un mes", "Barrer ahora")
    visit.sees("ended")
    visit.paid(4)

    visit.read_the_bar("Aviso de Stripe")


@pytest.mark.slow
def test_the_bar_is_worked_by_keyboard_and_speaks_english(demo: str, page: Page) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.goto(demo)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A native forest, tree by tree")
    toggle = page.locator("#demo-open")
    toggle.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".demo-said")).to_have_text("A day has passed.")
