"""Collecting from many at once: what is refused when it comes, and how the rest is collected later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator

from ..merchant import Merchant
from .caller import Caller

AWAY = dict.fromkeys(("urlCallBack", "urlConfirmation", "urlReturn"), "http://127.0.0.1:9/")


def row(customer: str, order: str = "b1") -> dict[str, object]:
    return {"customerId": customer, "commerceOrder": order, "subject": "x", "amount": 900}


def send(at: Caller, *rows: object, **params: object) -> Any:
    return at.do("customer/batchCollect", **{**AWAY, **params}, batchRows=json.dumps(rows))


def test_each_is_collected_as_the_customer_can_pay(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    card, none = at_flow.customer(), at_flow.customer(card=False)
    urls = {"urlCallBack": merchant.url("/batch/"), "urlConfirmation": merchant.url("/paid/")}
    sent = send(at_flow, row(card), row(none, "b2"), **urls)
    assert (sent["receivedRows"], sent["acceptedRows"], sent["rejectedRows"]) == (2, 2, [])
    before = at_flow.read("customer/getBatchCollectStatus", token=sent["token"])
    assert (before["status"], before["processedDate"]) == ("created", None)
    assert [each["status"] for each in before["collectRows"]] == ["unprocessed"] * 2
    assert flow.books.entries == []
    flow.clock.advance(minutes=2)
    after = at_flow.read("customer/getBatchCollectStatus", token=sent["token"])
    rows = after["collectRows"]
    assert (after["status"], [each["type"] for each in rows]) == ("processed", [1, 2])
    assert [each["status"] for each in rows] == ["collected"] * 2
    assert [entry.commerce_order for entry in flow.books.taken()] == ["b1"]
    flow.pay(rows[1]["token"])
    told = {(got.path, got.fields["token"]) for got in merchant.received}  # in any order
    assert told == {
        ("/paid/", rows[0]["token"]), ("/batch/", sent["token"]), ("/paid/", rows[1]["token"]),
    }  # fmt: skip
    assert len(merchant.received) == 3


def test_by_letter_with_reminders(flow: FlowSimulator, at_flow: Caller) -> None:
    again = {"byEmail": 1, "forward_days_after": 1, "forward_times": 1}
    send(at_flow, row(at_flow.customer(card=False)), **again)
    flow.clock.advance(days=3)
    assert [letter.kind for letter in flow.outbox.about("b1")] == ["payment", "reminder"]


@pytest.mark.parametrize(
    ("changes", "code", "parameter"),
    [
        ({"subject": None}, 101, "subject"),
        ({"amount": 0}, 101, "amount"),
        ({"colour": "red"}, 102, "colour"),
        ({"customerId": "cus_nobody"}, 103, "customerId"),
        ({"currency": "USD"}, 106, "currency"),
        ({"amount": "mucho"}, 107, "amount"),
        ({"amount": "900.5"}, 108, "amount"),
        ({"amount": 349}, 109, "amount"),
        ({"optional": "{"}, 110, "optional"),
    ],
)
def test_rows_that_are_refused(
    flow: FlowSimulator, at_flow: Caller, changes: dict[str, object], code: int, parameter: str
) -> None:
    customer = at_flow.customer()
    sent = send(at_flow, row(customer, "good"), {**row(customer), **changes})
    (rejected,) = sent["rejectedRows"]
    assert (rejected["rowNumber"], rejected["errorCode"], rejected["parameter"]) == (2, code, parameter)
    assert sent["acceptedRows"] == 1
    flow.clock.advance(minutes=2)
    assert [entry.commerce_order for entry in flow.books.taken()] == ["good"]


def test_a_field_that_is_not_there(at_flow: Caller) -> None:
    incomplete = row(at_flow.customer())
    del incomplete["amount"]
    assert send(at_flow, incomplete, "text")["rejectedRows"][0]["errorCode"] == 100


def test_an_order_is_sent_and_paid_once(flow: FlowSimulator, at_flow: Caller) -> None:
    customer = at_flow.customer()
    assert send(at_flow, row(customer), row(customer))["rejectedRows"][0]["errorCode"] == 104
    assert send(at_flow, row(customer))["rejectedRows"][0]["errorCode"] == 104
    flow.clock.advance(minutes=2)
    assert send(at_flow, row(customer))["rejectedRows"][0]["errorCode"] == 105
    assert (len(flow.books.taken()), flow.books.twice()) == (1, [])


def test_what_was_paid_meanwhile_is_not_collected(flow: FlowSimulator, at_flow: Caller) -> None:
    customer = at_flow.customer()
    sent = send(at_flow, row(customer))
    at_flow.do("customer/charge", customerId=customer, amount=900, subject="x", commerceOrder="b1")
    flow.clock.advance(minutes=2)
    (seen,) = at_flow.read("customer/getBatchCollectStatus", token=sent["token"])["collectRows"]
    assert (seen["status"], seen["errorCode"], seen["token"]) == ("uncollected", 105, None)
    assert flow.books.twice() == []


def test_no_rows_at_all(at_flow: Caller) -> None:
    assert at_flow.post("customer/batchCollect", **AWAY, batchRows="{}").status_code == 401
    assert at_flow.post("customer/batchCollect", **AWAY).json()["code"] == 104
    assert at_flow.get("customer/getBatchCollectStatus", token="nobody").json()["code"] == 1700
