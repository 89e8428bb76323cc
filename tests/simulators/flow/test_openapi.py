"""Every answer against Flow's own description, where a copy of it is at hand.

It is Flow's document, so it is not part of this repository: put it beside the checkout, at
``../shared/flow/openapi.yaml``, or name it in the environment as ``FLOW_OPENAPI``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.flow.services import SERVICES

from .caller import Caller
from .test_rules import order

BESIDE = Path(__file__).resolve().parents[3].parent / "shared" / "flow" / "openapi.yaml"
DOCUMENT = Path(os.environ.get("FLOW_OPENAPI", BESIDE))
ENDPOINTS = DOCUMENT.with_name("endpoints.json")
pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="no copy of Flow's openapi.yaml at hand")

#: Where the wire is known to differ from the document: (field, what the document wants) -> why.
ACCEPTED = {
    ("amount", "number"): "amounts travel as strings",
    ("fee", "number"): "amounts travel as strings",
    ("balance", "number"): "amounts travel as strings",
    ("conversionRate", "number"): "amounts travel as strings",
    ("invoiceId", "number"): "a string in chargeAttemps",
    ("errorCode", "number"): "a string in chargeAttemps",
    ("hasMore", "boolean"): "1 or 0: the document's own sample",
    ("newPlanId", "number"): "plan ids are strings",
}
#: Null until there is something to say, though the document does not mark it nullable.
NULL_UNTIL = {
    "creditCardType", "last4CardDigits", "registerDate", "url",
    "subscription_end", "trial_start", "trial_end", "cancel_at", "next_invoice_date", "newPlanId",
    "new_plan_scheduled_change_date", "in_new_plan_next_attempt_date", "discount",
    "next_attemp_date", "errorDate", "errorDescription", "payment", "outsidePayment", "paymentLink",
    "urlCallback", "deleted", "end", "errorCode", "errorMsg",
}  # fmt: skip

#: Of September 2026, after the document.
NEWER = {"subscription/updateItem"}
#: Listed as required, and nowhere described.
NOT_REQUIRED = {"customer/batchCollect": {"commerceBatchId"}}
#: "Muestra vacío", says the document: a coupon has a percentage or an amount.
EMPTY_IN_COUPONS = {"percent_off", "amount", "currency", "times", "max_redemptions", "expires"}
#: What a list's rows are.
ROWS = {
    "coupon/list": "Coupon", "subscription_item/list": "ItemAdditional", "customer/list": "Customer",
    "plans/list": "Plan", "subscription/list": "Subscription", "customer/getSubscriptions": "Subscription",
    "payment/getPayments": "PaymentStatus", "payment/getTransactions": "PaymentStatus",
    "customer/getCharges": "PaymentStatus", "customer/getChargeAttemps": "ChargeAttemps",
    "invoice/getOverDue": "Invoice", "merchant/list": "Merchant",
}  # fmt: skip


class Described:
    def __init__(self) -> None:
        self.document: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text())
        self.registry = Registry().with_resource("urn:flow", DRAFT4.create_resource(self.document))

    def complaints(self, method: str, path: str, body: object) -> list[str]:
        where = f"/paths/~1{path.replace('/', '~1')}/{method.lower()}/responses/200/content"
        content = self.document["paths"][f"/{path}"][method.lower()]["responses"]["200"]["content"]
        kind = next(iter(content)).replace("/", "~1")
        schema = {"$ref": f"urn:flow#{where}/{kind}/schema"}
        validator = OAS30Validator(schema, registry=self.registry)
        return [
            f"{path}: {'.'.join(map(str, error.path))}: {error.message}"
            for error in validator.iter_errors(body)
            if not accepted(path, error)
        ]

    def rows(self, kind: str, body: Any) -> list[str]:
        """A list's rows: the document calls them objects and means ``kind``."""
        schema = {"$ref": f"urn:flow#/components/schemas/{kind}"}
        validator = OAS30Validator(schema, registry=self.registry)
        errors = [error for row in body["data"] for error in validator.iter_errors(row)]
        return [f"{kind}: {error.message}" for error in errors if not accepted(kind.lower(), error)]


def accepted(path: str, error: Any) -> bool:
    field = next((part for part in reversed(error.path) if isinstance(part, str)), "")
    if error.instance is None:
        of_a_coupon = path.startswith("coupon") or "coupon" in error.path
        return field in NULL_UNTIL or (of_a_coupon and field in EMPTY_IN_COUPONS)
    return (field, error.validator_value) in ACCEPTED


@pytest.fixture(scope="module")
def described() -> Described:
    return Described()


Step = tuple[str, str, Any]


