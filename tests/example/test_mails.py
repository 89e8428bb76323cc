"""The demo's mails: every one on a page, and those that were really sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from payment_subscriptions.testing.browser import Browser
from tests.example.conftest import running_demo
from tests.violations import violations
from tests.walks import subscribe_at_flow

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "mails").mkdir()
    (folder / "mails" / "20200101-000000-1.log").write_text("Subject: of an earlier run\n\nx")
    with running_demo(folder) as (address, _process):
        yield address, folder


@pytest.mark.parametrize(("language", "words"), [("es", "Comprobante de"), ("en", "Receipt of")])
@pytest.mark.parametrize(("gateway", "money"), [("flow", r"\$5\.000|CLP 5,000"), ("stripe", r"\$5[,.]00")])
def test_every_mail_in_both_languages_of_both_gateways(
    demo: tuple[str, Path], language: str, words: str, gateway: str, money: str
) -> None:
    answer = requests.get(f"{demo[0]}/demo/correos/?idioma={language}&pasarela={gateway}", timeout=20)
    assert answer.status_code == 200
    assert answer.text.count('<iframe class="mail-html"') >= 12
    assert words in answer.text
    assert re.search(money, answer.text)
    assert answer.text.count('sandbox srcdoc="') == answer.text.count("<iframe")
    assert "'unsafe-inline'" not in requests.get(f"{demo[0]}/", timeout=20).headers["Content-Security-Policy"]


def test_what_was_sent_can_be_read(demo: tuple[str, Path], page: Page) -> None:
    """Subscribe; the mail is on the page, its link opens the payer's own page."""
    address, folder = demo
    empty = requests.get(f"{address}/demo/correo/", timeout=20).text
    assert "<iframe" not in empty
    assert "of an earlier run" not in empty
    assert subscribe_at_flow(Browser(), address, "brote_monthly_v1").state == "ready"
    page.set_viewport_size({"width": 1200, "height": 900})
    page.goto(f"{address}/demo/correo/")
    expect(page.get_by_role("heading", name=re.compile("Comprobante de"))).to_be_visible()
    assert len(list((folder / "mails").glob("*.log"))) == 2
    frame = page.frame_locator("iframe.mail-html").first
    expect(frame.get_by_role("heading")).to_be_visible()
    expect(frame.get_by_role("link", name="Bosque Común")).to_be_visible()
    assert "#0b6b45" in frame.locator("html").inner_html(), "the demo's own colour"
    page.locator(".mail-text a[href*='/pagos/mi-suscripcion/']").first.click()
    expect(page).to_have_url(re.compile("/pagos/mi-suscripcion/"))
    expect(page.get_by_role("heading").first).to_be_visible()


def test_a_screen_reader_can_read_them(demo: tuple[str, Path], page: Page) -> None:
    page.goto(f"{demo[0]}/demo/correos/?idioma=es&pasarela=flow")
    assert violations(page) == []
