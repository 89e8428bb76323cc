"""Shops of an integrator, and what Flow transfers for a day."""

from __future__ import annotations

import requests

from payment_subscriptions.simulators.flow import FlowSimulator

from .caller import Caller
from .test_rules import order

SHOP = {"id": "A", "name": "Local A", "url": "https://a.cl"}


def test_a_shop_waits_for_its_approval(flow: FlowSimulator, at_flow: Caller) -> None:
    made = at_flow.do("merchant/create", **SHOP)
    assert (made["status"], made["verifydate"]) == (0, None)
    assert at_flow.post("merchant/create", **SHOP).status_code == 401
    requests.post(f"{flow.url}/control/merchants/A/decide", json={"approved": True}, timeout=5)
    assert at_flow.read("merchant/get", id="A")["status"] == 1
    assert at_flow.read("merchant/list", status=0)["total"] == 0


def test_an_order_of_a_shop(at_flow: Caller) -> None:
    assert at_flow.post("payment/create", **order(merchantId="A")).status_code == 401
    at_flow.do("merchant/create", **SHOP)
    token = at_flow.do("payment/create", **order(merchantId="A"))["token"]
    assert at_flow.read("payment/getStatus", token=token)["merchantId"] == "A"
    assert at_flow.do("merchant/delete", id="A") == {"status": "ok", "message": "Merchant A deleted"}
    assert at_flow.get("merchant/get", id="A").status_code == 401


def test_a_day_is_settled_when_it_is_over(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(seed=1, now="2026-07-05 10:00")
    first = at_flow.do("payment/create", **order(amount=10000))
    flow.pay(first["token"])
    days = {"startDate": "2026-07-01", "endDate": "2026-07-31"}
    assert at_flow.read("settlement/search", **days) == []
    flow.clock.to("2026-07-06 10:00")
    (head,) = at_flow.read("settlement/search", **days)
    assert (head["date"], head["transferred"], head["billed"]) == ("2026-07-05", 9620, 380)
    whole = at_flow.read("settlement/getByIdv2", id=head["id"])
    assert whole["summary"]["commission"][0] == {
        "type": "Comisión de pagos", "amount": 319, "taxes": 61, "total": 380,
    }  # fmt: skip
    (paid,) = whole["detail"]["payment"]
    assert (paid["trxId"], paid["balance"]) == (first["flowOrder"], 9620)
    (old,) = at_flow.read("settlement/getByDate", date="2026-07-05")
    assert old == at_flow.read("settlement/getById", id=head["id"])
    assert at_flow.read("settlement/search", **days, currency="UF") == []


def test_what_went_back_is_deducted_and_a_debt_carried_on(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(seed=1, now="2026-07-05 10:00")
    first = at_flow.do("payment/create", **order(amount=10000))
    flow.pay(first["token"])
    back = {"refundCommerceOrder": "r1", "receiverEmail": "ana@correo.cl", "amount": 4000}
    made = at_flow.do(
        "refund/create", **back, flowTrxId=first["flowOrder"], urlCallBack="http://127.0.0.1:9/"
    )
    flow.decide_refund(made["token"], accepted=True)
    flow.clock.to("2026-07-08 10:00")
    flow.pay(at_flow.do("payment/create", **order(commerceOrder="o2", amount=1000))["token"])
    flow.clock.advance(days=1)
    found = at_flow.read("settlement/search", startDate="2026-07-01", endDate="2026-07-31")
    fields = ("date", "initial_balance", "transferred", "final_balance")
    assert [tuple(each[name] for name in fields) for each in found] == [
        ("2026-07-05", 0, 9620, 0), ("2026-07-06", 0, 0, -4000), ("2026-07-08", -4000, 0, -3038),
    ]  # fmt: skip
    debits = at_flow.read("settlement/getByIdv2", id=found[1]["id"])["summary"]["debit"]
    assert [(each["type"], each["amount"]) for each in debits] == [("Reembolsos", 4000)]
    assert at_flow.get("settlement/getById", id=20260707).status_code == 401