def story(at: Caller, flow: FlowSimulator) -> Iterator[Step]:
    """Use every simulated service; each answer with its method and path."""

    def get(path: str, **params: object) -> Step:
        return "GET", path, at.read(path, **params)

    def post(path: str, **params: object) -> Step:
        return "POST", path, at.do(path, **params)

    flow.reset(seed=1, now="2026-07-05 10:00")
    yield from _payments(get, post, flow)
    customer = at.customer(card=False)
    yield from _customers(get, post, flow, customer)
    yield from _subscriptions(get, post, flow, customer)
    yield from _extras(get, post, flow, customer)
    yield from _leaving(get, post, flow, customer)
    yield from _business(get, post, flow)


def _payments(get: Any, post: Any, flow: FlowSimulator) -> Iterator[Step]:
    made = post("payment/create", **order())
    yield made
    yield post("payment/createEmail", **order(commerceOrder="mail"))
    token, number = made[2]["token"], made[2]["flowOrder"]
    for _ in range(2):
        yield get("payment/getStatus", token=token)
        yield get("payment/getStatusExtended", token=token)
        if not flow.books.entries:
            flow.pay(token)
    yield get("payment/getStatusByCommerceId", commerceId="o1")
    yield get("payment/getStatusByFlowOrder", flowOrder=number)
    yield get("payment/getStatusByFlowOrderExtended", flowOrder=number)
    yield get("payment/getPayments", date="2026-07-05")
    yield get("payment/getTransactions", date="2026-07-05")
    refund = {"receiverEmail": "ana@correo.cl", "amount": 5000, "urlCallBack": "http://127.0.0.1:9/"}
    offered = post("refund/create", refundCommerceOrder="r1", **refund)
    yield offered
    yield get("refund/getStatus", token=offered[2]["token"])
    yield post("refund/cancel", token=offered[2]["token"])


def _customers(get: Any, post: Any, flow: FlowSimulator, customer: str) -> Iterator[Step]:
    yield post("customer/create", name="Eva", email="eva@correo.cl", externalId="eva")
    yield get("customer/get", customerId=customer)
    yield get("customer/list")
    yield post("customer/edit", customerId=customer, name="Ana María")
    enrolment = post("customer/register", customerId=customer, url_return="http://127.0.0.1:9/")
    yield enrolment
    flow.accept_enrolment(enrolment[2]["token"])
    yield get("customer/getRegisterStatus", token=enrolment[2]["token"])
    charge = {"customerId": customer, "amount": 900, "subject": "x"}
    yield post("customer/charge", **charge, commerceOrder="c1")
    urls = {"urlConfirmation": "http://127.0.0.1:9/", "urlReturn": "http://127.0.0.1:9/"}
    yield post("customer/collect", **charge, **urls, commerceOrder="c2")
    yield post("customer/collect", **charge, **urls, commerceOrder="c3", ignore_auto_charging=1)
    yield post("customer/reverseCharge", commerceOrder="c1")
    yield get("customer/getCharges", customerId=customer)


def _subscriptions(get: Any, post: Any, flow: FlowSimulator, customer: str) -> Iterator[Step]:
    plan = {"name": "Plan", "interval": 3}
    yield post("plans/create", planId="pro", amount=10000, **plan)
    yield post("plans/create", planId="max", amount=20000, trial_period_days=5, **plan)
    yield post("plans/edit", planId="max", amount=30000)
    yield get("plans/get", planId="max")
    yield get("plans/list")
    trial = post("subscription/create", planId="max", customerId=customer)
    yield trial
    yield post("subscription/changeTrial", subscriptionId=trial[2]["subscriptionId"], trial_period_days=9)
    flow.decline_next()
    made = post("subscription/create", planId="pro", customerId=customer, periods_number=12)
    yield made
    sub, invoice = made[2]["subscriptionId"], made[2]["invoices"][0]["id"]
    yield get("customer/getChargeAttemps", customerId=customer)
    flow.faults.add("charge", "decline", times=None)
    flow.clock.advance(days=6)
    yield get("invoice/getOverDue")
    yield get("invoice/get", invoiceId=invoice)
    flow.faults.clear()
    yield post("invoice/retryToCollect", invoiceId=invoice)
    yield get("subscription/get", subscriptionId=sub)
    yield get("subscription/list", planId="pro")
    yield get("customer/getSubscriptions", customerId=customer)
    change = {"subscriptionId": sub, "newPlanId": "max"}
    yield post("subscription/changePlanPreview", **change)
    yield post("subscription/changePlan", **change, startDateOfNewPlan="2026-07-20")
    yield get("subscription/get", subscriptionId=sub)
    yield post("subscription/changePlanCancel", subscriptionId=sub)


