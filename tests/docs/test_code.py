"""The code of the pages: Python compiles and imports what there is, settings pass the app's own checks."""

from __future__ import annotations

import ast
import json
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.urls import include, path
from django.utils.translation import gettext_lazy

from payment_subscriptions import money, plans
from payment_subscriptions.checks import check_settings
from payment_subscriptions.gateways.dummy import DummyGateway
from tests import catalogue

from .pages import PAGES, blocks, named

PYTHON = [(page, block) for page in PAGES for block in blocks(page, "python")]
SETTINGS = "PAYMENT_SUBSCRIPTIONS"
ACCOUNT = {
    "BACKEND": "payment_subscriptions.gateways.flow.FlowGateway",
    "API_KEY": "key",
    "SECRET_KEY": "secret",
}
# Packages of the reader's own that pages name.
THEIRS = ("acme", "miproyecto", "myproject", "shop", "tienda")


def assigned(block: str) -> set[str]:
    """The names that it sets, or sets something of."""
    found = set()
    for node in ast.walk(ast.parse(block)):
        targets = node.targets if isinstance(node, ast.Assign) else ()
        if isinstance(node, ast.AugAssign):
            targets = [node.target]
        for target in targets:
            while isinstance(target, ast.Subscript):
                target = target.value
            found.add(getattr(target, "id", ""))
    return found


def told(value: object) -> str:
    return named(value) if isinstance(value, Path) else ""


def test_there_is_python_on_the_pages() -> None:
    assert len(PYTHON) > 20


@pytest.mark.parametrize(("page", "block"), PYTHON, ids=told)
def test_python_compiles_and_what_it_imports_of_ours_is_there(page: Path, block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("payment_subscriptions"):
            module = import_module(str(node.module))
            missing = [each.name for each in node.names if not hasattr(module, each.name)]
            assert not missing, f"{named(page)}: {node.module} has no {missing}"


WITH_SETTINGS = [(page, block) for page, block in PYTHON if SETTINGS in assigned(block)]


@pytest.fixture
def theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages take their readers to have."""
    for package in THEIRS:
        for name in ("plans", "gateway"):
            module: Any = ModuleType(f"{package}.{name}")
            module.PLANS, module.AcmeGateway = catalogue.PLANS, DummyGateway
            module.gateway_for = lambda plan, currency, request: "flow"
            monkeypatch.setitem(sys.modules, package, ModuleType(package))
            monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.usefixtures("theirs")
@pytest.mark.parametrize(("page", "block"), WITH_SETTINGS, ids=told)
def test_settings_pass_the_checks(
    page: Path, block: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run(block, monkeypatch)
    written = valid() | made[SETTINGS]
    settings.TASKS = made.get("TASKS", {"default": {}})
    settings.PAYMENT_SUBSCRIPTIONS = written
    assert not [message for message in check_settings() if not is_elsewhere(message)]


def valid() -> dict[str, Any]:
    """What a page takes to be there already."""
    return {
        "BASE_URL": "https://tienda.cl",
        "PLANS": "tests.catalogue.PLANS",
        "GATEWAYS": {"flow": dict(ACCOUNT)},
    }


def run(block: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that it leaves. Keys are read from the environment, as they are to be."""
    for name in ("FLOW_API_KEY", "FLOW_SECRET", "FLOW_PERU_API_KEY", "FLOW_PERU_SECRET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_x")
    monkeypatch.setenv("STRIPE_WEBHOOK_SECRET", "whsec_x")
    made: dict[str, Any] = {
        "os": import_module("os"),
        "_": gettext_lazy,
        "path": path,
        "include": include,
        "INSTALLED_APPS": [],
        "urlpatterns": [],
        SETTINGS: valid(),
        **vars(plans),
        **vars(money),
    }
    exec(compile(block, "a page", "exec"), made)
    return made


def is_elsewhere(message: CheckMessage) -> bool:
    """What the page says in another block: how Celery finds its broker, that the secret comes later, and
    prices in currencies that its gateway takes."""
    return message.id in ("payments.E016", "payments.W130", "payments.W006")


@pytest.mark.parametrize(("page", "block"), [(p, b) for p in PAGES for b in blocks(p, "json")], ids=told)
def test_json_can_be_read(page: Path, block: str) -> None:
    json.loads(block)
