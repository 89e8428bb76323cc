from __future__ import annotations

from typing import Any

import pytest
import requests

from payment_subscriptions.simulators.flow import FlowSimulator

from ..merchant import Merchant
from .caller import Caller
from .test_rules import order


def control(flow: FlowSimulator, path: str, method: str = "POST", **body: object) -> Any:
    answer = requests.request(
        method, flow.url + "/control" + path, json=None if method == "GET" else body, timeout=10
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.slow
def test_the_clock(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> None:
    at_flow.plan(urlCallback=merchant.url())
    at_flow.subscribe(at_flow.customer())
    before = control(flow, "/clock", "GET")
    assert before["zone"] == "America/Santiago"
    after = control(flow, "/clock", months=1)
    assert after["now"] > before["now"]
    assert len(merchant.received) == 1
    assert control(flow, "/clock", to="2099-01-01")["now"].startswith("2099-01-01 00:00:0")


def test_the_clock_does_not_go_back(flow: FlowSimulator) -> None:
    answer = requests.post(flow.url + "/control/clock", json={"to": "2001-01-01"}, timeout=5)
    assert (answer.status_code, "reset" in answer.json()["error"]) == (400, True)


def test_faults(flow: FlowSimulator, at_flow: Caller) -> None:
    made = control(flow, "/faults", service="customer/list", kind="http_error", status=504)
    assert [each["id"] for each in control(flow, "/faults", "GET")["pending"]] == [made["id"]]
    assert at_flow.get("customer/list").status_code == 504
    control(flow, "/faults", service="customer/list", kind="empty_body", times=None)
    control(flow, "/faults", "DELETE")
    assert at_flow.get("customer/list").status_code == 200
    wrong = requests.post(flow.url + "/control/faults", json={"service": "*", "kind": "x"}, timeout=5)
    assert wrong.status_code == 400


def test_a_demo_from_outside(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> None:
    at_flow.plan(urlCallback=merchant.url())
    customer = at_flow.customer(card=False)
    control(flow, f"/customers/{customer}/card")
    control(flow, "/decline", code=-2, times=1, customer_id=customer)
    seen = at_flow.subscribe(customer)
    assert seen["morose"] == 2
    control(flow, "/callbacks/lose", times=1)
    control(flow, f"/invoices/{seen['invoices'][0]['id']}/pay")
    (lost,) = control(flow, "/deliveries", "GET")
    assert lost["error"] == "lost"
    assert control(flow, f"/deliveries/{lost['id']}/redeliver")["status"] == 200
    assert merchant.tokens == [lost["fields"]["token"]]
    control(flow, f"/subscriptions/{seen['subscriptionId']}/cancel", at_period_end=True)
    books = control(flow, "/books", "GET")
    assert [entry["outcome"] for entry in books["entries"]] == ["declined", "taken"]
    assert (books["twice"], books["entries"][1]["amount"]) == ([], "10000")
    for path in ("/customers", "/subscriptions", "/invoices", "/orders", "/outbox", "/calls", "/"):
        assert control(flow, path, "GET") is not None


def test_paying_from_outside(flow: FlowSimulator, at_flow: Caller) -> None:
    token = at_flow.do("payment/create", **order())["token"]
    control(flow, f"/orders/{token}/reject", code=-7)
    control(flow, f"/orders/{token}/pay", medium="mach")
    assert at_flow.read("payment/getStatus", token=token)["paymentData"]["media"] == "Mach"
    answer = requests.post(f"{flow.url}/control/orders/{token}/pay", json={}, timeout=5)
    assert (answer.status_code, answer.json()) == (400, {"error": "already paid"})
    answer = requests.post(f"{flow.url}/control/plans/none/delete", json={}, timeout=5)
    assert answer.status_code == 404


def test_reset(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.customer()
    control(flow, "/reset", seed=3, now="2026-01-01 10:00:00")
    assert flow.customers == {}
    assert control(flow, "/clock", "GET")["now"].startswith("2026-01-01 10:00")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_page_of_another_site_cannot_press_its_buttons(flow: FlowSimulator, kind: str) -> None:
    answer = requests.post(flow.url + "/control/reset", data="{}", headers={"Content-Type": kind}, timeout=5)
    assert answer.status_code == 415


def test_only_from_this_machine(flow: FlowSimulator) -> None:
    from werkzeug.test import EnvironBuilder
    from werkzeug.wrappers import Request

    away = EnvironBuilder("/control/clock", environ_base={"REMOTE_ADDR": "10.0.0.7"}).get_environ()
    assert flow.control_api(Request(away)).status_code == 403
    renamed = requests.get(f"{flow.url}/control/clock", headers={"Host": "evil.cl:80"}, timeout=5)
    assert renamed.status_code == 403


def test_the_front_page_lists_it_all(flow: FlowSimulator) -> None:
    html = requests.get(flow.url, timeout=5).text
    assert flow.api_key in html
    for route in flow.control_api.routes:
        assert route.says in html.replace("&#x27;", "'")
    for kind in flow.faults.kinds:
        assert kind in html
