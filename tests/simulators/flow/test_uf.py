"""UF: plans and invoices are in UF, what is taken is in whole pesos."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator

from .caller import Caller


@pytest.fixture(autouse=True)
def start(flow: FlowSimulator) -> None:
    flow.reset(seed=1, now="2026-07-05 10:00")


def data(at: Caller, invoice: Any) -> Any:
    return at.read("invoice/get", invoiceId=invoice["id"])["payment"]["paymentData"]


def test_taken_in_pesos_at_the_rate_of_the_payment(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan("uf", currency="UF", amount="1.785")
    (invoice,) = at_flow.subscribe(at_flow.customer(card=False), "uf")["invoices"]
    assert (invoice["currency"], invoice["amount"]) == ("UF", "1.7850")
    flow.clock.advance(days=2)
    flow.options.uf_rate = Decimal("41100.50")
    flow.pay_invoice(invoice["id"])
    paid = data(at_flow, invoice)
    assert (paid["amount"], paid["currency"]) == ("73364.00", "CLP")
    assert (paid["conversionRate"], paid["conversionDate"]) == ("41100.50", "2026-07-07")
    (entry,) = flow.books.taken()
    assert (entry.currency, entry.amount, entry.moved) == ("UF", Decimal("1.785"), Decimal(73364))


def test_or_at_the_rate_of_the_invoice(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan("uf", currency="UF", amount="1.785", currency_convert_option=2)
    (invoice,) = at_flow.subscribe(at_flow.customer(card=False), "uf")["invoices"]
    flow.clock.advance(days=2)
    flow.options.uf_rate = Decimal("41100.50")
    flow.pay_invoice(invoice["id"])
    paid = data(at_flow, invoice)
    assert (paid["amount"], paid["conversionRate"]) == ("73199.00", "41008.10")
    assert paid["conversionDate"] == "2026-07-05"


def test_a_discount_and_an_item_in_uf(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan("uf", currency="UF", amount="1.7851")
    half = at_flow.do("coupon/create", name="Mitad", percent_off=50)["id"]
    item = at_flow.do("subscription_item/create", name="Puesto", currency="UF", amount="0.25")["id"]
    wish = {"couponId": half, "planAdditionalList": f"[{item}]"}
    (invoice,) = at_flow.subscribe(at_flow.customer(), "uf", **wish)["invoices"]
    assert [line["amount"] for line in invoice["items"]] == [1.7851, 0.25, -0.8926]
    assert invoice["amount"] == "1.1425"
    pesos = at_flow.do("subscription_item/create", name="Pesos", currency="CLP", amount=500)["id"]
    other = {"planId": "uf", "customerId": at_flow.customer(), "planAdditionalList": f"[{pesos}]"}
    assert "another currency" in at_flow.post("subscription/create", **other).json()["message"]


def test_an_order_has_no_uf(at_flow: Caller) -> None:
    order = {"commerceOrder": "o1", "subject": "x", "amount": 1, "email": "ana@correo.cl", "currency": "UF"}
    away = dict.fromkeys(("urlConfirmation", "urlReturn"), "http://127.0.0.1:9/")
    assert at_flow.post("payment/create", **order, **away).json()["code"] == 1990