def _extras(get: Any, post: Any, flow: FlowSimulator, customer: str) -> Iterator[Step]:
    by_percent = post("coupon/create", name="A", percent_off=10)
    yield by_percent
    by_amount = post("coupon/create", name="B", amount=500, duration=1, times=2, expires="2030-01-01")
    yield by_amount
    coupon, other = by_percent[2]["id"], by_amount[2]["id"]
    yield post("coupon/edit", couponId=coupon, name="C")
    yield get("coupon/get", couponId=coupon)
    yield get("coupon/list")
    made = post("subscription_item/create", name="Puesto", currency="CLP", amount=700)
    yield made
    item = made[2]["id"]
    yield get("subscription_item/get", itemId=item)
    begun = post("subscription/create", planId="pro", customerId=customer, couponId=coupon)
    yield begun
    sub = {"subscriptionId": begun[2]["subscriptionId"]}
    yield post("subscription/addCoupon", **sub, couponId=other)
    yield post("subscription/addItem", **sub, itemId=item)
    yield post("subscription/updateItem", **sub, itemId=item, quantity=2)
    yield get("subscription/get", **sub)
    yield get("subscription_item/list")
    yield post("subscription/deleteCoupon", **sub)
    yield post("subscription/deleteItem", **sub, itemId=item)
    yield post("subscription_item/edit", itemId=item, name="Silla", changeType="all")
    yield post("subscription_item/delete", itemId=item, changeType="all")
    yield post("coupon/delete", couponId=coupon)


def _leaving(get: Any, post: Any, flow: FlowSimulator, customer: str) -> Iterator[Step]:
    yield post("customer/unRegister", customerId=customer)
    flow.clock.advance(months=1)
    for subscription in list(flow.subscriptions):
        yield post("subscription/cancel", subscriptionId=subscription, at_period_end=1)
        yield post("subscription/cancel", subscriptionId=subscription, at_period_end=0)
    first, *rest = [number for number, each in flow.invoices.items() if each.open]
    yield post("invoice/outsidePayment", invoiceId=first, date="2026-08-01")
    for number in rest:
        yield post("invoice/cancel", invoiceId=number)
    yield post("customer/delete", customerId=customer)
    yield post("plans/delete", planId="pro")


def _business(get: Any, post: Any, flow: FlowSimulator) -> Iterator[Step]:
    shop = {"id": "A", "name": "Local A", "url": "https://a.cl"}
    yield post("merchant/create", **shop)
    yield post("merchant/edit", **shop)
    yield get("merchant/get", id="A")
    yield get("merchant/list")
    yield post("merchant/delete", id="A")
    yield from _batch(get, post, flow)
    first, last = "2026-07-01", "2026-08-31"
    found = get("settlement/search", startDate=first, endDate=last)
    yield found
    yield get("settlement/getByDate", date=found[2][0]["date"])
    for each in found[2]:
        yield get("settlement/getById", id=each["id"])
        yield get("settlement/getByIdv2", id=each["id"])


def _batch(get: Any, post: Any, flow: FlowSimulator) -> Iterator[Step]:
    made = post("customer/create", name="Sol", email="sol@correo.cl", externalId="sol")
    row = {"customerId": made[2]["customerId"], "commerceOrder": "b1", "subject": "x", "amount": 900}
    away = dict.fromkeys(("urlCallBack", "urlConfirmation", "urlReturn"), "http://127.0.0.1:9/")
    sent = post("customer/batchCollect", **away, batchRows=json.dumps([row, row]))
    yield sent
    flow.clock.advance(minutes=2)
    yield get("customer/getBatchCollectStatus", token=sent[2]["token"])


def test_every_answer_is_as_described(flow: FlowSimulator, at_flow: Caller, described: Described) -> None:
    seen = set()
    complaints = []
    for method, path, body in story(at_flow, flow):
        seen.add(path)
        if path not in NEWER:
            complaints += described.complaints(method, path, body)
        if path in ROWS:
            assert body["data"], path
            complaints += described.rows(ROWS[path], body)
    assert complaints == []
    assert seen == set(SERVICES)


def test_paths_methods_and_required_parameters_are_those_described(described: Described) -> None:
    for path, methods in described.document["paths"].items():
        name = path.removeprefix("/")
        (method,) = methods
        assert SERVICES[name].method == method.upper(), name
        required = _required(described, methods[method]) - {"apiKey", "s"} - NOT_REQUIRED.get(name, set())
        assert set(SERVICES[name].required) == required, name


def _required(described: Described, operation: dict[str, Any]) -> set[str]:
    query = {each["name"] for each in operation.get("parameters", []) if each.get("required")}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        if "$ref" in schema:
            schema = described.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        query |= set(schema.get("required", []))
    return query


@pytest.mark.skipif(not ENDPOINTS.exists(), reason="no list of Flow's operations at hand")
def test_every_operation_of_september_2026_is_there() -> None:
    listed = {each["path"].removeprefix("/"): each["method"] for each in json.loads(ENDPOINTS.read_text())}
    assert {path: service.method for path, service in SERVICES.items()} == listed


def test_no_service_is_made_up(described: Described) -> None:
    assert set(SERVICES) - {path.removeprefix("/") for path in described.document["paths"]} <= NEWER
