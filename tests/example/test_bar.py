"""The demo bar belongs to the example, and only to its simulator."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.example.conftest import ROOT, Run

LOOK = """
import django; django.setup()
from django.test import Client
from django.urls import Resolver404, resolve
page = Client(HTTP_HOST="localhost").get("/").content.decode()
try:
    found = bool(resolve("/demo/mover/"))
except Resolver404:
    found = False
print("demo-bar" in page, found)
"""


def test_nothing_of_the_app_knows_of_it() -> None:
    app = ROOT / "src/payment_subscriptions"
    files = [path for path in app.rglob("*") if path.suffix in (".html", ".css", ".js", ".py")]
    assert len(files) > 100
    assert [path for path in files if "demo-bar" in (text := path.read_text()) or "demo_bar" in text] == []


@pytest.mark.django_db
def test_a_project_that_is_not_the_example_has_no_bar() -> None:
    assert b"demo-bar" not in Client().get("/pagos/").content


def test_with_an_account_of_ones_own_there_is_neither_bar_nor_button(run: Run) -> None:
    assert run("-c", LOOK, FLOW_API_KEY="k", FLOW_SECRET="s").stdout.strip() == "False False"


@pytest.mark.slow
def test_on_the_simulator_there_is_even_when_it_does_not_answer(run: Run) -> None:
    assert run("example/manage.py", "migrate", "-v0").returncode == 0
    ran = run("-c", LOOK, FLOW_API_URL="http://127.0.0.1:9/api")
    assert ran.stdout.strip() == "True True", ran.stderr


PRESS = """
import django; django.setup()
from django.test import Client
client = Client(HTTP_HOST="localhost")
def press(**fields):
    answer = client.post("/demo/mover/", fields)
    return [answer.status_code, answer.headers.get("Location")]
print(press(span="year"), press(span="day", next="//elsewhere.example/"), press(span="day", next="/pagos/"))
stranger = Client(enforce_csrf_checks=True, HTTP_HOST="localhost")
print(client.get("/demo/mover/").status_code, stranger.post("/demo/mover/").status_code)
"""


@pytest.mark.slow
def test_a_button_goes_back_to_our_pages_only(run: Run) -> None:
    assert run("example/manage.py", "migrate", "-v0").returncode == 0
    ran = run("-c", PRESS, FLOW_API_URL="http://127.0.0.1:9/api")
    assert ran.stdout.splitlines() == ["[400, None] [302, '/'] [302, '/pagos/']", "405 403"], ran.stderr
