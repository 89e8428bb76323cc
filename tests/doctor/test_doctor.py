"""What follows from something else is not told, what cannot be asked is said, and looking leaves no trace."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.contrib.auth.decorators import login_required
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.urls import include, path
from django.utils import timezone
from django.utils.translation import override

from payment_subscriptions import inbox, probing, views
from payment_subscriptions.clock import now
from payment_subscriptions.doctor import (
    Area,
    Because,
    Code,
    Severity,
    account,
    callback,
    examine,
    project,
)
from payment_subscriptions.doctor.callback import is_private, trouble_with
from payment_subscriptions.doctor.findings import Unseen
from payment_subscriptions.doctor.texts import AREAS, REASONS, SEVERITIES, TEXTS
from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import Received
from payment_subscriptions.gateways.transport import Transport
from payment_subscriptions.lifecycle import CheckoutStatus
from payment_subscriptions.models import Checkout, Event, Heartbeat, Notice, Receipt
from payment_subscriptions.sweep import sweep
from tests.core.queues import KeepingBackend
from tests.flow.conftest import shop
from tests.shop import Shop

from .clinic import codes, found, one, our_kind_of_key, run, told

__all__ = ["shop"]

WEBHOOK = "/pagos/api/flow/webhook/"


@pytest.fixture
def healthy(shop: Shop) -> Shop:
    shop.subscribe()
    sweep()
    assert found() == []
    return shop


@pytest.fixture
def talkative(transactional_db: None, live_server: Any, settings: Any) -> Iterator[dict[str, Any]]:
    """The options of a gateway that answers what they say."""
    options: dict[str, Any] = {"BACKEND": "tests.doctor.gateways.TalkativeGateway"}
    settings.PAYMENT_SUBSCRIPTIONS = {
        "GATEWAYS": {"acme": options},
        "PLANS": "tests.catalogue.PLANS",
        "BASE_URL": live_server.url,
    }
    settings.SILENCED_SYSTEM_CHECKS = ["payments.W006"]  # it takes no UF
    gateways.forget()
    sweep()
    yield options
    gateways.forget()


def unseen() -> dict[str, set[str]]:
    """By reason."""
    left: dict[str, set[str]] = {}
    for each in (each for examined in examine().examined for each in examined.unseen):
        left.setdefault(each.because.value, set()).add(each.area.value)
    return left


# An outage is said, and what could be seen is told


def test_a_gateway_that_is_down_is_one_finding_and_the_rest_is_told(healthy: Shop) -> None:
    healthy.flow.faults.add("*", "http_error", times=None)
    Heartbeat.objects.all().delete()
    report = examine()
    assert codes(report) == [Code.SWEEP_NOT_RUNNING, Code.GATEWAY_UNANSWERED]
    assert Area.CALLBACK in report.examined[1].fine
    assert Area.CUSTOMERS in {each.area for each in report.examined[1].unseen}
    assert run()[0] == 1


def test_one_that_goes_down_meanwhile(healthy: Shop) -> None:
    healthy.flow.faults.add("customer/list", "http_error", times=None)
    report = examine()
    assert codes(report) == [Code.GATEWAY_UNANSWERED]
    assert report.examined[1].unseen == [Unseen(Area.CUSTOMERS, Because.UNANSWERED)]
    assert Area.PLANS in report.examined[1].fine


def test_one_that_refuses_a_single_question(healthy: Shop) -> None:
    """What it answers is looked at all the same."""
    healthy.flow.faults.add("plans/get", "error", times=None, code=4711)
    healthy.flow.plans.pop("pro_monthly_v1")
    report = examine()
    assert codes(report) == [Code.GATEWAY_UNANSWERED]
    assert report.examined[1].unseen == [
        Unseen(Area.PLANS, Because.UNANSWERED), Unseen(Area.PLAN_CALLBACKS, Because.UNANSWERED)
    ]  # fmt: skip
    assert Area.CUSTOMERS in report.examined[1].fine


def test_no_more_time_is_spent_on_one_account_than_it_has(healthy: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(account, "SECONDS", 0.0)
    report = examine()
    assert codes(report) == [Code.GATEWAY_UNANSWERED]
    assert Area.CUSTOMERS in {each.area for each in report.examined[1].unseen}


def test_one_that_is_not_there(healthy: Shop) -> None:
    healthy.configure(API_URL="http://127.0.0.1:1/api")
    assert found() == [Code.GATEWAY_UNANSWERED]


# Settings and keys


def test_what_the_system_checks_say_is_said_once(healthy: Shop, settings: Any) -> None:
    healthy.configure(COUPONS={"": 0})
    report = examine()
    assert codes(report) == [Code.SETTINGS]
    assert len(report.findings[0].details) == 1
    settings.PAYMENT_SUBSCRIPTIONS["MAX_TRIES"] = 0
    assert [each.provider for each in examine().findings] == ["", "flow"]


def test_missing_keys_hide_no_other_mistake_of_the_settings(healthy: Shop) -> None:
    healthy.configure(API_KEY="", COUPONS={"": 0})
    assert sorted(found()) == [Code.KEYS_MISSING, Code.SETTINGS]


@pytest.mark.parametrize(
    "written", [None, {"GATEWAYS": []}, {"GATEWAYS": {"flow": {}}}, {"CLOCK": "nowhere"}], ids=str
)
def test_settings_that_are_none_are_a_finding_and_no_crash(
    transactional_db: None, settings: Any, written: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = written
    gateways.forget()
    assert Code.SETTINGS in found()


def test_a_backend_of_tasks_that_does_not_exist_is_told_by_the_settings(healthy: Shop, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["TASKS_BACKEND"] = "nowhere"
    assert found() == [Code.SETTINGS]
    assert unseen() == {"settings": {"workers"}}


def test_nothing_to_sell(transactional_db: None, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {}
    gateways.forget()
    sweep()
    assert found() == [Code.NOTHING_SOLD]


def test_one_account_only(healthy: Shop, settings: Any) -> None:
    """What is wrong with the other one is not told."""
    account = settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["flow"]
    settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"] |= {"flow-two": account | {"API_KEY": ""}}
    gateways.forget()
    assert codes(examine(["flow"])) == []
    assert codes(examine(["flow-two"])) == [Code.KEYS_MISSING]
    assert [each["provider"] for each in told("--provider", "flow")["examined"]] == ["", "flow"]


def test_an_account_that_does_not_exist(healthy: Shop) -> None:
    with pytest.raises(ConfigurationError, match="there are: flow"):
        examine(["nobody"])
    with pytest.raises(CommandError, match="there are: flow") as caught:
        call_command("payments_doctor", "--provider", "nobody")
    assert caught.value.returncode == 2


# The contract for cards


def lose_the_question(shop: Shop) -> None:
    """Flow looks for the customer before it looks at the contract."""
    words = "There is no customer with this customerId"
    shop.flow.faults.add("customer/register", "error", times=None, status=400, code=501, message=words)


def test_asking_for_the_contract_begins_no_registration(healthy: Shop) -> None:
    before = dict(healthy.flow.account.enrolments)
    examine()
    assert healthy.flow.account.enrolments == before


def test_where_asking_teaches_nothing_the_last_payer_does(healthy: Shop) -> None:
    healthy.flow.options.card_contract = False
    assert healthy.begin("club_monthly_v1", nonce="n").status == CheckoutStatus.REFUSED
    healthy.flow.options.card_contract = True
    lose_the_question(healthy)
    assert one(examine(), Code.STRATEGY_REFUSED).details == ("card: 7001",)
    healthy.flow.faults.clear()
    healthy.subscribe("club_monthly_v1", nonce="m", email="eva@correo.cl")
    lose_the_question(healthy)
    report = examine()
    assert codes(report) == []
    assert Area.STRATEGIES in report.examined[1].fine


def test_where_nobody_has_tried_that_is_said(shop: Shop) -> None:
    sweep()
    assert found() == []
    assert unseen() == {"nobody_tried": {"strategies"}}


def test_where_another_way_follows_it_is_a_warning(healthy: Shop) -> None:
    healthy.flow.options.card_contract = False
    assert one(examine(), Code.STRATEGY_REFUSED).severity == Severity.ERROR
    healthy.configure(STRATEGIES=("card", "link"))
    assert one(examine(), Code.STRATEGY_REFUSED).severity == Severity.WARNING
    assert run()[0] == 0


# The way back


def test_looking_stores_nothing_and_asks_flow_nothing_by_the_callback(healthy: Shop) -> None:
    rows = (Notice, Event, Checkout, Receipt)
    before = [row._default_manager.count() for row in rows]
    asked = len([call for call in healthy.flow.calls if call.service.startswith("payment/")])
    examine()
    assert [row._default_manager.count() for row in rows] == before
    assert len([call for call in healthy.flow.calls if call.service.startswith("payment/")]) == asked


@pytest.mark.parametrize("question", ["", "x", "abc:1tTT:nothing"])
def test_a_question_of_a_stranger_is_none(healthy: Shop, live_server: Any, question: str) -> None:
    answer = requests.post(live_server.url + WEBHOOK, headers={probing.HEADER: question}, timeout=20)
    assert (answer.status_code, answer.json()["error"]) == (400, "Token requerido")


def test_a_question_is_answered_for_minutes_only_and_the_answer_is_of_one_account() -> None:
    question = probing.question()
    assert probing.is_answered(question, "flow", probing.answer(question, "flow"))
    assert not probing.is_answered(question, "flow-two", probing.answer(question, "flow"))
    assert not probing.is_answered(question, "flow", "")
    with pytest.MonkeyPatch.context() as patch:
        later = datetime.now(UTC).timestamp() + probing.SECONDS + 2
        patch.setattr("django.core.signing.time.time", lambda: later)
        assert probing.answer(question, "flow") == ""


@pytest.mark.urls("tests.doctor.test_doctor")
def test_a_login_before_our_view_is_not_our_view(shop: Shop) -> None:
    sweep()
    report = examine()
    assert codes(report) == [Code.CALLBACK_REDIRECTS]
    assert "/accounts/login/" in report.findings[0].details[0]
    assert "next" not in report.findings[0].details[0]


def test_another_page_at_that_address(healthy: Shop, live_server: Any) -> None:
    healthy.configure(NOTICE_URL=f"{live_server.url}/pagos/")
    assert found() == [Code.CALLBACK_ELSEWHERE]


def test_the_address_of_another_account(healthy: Shop, live_server: Any, settings: Any) -> None:
    account = settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["flow"]
    url = f"{live_server.url}{WEBHOOK}"
    settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"] |= {"flow-two": account | {"NOTICE_URL": url}}
    gateways.forget()
    assert [each.code for each in examine().findings if each.area == Area.CALLBACK] == [
        Code.CALLBACK_ELSEWHERE
    ]


class Site(BaseHTTPRequestHandler):
    """Another site of this package: it speaks alike, and does not know the secret; its clock is late."""

    def do_POST(self) -> None:
        body = json.dumps({"received": False, "probe": self.headers[probing.HEADER]}).encode()
        self.send_response_only(200)
        self.send_header("Date", format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def another_site() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_site_that_echoes_the_question_has_not_answered_it(healthy: Shop, another_site: str) -> None:
    healthy.configure(NOTICE_URL=another_site + WEBHOOK)
    with override("en"):
        report = examine()
    assert codes(report) == [Code.CALLBACK_ELSEWHERE]
    assert "another SECRET_KEY" in report.findings[0].details[1]


def test_an_address_that_nobody_answers(healthy: Shop) -> None:
    healthy.configure(NOTICE_URL="http://127.0.0.1:1" + WEBHOOK)
    assert found() == [Code.CALLBACK_UNREACHABLE]


def test_one_that_is_silent_is_waited_for_once_and_not_for_long(
    healthy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callback, "SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        healthy.configure(NOTICE_URL=f"http://127.0.0.1:{silent.getsockname()[1]}{WEBHOOK}")
        began = datetime.now(UTC)
        assert found() == [Code.CALLBACK_UNREACHABLE]
    assert datetime.now(UTC) - began < timedelta(seconds=15)


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("address", "mode", "code", "severity"),
    [
        ("https://localhost/", "sandbox", Code.CALLBACK_PRIVATE, None),
        ("https://10.0.0.7/", "real", Code.CALLBACK_PRIVATE, None),
        ("http://tienda.cl", "real", Code.CALLBACK_INSECURE, Severity.ERROR),
        ("http://tienda.cl", "sandbox", Code.CALLBACK_INSECURE, Severity.WARNING),
    ],
)
def test_what_a_gateway_out_there_cannot_or_should_not_call(
    healthy: Shop,
    live_server: Any,
    settings: Any,
    monkeypatch: Any,
    address: str,
    mode: Any,
    code: Code,
    severity: Any,
) -> None:
    gateway = gateways["flow"]
    gateway.mode = mode
    if "tienda.cl" in address:  # whose name leads to this machine, as far as this machine knows
        look_up = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *more, **named: look_up(
                "127.0.0.1" if host == "tienda.cl" else host, *more, **named
            ),
        )
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "tienda.cl"]
        address = f"{address}:{urlsplit(live_server.url).port}{WEBHOOK}"
    trouble = trouble_with(urlsplit(address), gateway, is_near=False)
    assert trouble is not None
    assert (trouble.code, trouble.severity) == (code, severity)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", True),
        ("localhost", True),
        ("web", True),
        ("127.0.0.1", True),
        ("192.168.1.4", True),
        ("::1", True),
        ("shop.local", True),
        ("shop.test.", True),
        ("shop.example", False),
        ("tienda.cl", False),
        ("8.8.8.8", False),
    ],
)
def test_which_names_lead_nowhere_from_outside(host: str, expected: bool) -> None:
    assert is_private(host) == expected


def test_an_address_shows_no_password_and_no_query(healthy: Shop) -> None:
    healthy.configure(NOTICE_URL=f"http://eva:hidden@127.0.0.1:1{WEBHOOK}?key=hidden")
    code, said = run()
    assert code == 1
    assert "hidden" not in said


def test_a_return_address_that_leads_nowhere(healthy: Shop, live_server: Any) -> None:
    healthy.configure(RETURN_URL=f"{live_server.url}/gracias/")
    assert found() == [Code.RETURN_ADDRESS]


# Plans


def test_plans_that_report_elsewhere_are_a_warning(healthy: Shop) -> None:
    vars(healthy.flow.plans["pro_monthly_v1"]).update(callback="https://old.example/pagos/")
    report = examine()
    assert codes(report) == [Code.PLAN_CALLBACK]
    assert report.is_healthy


def test_they_are_not_compared_with_an_address_that_is_wrong(healthy: Shop, live_server: Any) -> None:
    healthy.configure(NOTICE_URL=f"{live_server.url}/pagos/api/flow/nowhere/")
    assert found() == [Code.CALLBACK_NOT_FOUND]
    assert unseen() == {"address": {"plan_callbacks"}}


def test_a_plan_that_was_deleted_there_is_told_as_such(healthy: Shop) -> None:
    healthy.flow.delete_plan("pro_monthly_v1")
    report = examine()
    assert [(each.code, each.details) for each in report.findings] == [
        (Code.PLAN_INACTIVE, ("pro_monthly_v1",))
    ]


def test_several_plans_are_one_finding_with_all_their_names(healthy: Shop) -> None:
    for name in ("pro_monthly_v1", "pro_yearly_v1"):
        healthy.flow.plans.pop(name)
    vars(healthy.flow.plans["uf_monthly_v1"]).update(interval=4)
    report = examine()
    assert one(report, Code.PLAN_MISSING).details == ("pro_monthly_v1", "pro_yearly_v1")
    assert len(one(report, Code.PLAN_DIFFERS).details) == 1


# What the gateway has that we have not


def test_customers_that_bear_one_key_twice(talkative: dict[str, Any]) -> None:
    key = our_kind_of_key()
    talkative["CUSTOMERS"] = [key, key, "not-ours", "not-ours"]
    gateways.forget()
    report = examine()
    assert one(report, Code.CUSTOMER_DUPLICATE).details == ("c-0", "c-1")


def test_of_very_many_customers_some_are_looked_at_and_that_is_said(
    talkative: dict[str, Any], django_assert_max_num_queries: Any
) -> None:
    talkative["CUSTOMERS"] = [our_kind_of_key() for _number in range(1001)]
    gateways.forget()
    with django_assert_max_num_queries(30):
        report = examine()
    assert len(one(report, Code.CUSTOMER_ORPHAN).details) == 1000
    assert unseen() == {"too_many": {"customers"}}


def test_a_long_list_is_told_in_part(talkative: dict[str, Any]) -> None:
    talkative["CUSTOMERS"] = [our_kind_of_key() for _number in range(100)]
    gateways.forget()
    with override("en"):
        said = run()[1]
    assert said.count("· c-") == 10
    assert "and 90 more" in said
    assert len(told()["examined"][1]["findings"][0]["details"]) == 100


# Clocks and days


@pytest.mark.parametrize(
    ("skew", "expected"),
    [(None, []), (29.0, []), (-31.0, ["warning"]), (31.0, ["warning"]), (-301.0, ["error"])],
)
def test_a_clock_that_is_off(talkative: dict[str, Any], skew: float | None, expected: list[str]) -> None:
    talkative["SKEW"] = skew
    gateways.forget()
    report = examine()
    assert [(each.code, each.severity) for each in report.findings] == [
        (Code.CLOCK_SKEW, severity) for severity in expected
    ]


def test_the_providers_time_is_read_off_each_answer(another_site: str) -> None:
    transport = Transport(another_site)
    assert transport.skew is None
    transport.call("POST", "", datetime.now().timestamp() + 1e9)
    assert transport.skew == pytest.approx(-3600, abs=30)


def test_a_simulated_clock_before_a_gateway_that_is_none(talkative: dict[str, Any], settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["CLOCK"] = "tests.foreign.now"
    assert found() == []
    talkative["HOST"] = "api.acme.com"
    settings.PAYMENT_SUBSCRIPTIONS["BASE_URL"] = "https://localhost:1"
    gateways.forget()
    assert Code.CLOCK_REPLACED in found()


def test_another_time_zone_than_the_gateways(healthy: Shop, settings: Any) -> None:
    settings.TIME_ZONE = "UTC"
    assert found() == [Code.TIME_ZONE]


def test_times_without_a_zone_cannot_be_stored(healthy: Shop, settings: Any) -> None:
    settings.USE_TZ = False
    report = examine()
    settings.USE_TZ = True
    assert codes(report) == [Code.NAIVE_TIMES]
    assert {each.because for examined in report.examined for each in examined.unseen} == {Because.SETTINGS}


# The machinery


def test_a_sweep_leaves_a_sign_when_it_comes_to_its_end(transactional_db: None, monkeypatch: Any) -> None:
    assert Heartbeat.objects.last_beat("sweep") is None
    sweep()
    first = Heartbeat.objects.last_beat("sweep")
    assert first is not None
    assert timezone.now() - first < timedelta(minutes=1)
    with monkeypatch.context() as patch:
        patch.setattr("payment_subscriptions.sweep.prune", _killed)
        with pytest.raises(RuntimeError):
            sweep()
    assert Heartbeat.objects.last_beat("sweep") == first
    sweep()
    assert Heartbeat.objects.count() == 1
    assert Heartbeat.objects.last_beat("sweep") != first


def _killed(_limit: int) -> int:
    raise RuntimeError("killed")


def overdue() -> Notice:
    notice = Notice.objects.get(pk=inbox.store("flow", Received(key="k", body="k")))
    Notice.objects.filter(pk=notice.pk).update(due_at=now() - timedelta(minutes=16))
    return notice


def test_a_backlog_is_told_unless_nobody_is_there_to_do_it(healthy: Shop) -> None:
    overdue()
    assert found() == [Code.BACKLOG]
    Heartbeat.objects.all().delete()
    assert found() == [Code.SWEEP_NOT_RUNNING]
    assert unseen() == {"sweep": {"backlog"}}


def test_handlers_that_were_given_up(healthy: Shop) -> None:
    Receipt.objects.create(event=Event.objects.all()[0], handler="shop.mail")
    with override("en"):
        assert one(examine(), Code.HANDLERS_DEAD).details == ("1, of: shop.mail",)


def test_what_waits_for_a_person_is_named(healthy: Shop) -> None:
    notice = overdue()
    Notice.objects.filter(pk=notice.pk).update(state="dead", error="Flow answered something odd")
    checkout = healthy.begin("club_monthly_v1", nonce="n")
    Checkout.objects.filter(pk=checkout.pk).update(status=CheckoutStatus.IN_DOUBT, in_doubt_since=now())
    report = examine()
    assert one(report, Code.NOTICES_DEAD).details[1] == f"{notice.pk} flow: Flow answered something odd"
    assert one(report, Code.IN_DOUBT).details[1] == f"flow {checkout.order}"


def test_a_doubt_that_lasts_is_an_error(healthy: Shop) -> None:
    checkout = healthy.begin("club_monthly_v1", nonce="n")
    Checkout.objects.filter(pk=checkout.pk).update(
        status=CheckoutStatus.IN_DOUBT, in_doubt_since=now() - timedelta(minutes=61)
    )
    assert one(examine(), Code.IN_DOUBT).severity == Severity.ERROR


@pytest.fixture
def queue(healthy: Shop, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """``queue("KeepingBackend")``: the one that TASKS_BACKEND names."""
    monkeypatch.setattr(project, "WORKER_SECONDS", 0.5)

    def named(backend: str) -> None:
        settings.TASKS = {"queue": {"BACKEND": backend}}
        settings.PAYMENT_SUBSCRIPTIONS["TASKS_BACKEND"] = "queue"

    yield named
    KeepingBackend.kept.clear()


def test_workers_that_take_nothing(queue: Any) -> None:
    queue("tests.core.queues.KeepingBackend")
    overdue()
    assert found() == [Code.WORKERS_SILENT]
    assert [name for name, *_key in KeepingBackend.kept] == ["beat"]
    assert unseen() == {"workers": {"backlog"}}


def test_a_queue_that_is_down(queue: Any) -> None:
    queue("tests.core.queues.DownBackend")
    assert found() == [Code.QUEUE_DOWN]


def test_workers_that_are_there(queue: Any) -> None:
    queue(f"{KeepingBackend.__mro__[1].__module__.rpartition('.')[0]}.immediate.ImmediateBackend")
    report = examine()
    assert codes(report) == []
    assert Area.WORKERS in report.examined[0].fine
    assert Heartbeat.objects.last_beat("workers") is not None


def test_without_workers_nothing_is_said_of_them(healthy: Shop) -> None:
    assert Area.WORKERS not in examine().examined[0].fine


# The database


def test_migrations_that_are_missing(healthy: Shop) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("payment_subscriptions", "0001_initial")
    try:
        report = examine()
    finally:
        recorder.record_applied("payment_subscriptions", "0001_initial")
    assert codes(report) == [Code.MIGRATIONS_MISSING]
    assert report.findings[0].details == ("payment_subscriptions.0001_initial",)
    assert {each.because for examined in report.examined for each in examined.unseen} == {Because.DATABASE}


def test_a_database_that_is_not_there() -> None:
    environment = os.environ | {
        "DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONWARNINGS": "ignore",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "django", "payments_doctor", "--json"],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    said = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert [each["code"] for each in said["examined"][0]["findings"]] == [
        "database_unreachable",
        "nothing_sold",
    ]
    assert "hidden" not in ended.stdout + ended.stderr


def test_nobody_is_asked_inside_a_transaction(healthy: Shop) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        examine()


# How it is told


def test_each_finding_has_its_words_and_a_command_in_both_languages() -> None:
    assert set(TEXTS) == set(Code)
    assert (set(AREAS), set(REASONS), set(SEVERITIES)) == (set(Area), set(Because), set(Severity))
    for text in TEXTS.values():
        assert text.command
        with override("en"):
            english = (str(text.means), str(text.remedy))
        with override("es"):
            assert english[0] != str(text.means)
            assert english[1] != str(text.remedy)


def test_the_language_is_the_one_in_force(healthy: Shop) -> None:
    assert "Todo en orden." in run()[1]
    with override("en"):
        assert "Healthy." in run()[1]


def test_json(healthy: Shop) -> None:
    healthy.flow.plans.pop("basic_monthly_v1")
    with override("en"):
        code, said = run("--json")
    answer = json.loads(said)
    assert (code, said.count("\n")) == (1, 1)
    assert (answer["healthy"], answer["errors"], answer["warnings"]) == (False, 1, 0)
    assert answer["examined"][1]["findings"] == [
        {
            "code": "plan_missing",
            "severity": "error",
            "area": "plans",
            "details": ["basic_monthly_v1"],
            "means": "Prices of the catalogue have no plan at the gateway: who chooses one of them is turned "
            "away.",
            "remedy": "Make them there.",
            "command": "python manage.py payments_plans push --provider flow",
        }
    ]
    assert "clock" in answer["examined"][1]["fine"]


urlpatterns = [
    path("pagos/api/<slug:provider>/webhook/", login_required(views.notice)),
    path("pagos/", include("payment_subscriptions.urls")),
]
