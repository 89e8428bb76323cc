from __future__ import annotations

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator, Options

from .caller import Caller


def order(**params: object) -> dict[str, object]:
    base = {"commerceOrder": "o1", "subject": "Uno", "amount": 5000, "email": "ana@correo.cl"}
    return {**base, "urlConfirmation": "http://127.0.0.1:9/c", "urlReturn": "http://127.0.0.1:9/r", **params}


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({"amount": 349}, 1901, "The minimum amount is 350 CLP"),
        ({"amount": "5000.5"}, 1902, "Amount can not contain decimals for this currency"),
        ({"amount": "cinco"}, 1901, "The amount is not a number"),
        ({"email": "ana@example.com"}, 1620, "The userEmail: ana@example.com is not valid."),
        ({"email": "ana@gmail.con"}, 1620, "The userEmail: ana@gmail.con is not valid."),
        ({"email": "ana"}, 1620, "The userEmail: ana is not valid."),
        ({"currency": "USD"}, 1990, "Commerce has not this currency pay 'USD'"),
        ({"currency": "UF"}, 1990, "Commerce has not this currency pay 'UF'"),
        ({"amount": 100, "email": "ana"}, 1901, "The minimum amount is 350 CLP"),
    ],
)
def test_orders_that_are_refused(at_flow: Caller, params: dict[str, object], code: int, message: str) -> None:
    answer = at_flow.post("payment/create", **order(**params))
    assert (answer.status_code, answer.json()) == (400, {"code": code, "message": message})
    assert at_flow.flow.orders == {}


def test_a_paid_order_is_not_opened_again_but_an_unpaid_one_is(at_flow: Caller) -> None:
    at_flow.do("payment/create", **order())
    second = at_flow.do("payment/create", **order())
    at_flow.flow.pay(second["token"])
    answer = at_flow.post("payment/create", **order()).json()
    assert answer == {"code": 1605, "message": "This commerceOrder o1 has been previously paid"}
    assert at_flow.read("payment/getStatusByCommerceId", commerceId="o1")["status"] == 2


def test_an_order_ends_by_its_timeout(flow: FlowSimulator, at_flow: Caller) -> None:
    token = at_flow.do("payment/create", **order(timeout=600))["token"]
    flow.clock.advance(seconds=599)
    assert at_flow.read("payment/getStatus", token=token)["status"] == 1
    flow.clock.advance(seconds=2)
    assert at_flow.read("payment/getStatus", token=token)["status"] == 4


def test_unknown_things(at_flow: Caller) -> None:
    assert at_flow.get("payment/getStatus", token="nobody").json()["code"] == 1700
    answer = at_flow.get("payment/getStatusByCommerceId", commerceId="x")
    assert (answer.status_code, answer.json()["message"]) == (400, "Transaction not found")
    assert at_flow.get("plans/get", planId="x").status_code == 401
    assert at_flow.get("customer/get", customerId="x").status_code == 401
    assert at_flow.get("subscription/get", subscriptionId="x").status_code == 401
    assert at_flow.get("invoice/get", invoiceId=1).status_code == 401


def test_an_external_id_is_taken_for_ever(at_flow: Caller) -> None:
    params = {"name": "Ana", "email": "ana@correo.cl", "externalId": "7"}
    customer = at_flow.do("customer/create", **params)
    again = at_flow.post("customer/create", **params)
    text = "Internal Server Error - There is a customer with this externalId: 7"
    assert (again.status_code, again.json()) == (401, {"code": 501, "message": text})
    assert at_flow.do("customer/delete", customerId=customer["customerId"])["status"] == "0"
    assert at_flow.post("customer/create", **params).status_code == 401
    at_flow.flow.options.external_id_reusable_after_delete = True
    assert at_flow.post("customer/create", **params).status_code == 200


