from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.flow.content import _CHANGES
from payment_subscriptions.simulators.flow.faults import CONTENT, KINDS
from payment_subscriptions.simulators.flow.mishaps import _MISHAPS

from ..merchant import Merchant
from .caller import Caller
from .test_rules import order

NEW = {"name": "Ana", "email": "ana@correo.cl", "externalId": "7"}


def test_every_kind_has_something_that_does_it() -> None:
    answers = {name for name, kind in KINDS.items() if kind.area in ("before", "after")}
    assert answers == set(_MISHAPS)
    assert set(CONTENT) == set(_CHANGES)


@pytest.mark.parametrize(
    ("kind", "committed"),
    [
        ("reset_before_commit", 0),
        ("reset_after_commit", 1),
        ("timeout_before_commit", 0),
        ("timeout_after_commit", 1),
    ],
)
def test_no_answer(flow: FlowSimulator, kind: str, committed: int) -> None:
    flow.faults.add("customer/create", kind)
    with pytest.raises((requests.ConnectionError, requests.Timeout)):
        Caller(flow, timeout=0.3).post("customer/create", **NEW)
    assert len(flow.customers) == committed
    again = Caller(flow).post("customer/create", **NEW)
    assert again.status_code == (401 if committed else 200)
    assert eventually(lambda: [call.status for call in flow.calls if call.fault == kind]) == [None]


def eventually(look: Callable[[], list[Any]], seconds: float = 5.0) -> list[Any]:
    """What is seen once there is something: a call that hangs is logged when the caller is gone."""
    ends_at = time.monotonic() + seconds
    while not look() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return look()


