"""Settings: each mistake is told with a way out before, and refused when used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks

from payment_subscriptions import conf
from payment_subscriptions.checks.configuration import check_settings
from payment_subscriptions.exceptions import BadRequest, ConfigurationError
from payment_subscriptions.gateways import gateways
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price, catalogue
from tests.foreign import MONTHLY, ForeignProvider, foreign_settings, payer

FLOW = {
    "BACKEND": "payment_subscriptions.gateways.flow.FlowGateway",
    "API_KEY": "key",
    "SECRET_KEY": "secret",
}
DUMMY = {"BACKEND": "payment_subscriptions.gateways.dummy.DummyGateway"}
PESOS = [Plan("pro", "Pro", (Price("pro_v1", Money(5000, "CLP")),))]


def numbers(messages: list[CheckMessage]) -> set[str]:
    assert all(message.hint for message in messages), "a check says what to do"
    return {str(message.id).removeprefix("payments.") for message in messages}


def found() -> set[str]:
    return numbers(check_settings())


def test_a_healthy_project_hears_nothing(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    assert found() == set()
    settings.PAYMENT_SUBSCRIPTIONS = {}
    assert found() == set()
    del settings.PAYMENT_SUBSCRIPTIONS
    assert found() == set()


def test_the_checks_are_registered(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {"GATEWAY": {}}
    assert "payments.E002" in {message.id for message in run_checks(tags=["payments"])}


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        pytest.param({"GATEWAY": {}}, "E002", id="unknown"),
        pytest.param({"BASE_URL": ""}, "E003", id="no address"),
        pytest.param({"BASE_URL": "shop.example"}, "E004", id="no scheme"),
        pytest.param({"PLANS": "nowhere.PLANS"}, "E005", id="no plans"),
        pytest.param({"PLANS": [1]}, "E005", id="no Plan"),
        pytest.param({"PLANS": PESOS}, "W006", id="nobody takes pesos"),
        pytest.param({"MAX_TRIES": 0}, "E007", id="zero"),
        pytest.param({"RENEW_DAYS_BEFORE": 0}, "E007", id="ordered when it begins"),
        pytest.param({"UNPAID_ENDS_AFTER_DAYS": -1}, "E007", id="ended before it is due"),
        pytest.param({"MAX_TRIES": "12"}, "E007", id="a text"),
        pytest.param({"LEASE_SECONDS": -1}, "E007", id="negative"),
        pytest.param({"INLINE_SECONDS": None}, "E007", id="None"),
        pytest.param({"CHECKOUT_EXPIRES": True}, "E007", id="True"),
        pytest.param({"FORM_MAX_AGE": "a day"}, "E007", id="words"),
        pytest.param({"GATEWAYS": ["flow"]}, "E007", id="a list of gateways"),
        pytest.param({"LEASE_SECONDS": 5}, "E008", id="a lease shorter than the work"),
        pytest.param({"CLOCK": "nowhere.now"}, "E009", id="no clock"),
        pytest.param({"GATEWAYS": {"foreign": {}}}, "E010", id="no backend"),
        pytest.param({"GATEWAYS": {"foreign": "tests.foreign"}}, "E010", id="no entry"),
        pytest.param({"foreign": {"BACKEND": "tests.foreign.Nothing"}}, "E010", id="not importable"),
        pytest.param({"foreign": {"MODE": "live"}}, "E010", id="no mode"),
        pytest.param({"TASKS_BACKEND": "queue"}, "E011", id="no such queue"),
        pytest.param(
            {"PLANS": [Plan("a", "A", (Price("a_v1", Money(1, "USD"), provider="stripe"),))]},
            "E012",
            id="a price of nobody",
        ),
    ],
)
def test_each_mistake_has_a_check_with_a_way_out(settings: Any, changes: dict[str, Any], number: str) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(**changes)
    assert number in found()
    assert found() - {number} <= {"W006"}


def test_no_dictionary_at_all(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = ["flow"]
    assert found() == {"E001"}
    with pytest.raises(ConfigurationError):
        conf.get("PLANS")


def test_without_a_tasks_framework(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(TASKS_BACKEND="default")
    assert found() == set()
    for name in ("django.tasks", "django_tasks"):
        monkeypatch.setitem(sys.modules, name, None)
    assert found() == {"E011"}


def test_every_default_is_read(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {}
    assert {name: conf.get(name) for name in conf.DEFAULTS} == conf.DEFAULTS
    source = Path(conf.__file__).parent
    text = "".join(path.read_text() for path in source.rglob("*.py"))
    assert [name for name in conf.DEFAULTS if f'get("{name}")' not in text] == []


@pytest.mark.parametrize(
    ("base", "path", "whole"),
    [
        ("https://shop.example", "/a/", "https://shop.example/a/"),
        ("https://shop.example/", "/a/", "https://shop.example/a/"),
    ],
)
def test_absolute_addresses(settings: Any, base: str, path: str, whole: str) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {"BASE_URL": base}
    assert conf.absolute_url(path) == whole


def test_without_a_base_nothing_relative_is_sent_to_a_gateway(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {}
    with pytest.raises(ConfigurationError) as caught:
        conf.absolute_url("/a/")
    assert caught.value.hint


# Refused at use as well as by a check


@pytest.mark.parametrize(
    ("entry", "debug", "number"),
    [
        pytest.param({"API_KEY": ""}, False, "E101", id="no key"),
        pytest.param({"SECRET_KEY": None}, False, "E101", id="no secret"),
        pytest.param({"MODE": "real"}, True, "E102", id="real money with DEBUG"),
        pytest.param({"MODE": "real", "STRATEGIES": ["card", "demo"]}, False, "E103", id="demo with real"),
        pytest.param(
            {"MODE": "real", "API_URL": "https://sandbox.flow.cl/api"}, False, "E104", id="elsewhere"
        ),
        pytest.param({"API_URL": "https://www.flow.cl/api"}, False, "E105", id="sandbox at production"),
        pytest.param({"STRATEGIES": ["cards"]}, False, "E106", id="no such strategy"),
        pytest.param({"STRATEGIES": []}, False, "E106", id="no strategy"),
        pytest.param({"APIKEY": "key"}, False, "E107", id="no such option"),
        pytest.param({"MODE": "demo"}, False, "E108", id="demo is no account"),
        pytest.param({"COUPONS": ["VERANO"]}, False, "E109", id="a list of coupons"),
        pytest.param({"COUPONS": {"VERANO": "12"}}, False, "E109", id="a coupon without a number"),
        pytest.param({"COUPONS": {"": 12}}, False, "E109", id="a number without a code"),
        pytest.param({"ORDER_EXTRA": "a=b"}, False, "E110", id="extra in a text"),
        pytest.param({"REMIND_AFTER_DAYS": 0}, False, "E111", id="reminders at once"),
        pytest.param({"REMIND_TIMES": True}, False, "E111", id="reminders, yes"),
    ],
)
def test_flows_contradictions_are_refused_twice(
    settings: Any, entry: dict[str, Any], debug: bool, number: str
) -> None:
    settings.DEBUG = debug
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS={"flow": FLOW | entry}, PLANS=PESOS)
    assert number in found()
    with pytest.raises(ConfigurationError) as caught:
        _ = gateways["flow"].strategies
    assert caught.value.hint
    with pytest.raises(ConfigurationError):
        _ = gateways["flow"].client  # type: ignore[attr-defined]


def test_flow_as_it_should_be(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS={"flow": FLOW}, PLANS=PESOS)
    assert found() == set()
    assert gateways["flow"].strategies == ("card",)
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS={"flow": FLOW | {"MODE": "real"}}, PLANS=PESOS)
    assert found() == set()


@pytest.mark.parametrize(
    ("price", "ahead", "warned"),
    [
        (Price("p", Money(5000, "CLP"), Interval.WEEK), 7, True),
        (Price("p", Money(5000, "CLP"), Interval.WEEK), 6, False),
        (Price("p", Money(5000, "CLP"), Interval.DAY, interval_count=10), 9, False),
        (Price("p", Money(5000, "CLP")), 28, True),
        (Price("p", Money(5000, "CLP"), Interval.YEAR), 300, False),
        (Price("p", Money(5000, "CLP"), Interval.ONCE), 400, False),
    ],
)
def test_a_period_is_longer_than_the_days_that_it_is_ordered_ahead(
    settings: Any, price: Price, ahead: int, warned: bool
) -> None:
    for strategies, told in ((("card", "order"), warned), (("card", "link"), False)):
        settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(
            GATEWAYS={"flow": FLOW | {"STRATEGIES": strategies}},
            PLANS=[Plan("p", "P", (price,))],
            RENEW_DAYS_BEFORE=ahead,
        )
        assert found() == ({"W014"} if told else set())


@pytest.mark.parametrize(
    "price",
    [
        Price("p", Money(5000, "CLP"), access_days=30),
        Price("p", Money(5000, "CLP"), Interval.ONCE, access_days=0),
        Price("p", Money(5000, "CLP"), Interval.ONCE, trial_days=7),
        Price("p", Money(5000, "CLP"), trial_days=-1),
        Price("p", Money(5000, "CLP"), days_until_due=-1),
        Price("p", Money(5000, "CLP"), interval_count=0),
    ],
)
def test_a_price_that_contradicts_itself(settings: Any, price: Price) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(
        GATEWAYS={"flow": FLOW}, PLANS=[Plan("p", "P", (price,))]
    )
    assert found() == {"E005"}
    with pytest.raises(ConfigurationError, match="'p'"):
        catalogue()


def test_the_dummy_takes_no_real_money(settings: Any, transactional_db: None) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS={"dummy": DUMMY | {"MODE": "real"}})
    assert found() == {"E020"}
    with pytest.raises(ConfigurationError):
        payer().subscribe(MONTHLY)


@pytest.mark.parametrize(
    "changes",
    [
        {"GATEWAYS": {"foreign": {}}},
        {"foreign": {"BACKEND": "tests.foreign.Nothing"}},
        {"foreign": {"MODE": "live"}},
    ],
)
def test_a_gateway_that_cannot_be_built_is_refused_at_use(
    foreign: ForeignProvider, settings: Any, changes: dict[str, Any]
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(**changes)
    with pytest.raises(ConfigurationError) as caught:
        payer().subscribe(MONTHLY)
    assert caught.value.hint


def test_an_unknown_alias(foreign: ForeignProvider, settings: Any) -> None:
    with pytest.raises(ConfigurationError, match="'stripe'"):
        gateways["stripe"]
    price = Price("a_v1", Money(1, "USD"), provider="stripe")
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(PLANS=[Plan("a", "A", (price,))])
    with pytest.raises(ConfigurationError):
        payer().subscribe("a_v1")


def test_a_currency_that_nobody_takes(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(PLANS=PESOS)
    with pytest.raises(BadRequest) as caught:
        payer().subscribe("pro_v1")
    assert caught.value.code == "currency"


def test_gateways_are_built_once_and_anew_after_a_change(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    first = gateways["foreign"]
    assert gateways["foreign"] is first
    assert [gateway.alias for gateway in gateways.all()] == list(gateways) == ["foreign"]
    assert "foreign" in gateways
    assert "flow" not in gateways
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"MODE": "real"})
    assert gateways["foreign"] is not first
    assert gateways["foreign"].mode == "real"


# Import without keys

PROJECT = """
SECRET_KEY = "only for tests"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "payment_subscriptions"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
ROOT_URLCONF = "bare_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
URLS = """
from django.urls import include, path
urlpatterns = [path("pagos/", include("payment_subscriptions.urls"))]
"""
SET_UP = "import django; from django.core.management import call_command; django.setup()\n"


