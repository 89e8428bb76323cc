"""``make demo`` and ``make demo-check``, as processes."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from example.demo_check import must_be
from example.demo_check.merchants import MERCHANTS, search
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.testing.browser import Browser
from tests.example.conftest import Run, running_demo
from tests.walks import subscribe_at_flow


@pytest.mark.slow
@pytest.mark.parametrize("name", MERCHANTS)
def test_demo_check_finds_all_as_it_must_be(run: Run, name: str) -> None:
    ran = run("-m", "example.demo_check", name)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    compared = [line.split()[0] for line in ran.stdout.splitlines() if line.split()[1] == "compared"]
    assert compared == [chapter.NAME for chapter in MERCHANTS[name].chapters]
    assert "all as it must be" in ran.stdout.splitlines()[-1]


def test_each_chapter_says_what_must_be() -> None:
    chapters = [chapter for merchant in MERCHANTS.values() for chapter in merchant.chapters]
    assert len({chapter.NAME for chapter in chapters}) == len(chapters)
    assert all(chapter.ROWS["payments"] and chapter.BOOKS["charges"] for chapter in chapters)


@pytest.mark.slow
def test_demo_check_says_what_is_not(run: Run) -> None:
    """One charge more at Flow than there must be."""
    code = (
        "import sys; from example.demo_check import link, merchants;"
        "link.BOOKS['charges'].pop(); sys.exit(merchants.check('link'))"
    )
    ran = run("-c", code)
    assert ran.returncode == 1
    assert "the books at Flow differ" in ran.stderr
    assert '+  "2026-02-13 taken 10000 CLP Webpay"' in ran.stderr


def test_a_difference_is_told_line_by_line() -> None:
    must_be.compare("rows", {"payments": ["#1 paid"]}, {"payments": ["#1 paid"]})
    with pytest.raises(must_be.Wrong, match=r'-  "#1 paid"\n\+  "#1 failed"'):
        must_be.compare("rows", {"payments": ["#1 failed"]}, {"payments": ["#1 paid"]})


def test_a_secret_in_the_log_is_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("GET /pagos/ 200\n")
    search(log, {"ABCDEF": "a token"})
    log.write_text("GET /pagos/?token=ABCDEF 200\n")
    with pytest.raises(must_be.Wrong, match="a token"):
        search(log, {"ABCDEF": "a token"})
    log.write_text("signed " + "0f" * 32)
    with pytest.raises(must_be.Wrong, match="a signature"):
        search(log, {})


@pytest.mark.slow
def test_the_demo_starts_answers_and_stops_with_all_that_it_started(tmp_path: Path) -> None:
    with running_demo(tmp_path) as (address, process):
        page = requests.get(address + "/", headers={"Accept-Language": "es"}, timeout=10)
        assert "Qué probar" in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'self'; form-action 'self'")
        plans = requests.get(address + "/pagos/", headers={"Accept-Language": "es"}, timeout=10).text
        assert all(price in plans for price in ("$5.000", "$500.000", "$5.500.000"))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    with socket.socket() as door:
        assert door.connect_ex(("127.0.0.1", urlsplit(address).port or 0)) != 0


@pytest.mark.slow
def test_with_keys_of_ones_own_it_talks_to_that_account(tmp_path: Path) -> None:
    """A plan that exists there is sold by its own id, blanks and all."""
    key, secret = "AAAA1111-AAAA-BBBB-CCCC-000000000009", "e" * 40
    with FlowSimulator(plan_id_blanks=True, api_key=key, secret_key=secret) as flow:
        told = {"FLOW_API_KEY": key, "FLOW_SECRET": secret, "FLOW_API_URL": flow.api_url}
        with running_demo(tmp_path, **told, FLOW_PLAN_10000="10000 Mensual") as (address, _process):
            browser = Browser()
            page = subscribe_at_flow(browser, address, "brote_monthly_v1")
            assert page.state == "ready"
            assert not [form for form in page.forms if "/demo/" in form.action]
            flow.clock.advance(months=1)
            flow.settle()
            assert [delivery.status for delivery in flow.deliveries] == [200]
        assert [each.plan_id for each in flow.subscriptions.values()] == ["10000 Mensual"]
        assert flow.books.total() == 20000


def test_a_port_that_is_taken_is_said_plainly(run: Run) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        ran = run("-m", "example.demo", PORT=str(port))
    assert ran.returncode == 1
    assert ran.stderr.strip() == f"Port {port} is in use. Choose another one: PORT={port + 10} make demo"


def test_the_demo_is_no_server_for_real_money(run: Run) -> None:
    ran = run("-m", "example.demo", FLOW_API_KEY="k", FLOW_SECRET="s", FLOW_SANDBOX="False", PORT="0")
    assert ran.returncode == 1
    assert "no server for real money" in ran.stderr