def test_a_late_commit_happens_when_the_clock_gets_there(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan()
    customer = at_flow.customer()
    flow.faults.add("subscription/create", "late_commit", seconds=300)
    with pytest.raises(requests.ConnectionError):
        at_flow.subscribe(customer)
    assert at_flow.read("customer/getSubscriptions", customerId=customer)["total"] == 0
    flow.clock.advance(seconds=299)
    assert flow.subscriptions == {}
    flow.clock.advance(seconds=2)
    assert at_flow.read("customer/getSubscriptions", customerId=customer)["total"] == 1
    assert len(flow.books.taken()) == 1


def test_a_late_commit_happens_in_real_time_too(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.faults.add("customer/create", "late_commit", seconds=0.2)
    with pytest.raises(requests.ConnectionError):
        at_flow.post("customer/create", **NEW)
    deadline = time.monotonic() + 3
    while not flow.customers and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(flow.customers) == 1


def test_slow_is_done_at_once_and_answered_late(flow: FlowSimulator) -> None:
    flow.faults.add("customer/create", "slow", seconds=0.5)
    with pytest.raises(requests.Timeout):
        Caller(flow, timeout=0.2).post("customer/create", **NEW)
    assert len(flow.customers) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_html_errors(flow: FlowSimulator, at_flow: Caller, status: int) -> None:
    flow.faults.add("customer", "http_error", status=status)
    answer = at_flow.post("customer/create", **NEW)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert flow.customers == {}
    flow.faults.add("*", "http_error_after_commit", status=status)
    assert at_flow.post("customer/create", **NEW).status_code == status
    assert len(flow.customers) == 1


@pytest.mark.parametrize("kind", ["html_200", "truncated_json", "empty_body"])
def test_answers_that_are_no_json(flow: FlowSimulator, at_flow: Caller, kind: str) -> None:
    flow.faults.add("customer/create", kind)
    answer = at_flow.post("customer/create", **NEW)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(flow.customers) == 1


def test_json_under_another_name(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.faults.add("customer/create", "wrong_content_type")
    answer = at_flow.post("customer/create", **NEW)
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.json()["name"] == "Ana"


def test_errors_on_demand(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.faults.add("customer/create", "error", code=7001, message="No", status=401, code_as_string=True)
    answer = at_flow.post("customer/create", **NEW)
    assert (answer.status_code, answer.json()) == (401, {"code": "7001", "message": "No"})
    flow.faults.add("customer/create", "error_without_code")
    assert "code" not in at_flow.post("customer/create", **NEW).json()
    flow.faults.add("customer/create", "invalid_signature")
    assert at_flow.post("customer/create", **NEW).json()["code"] == 108
    flow.faults.add("customer/create", "api_key_not_found")
    assert "apiKey not found" in at_flow.post("customer/create", **NEW).json()["message"]
    assert at_flow.post("customer/create", **NEW).status_code == 200


def test_times_skip_and_where(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.faults.add("customer/create", "http_error", skip=1, times=2, where={"name": "Ana"})
    codes = [
        at_flow.post("customer/create", **{**NEW, "externalId": str(n), "name": name}).status_code
        for n, name in enumerate(["Ana", "Eva", "Ana", "Ana", "Ana"])
    ]
    assert codes == [200, 200, 503, 503, 200]
    assert flow.faults.pending() == []


def test_typos_are_refused(flow: FlowSimulator) -> None:
    with pytest.raises(ValueError, match="no such kind"):
        flow.faults.add("*", "explode")
    with pytest.raises(ValueError, match="takes no status_code"):
        flow.faults.add("*", "http_error", status_code=500)


def test_a_status_that_lags(flow: FlowSimulator, at_flow: Caller) -> None:
    token = at_flow.do("payment/create", **order())["token"]
    flow.pay(token)
    flow.faults.add("payment/getStatus", "still_pending", times=2)
    seen = [at_flow.read("payment/getStatus", token=token) for _ in range(3)]
    assert [each["status"] for each in seen] == [1, 1, 2]
    assert seen[0]["paymentData"]["date"] is None


@pytest.mark.parametrize(
    ("kind", "options", "field", "value"),
    [
        ("status", {"value": 3}, "status", 3),
        ("status_as_string", {}, "status", "2"),
        ("other_amount", {"amount": "1"}, "amount", "1"),
        ("other_currency", {}, "currency", "USD"),
        ("other_order", {}, "commerceOrder", "another-order"),
        ("amounts_as_numbers", {}, "amount", 5000),
        ("amounts_as_strings", {}, "amount", "5000"),
        ("set", {"fields": {"payer": "x"}}, "payer", "x"),
        ("without", {"fields": ["payer"]}, "payer", None),
        ("null_payment_data", {}, "paymentData", None),
        ("optional_as_object", {}, "optional", {"a": 1}),
        ("absent_nulls", {}, "merchantId", None),
        ("unknown_fields", {}, "futureField", {"nested": [1, "two", None]}),
    ],
)
def test_contents(
    flow: FlowSimulator, at_flow: Caller, kind: str, options: dict[str, Any], field: str, value: object
) -> None:
    token = at_flow.do("payment/create", **order(optional='{"a":1}'))["token"]
    flow.pay(token)
    flow.faults.add("payment/getStatus", kind, **options)
    seen = at_flow.read("payment/getStatus", token=token)
    assert seen.get(field) == value
    assert (field in seen) == (kind not in ("absent_nulls", "without"))
    assert flow.calls[-1].fault == kind


def test_contents_of_lists_and_enrolments(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.faults.add("customer/list", "has_more_bool")
    assert at_flow.read("customer/list")["hasMore"] is False
    register = {"customerId": at_flow.customer(card=False), "url_return": "http://127.0.0.1:9/r"}
    token = at_flow.do("customer/register", **register)["token"]
    flow.accept_enrolment(token)
    flow.faults.add("customer/getRegisterStatus", "not_yet_registered", times=2)
    states = [at_flow.read("customer/getRegisterStatus", token=token)["status"] for _ in range(3)]
    assert states == ["0", "0", "1"]
    flow.faults.add("customer/getRegisterStatus", "issuer_bank_null")
    assert at_flow.read("customer/getRegisterStatus", token=token)["issuerBank"] is None


def test_an_answer_without_the_end_of_the_period(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan()
    flow.faults.add("subscription/create", "without", fields=["period_end"])
    seen = at_flow.subscribe(at_flow.customer())
    assert "period_end" not in seen
    assert at_flow.subscription(seen["subscriptionId"])["period_end"]


def test_the_callback_may_overtake_the_answer_of_the_create(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    at_flow.plan(urlCallback=merchant.url())
    customer = at_flow.customer()
    seen: list[object] = []
    merchant.then = lambda got: seen.append(
        at_flow.read("customer/getSubscriptions", customerId=customer)["total"]
    )
    flow.faults.add("subscription/create", "callback_before_answer")
    answered = at_flow.subscribe(customer)
    assert seen == [1]
    assert merchant.tokens == [flow.invoices[answered["invoices"][0]["id"]].paid_by]


@pytest.mark.parametrize("code", [-1, -3, -7, -11, 999])
def test_declines_of_one_customer(flow: FlowSimulator, at_flow: Caller, code: int) -> None:
    at_flow.plan()
    one, other = at_flow.customer(), at_flow.customer()
    flow.decline_next(code=code, customer_id=one)
    assert at_flow.subscribe(other)["morose"] == 0
    declined = at_flow.subscribe(one)
    assert declined["morose"] == 2
    assert declined["invoices"][0]["chargeAttemps"][0]["errorCode"] == str(code)


def test_behind_the_merchants_back(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan()
    seen = at_flow.subscribe(at_flow.customer(card=False))
    flow.void_invoice(seen["invoices"][0]["id"])
    flow.cancel_subscription(seen["subscriptionId"])
    flow.delete_plan("pro")
    now = at_flow.subscription(seen["subscriptionId"])
    assert (now["status"], now["invoices"][0]["status"]) == (4, 2)
    assert at_flow.read("plans/get", planId="pro")["status"] == 0


def test_refused_connections(flow: FlowSimulator, at_flow: Caller) -> None:
    url = flow.url
    flow.stop()
    with pytest.raises(requests.ConnectionError):
        at_flow.post("customer/create", **NEW)
    flow.start()
    assert flow.url == url
    assert at_flow.post("customer/create", **NEW).status_code == 200


def test_fifty_at_once_charge_each_their_own(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan()
    customers = [at_flow.customer() for _ in range(20)]
    with ThreadPoolExecutor(10) as pool:
        seen = list(pool.map(at_flow.subscribe, customers))
    assert len({each["subscriptionId"] for each in seen}) == 20
    assert len({each["invoices"][0]["id"] for each in seen}) == 20
    assert flow.books.twice() == []