@pytest.mark.sampled(1)
@pytest.mark.parametrize(
    ("written", "commands"),
    [
        pytest.param("", ["check", "migrate", "makemigrations --check"], id="no settings at all"),
        pytest.param("PAYMENT_SUBSCRIPTIONS = {'GATEWAYS': {}}", ["check", "migrate"], id="no gateways"),
        pytest.param(
            "PAYMENT_SUBSCRIPTIONS = {'BASE_URL': 'https://a.cl', 'GATEWAYS': {'flow': "
            "{'BACKEND': 'payment_subscriptions.gateways.flow.FlowGateway'}}}",
            ["migrate --skip-checks", "makemigrations --check --skip-checks"],
            id="no keys",
        ),
    ],
)
def test_a_project_without_keys_runs_its_commands(tmp_path: Path, written: str, commands: list[str]) -> None:
    """The recipe built its client at import: without keys, no command of the project ran."""
    (tmp_path / "bare_settings.py").write_text(PROJECT + written)
    done = run(SET_UP + "".join(f"call_command(*{command.split()!r})\n" for command in commands), tmp_path)
    assert done.returncode == 0, done.stderr


def test_with_a_gateway_without_keys_check_says_so_and_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "bare_settings.py").write_text(
        PROJECT
        + "PAYMENT_SUBSCRIPTIONS = {'BASE_URL': 'https://a.cl', 'GATEWAYS': {'flow': "
        + "{'BACKEND': 'payment_subscriptions.gateways.flow.FlowGateway'}}}"
    )
    done = run(SET_UP + "call_command('check')", tmp_path)
    assert done.returncode != 0
    assert "payments.E101" in done.stderr
    assert "HINT: Copy both from Flow's panel" in done.stderr


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "bare_urls.py").write_text(URLS)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "bare_settings"}
    environment["PYTHONPATH"] = f"{folder}{os.pathsep}{environment.get('PYTHONPATH', '')}"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