def test_a_customer_with_a_subscription_or_a_debt_stays(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan()
    customer = at_flow.customer(card=False)
    seen = at_flow.subscribe(customer)
    assert "active subscriptions" in at_flow.post("customer/delete", customerId=customer).json()["message"]
    at_flow.do("subscription/cancel", subscriptionId=seen["subscriptionId"])
    assert "unpaid invoices" in at_flow.post("customer/delete", customerId=customer).json()["message"]
    at_flow.do("invoice/cancel", invoiceId=seen["invoices"][0]["id"])
    assert at_flow.do("customer/delete", customerId=customer)["status"] == "0"


def test_lists_are_paged_and_look_at_names_only(at_flow: Caller) -> None:
    for number in range(12):
        at_flow.customer(card=False, name=f"Ana-{number}", email=f"x{number}@correo.cl")
    first = at_flow.read("customer/list")
    assert (first["total"], first["hasMore"], len(first["data"])) == (12, 1, 10)
    rest = at_flow.read("customer/list", start=10, limit=500)
    assert (rest["hasMore"], len(rest["data"])) == (0, 2)
    assert at_flow.read("customer/list", filter="x3@correo.cl")["total"] == 0
    assert [row["name"] for row in at_flow.read("customer/list", filter="Ana-3")["data"]] == ["Ana3"]


def test_plan_ids(at_flow: Caller) -> None:
    at_flow.plan()
    assert (
        "already been used"
        in at_flow.post("plans/create", planId="pro", name="x", amount=1000, interval=3).json()["message"]
    )
    blank = {"planId": "5000 Mensual", "name": "x", "amount": 5000, "interval": 3}
    assert at_flow.post("plans/create", **blank).status_code == 401
    at_flow.flow.options.plan_id_blanks = True
    assert at_flow.do("plans/create", **blank)["planId"] == "5000 Mensual"
    assert at_flow.read("plans/get", planId="5000 Mensual")["interval"] == 3


def test_a_plan_with_subscribers_changes_its_trial_only(at_flow: Caller) -> None:
    at_flow.plan()
    assert at_flow.do("plans/edit", planId="pro", amount=12000)["amount"] == "12000.0000"
    at_flow.subscribe(at_flow.customer())
    assert at_flow.post("plans/edit", planId="pro", amount=13000).status_code == 401
    assert at_flow.do("plans/edit", planId="pro", trial_period_days=7)["trial_period_days"] == 7


def test_a_charge_is_not_made_safe_by_its_order(flow: FlowSimulator, at_flow: Caller) -> None:
    params = {"customerId": at_flow.customer(), "amount": 5000, "subject": "x", "commerceOrder": "c1"}
    assert at_flow.do("customer/charge", **params)["status"] == 2
    assert at_flow.do("customer/charge", **params)["status"] == 2
    assert flow.books.twice() == ["c1"]
    assert flow.books.total() == 10000
    assert at_flow.read("customer/getCharges", customerId=params["customerId"])["total"] == 2


def test_a_charge_without_a_card_or_refused_is_an_error(flow: FlowSimulator, at_flow: Caller) -> None:
    params = {"amount": 5000, "subject": "x", "commerceOrder": "c1"}
    assert (
        at_flow.post("customer/charge", customerId=at_flow.customer(card=False), **params).status_code == 401
    )
    customer = at_flow.customer()
    flow.expire_card(customer)
    answer = at_flow.post("customer/charge", customerId=customer, **params)
    assert answer.json() == {"code": -8, "message": "Tarjeta vencida"}
    assert [entry.code for entry in flow.books.declined(customer_id=customer)] == [-8]


def test_the_daily_quota(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.options.daily_charges_per_customer = 1
    params = {"customerId": at_flow.customer(), "amount": 5000, "subject": "x"}
    at_flow.do("customer/charge", **params, commerceOrder="a")
    assert "daily transaction quota" in at_flow.post("customer/charge", **params, commerceOrder="b").text
    flow.clock.advance(days=1)
    at_flow.do("customer/charge", **params, commerceOrder="b")


@pytest.mark.parametrize(
    ("charged", "asked", "status"),
    [
        ("10:00", "2026-07-05 13:59", "1"),
        ("10:00", "2026-07-05 14:00", "0"),
        ("16:00", "2026-07-06 13:59", "1"),
        ("16:00", "2026-07-06 14:01", "0"),
    ],
)
def test_a_charge_is_reversed_until_the_next_14_hours(
    flow: FlowSimulator, at_flow: Caller, charged: str, asked: str, status: str
) -> None:
    flow.reset(now=f"2026-07-05 {charged}")
    at_flow.do("customer/charge", customerId=at_flow.customer(), amount=5000, subject="x", commerceOrder="c1")
    flow.clock.to(asked)
    assert at_flow.do("customer/reverseCharge", commerceOrder="c1")["status"] == status
    assert flow.books.total() == (0 if status == "1" else 5000)


def test_collecting_three_ways(flow: FlowSimulator, at_flow: Caller) -> None:
    params = {k: v for k, v in order().items() if k != "email"}
    card, none = at_flow.customer(), at_flow.customer(card=False)
    by_card = at_flow.do("customer/collect", customerId=card, **params)
    assert (by_card["type"], by_card["paymenResult"]["status"], by_card["url"]) == (1, 2, None)
    params["commerceOrder"] = "o2"
    assert at_flow.do("customer/collect", customerId=none, **params)["type"] == 2
    assert at_flow.do("customer/collect", customerId=none, byEmail=1, **params)["type"] == 3
    forced = at_flow.do("customer/collect", customerId=card, ignore_auto_charging=1, **params)
    assert forced["type"] == 2
    assert len(flow.books.taken()) == 1


def test_the_day_feeds(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-07-05 23:00")
    first = at_flow.do("payment/create", **order())
    at_flow.do("payment/create", **order(commerceOrder="o2"))
    flow.clock.advance(hours=2)
    flow.pay(first["token"])
    assert at_flow.read("payment/getPayments", date="2026-07-05")["total"] == 0
    assert at_flow.read("payment/getPayments", date="2026-07-06")["total"] == 1
    assert at_flow.read("payment/getTransactions", date="2026-07-05")["total"] == 2


def test_two_merchants_know_nothing_of_each_other() -> None:
    peru = Options(country="PE", api_key="SIM1FL0W-PERU-BBBB-CCCC-000000000002", card_contract=False)
    with FlowSimulator(seed=1) as one, FlowSimulator(options=peru) as two:
        Caller(one).customer()
        assert two.customers == {}
        at_two = Caller(two)
        assert at_two.post("payment/create", **order(currency="CLP")).json()["code"] == 1990
        assert at_two.post("payment/create", **order(amount="10.50")).status_code == 200
        customer = at_two.customer(card=False)
        answer = at_two.post("customer/register", customerId=customer, url_return="http://127.0.0.1:9/r")
        assert answer.json() == {"code": 7001, "message": "Commerce has not automatic charge contract"}
        at_one = Caller(one)
        wrong = {**at_two.signed(customerId=customer)}
        import requests

        assert requests.get(f"{one.api_url}/customer/get", params=wrong, timeout=5).status_code == 401
        assert at_one.get("customer/get", customerId=customer).status_code == 401
