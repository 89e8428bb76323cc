"""What docs/testing.md has one copy works as it stands, in a project of nobody's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import DOCS, blocks

SETTINGS = """
INSTALLED_APPS += ["payment_subscriptions"]
ALLOWED_HOSTS = ["*"]
TIME_ZONE = "America/Santiago"
PAYMENT_SUBSCRIPTIONS = {
    "BASE_URL": "https://tienda.cl",
    "PLANS": "shop.plans.PLANS",
    "GATEWAYS": {
        "flow": {
            "BACKEND": "payment_subscriptions.gateways.flow.FlowGateway",
            "API_KEY": "x",
            "SECRET_KEY": "y",
        }
    },
}
"""
PLANS = """
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Plan, Price

PLANS = [Plan("pro", "Pro", (Price("pro_monthly_v1", Money(10000, "CLP")),))]
"""
URLS = """
from django.urls import include, path

urlpatterns = [path("pagos/", include("payment_subscriptions.urls"))]
"""


@pytest.mark.slow
def test_the_tests_of_the_page_pass_in_a_fresh_project(tmp_path: Path) -> None:
    run(tmp_path, "django", "startproject", "shop", ".")
    with (tmp_path / "shop" / "settings.py").open("a") as settings:
        settings.write(SETTINGS)
    (tmp_path / "shop" / "plans.py").write_text(PLANS)
    (tmp_path / "shop" / "urls.py").write_text(URLS)
    fixtures, subscribing, form = blocks(DOCS / "testing.md", "python")
    (tmp_path / "conftest.py").write_text(fixtures)
    (tmp_path / "test_subscribing.py").write_text(subscribing)
    (tmp_path / "test_form.py").write_text(form)
    assert "4 passed" in run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider")


def run(folder: Path, module: str, *arguments: str) -> str:
    """Fails the test with all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "shop.settings" if module == "pytest" else ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr
    return done.stdout
