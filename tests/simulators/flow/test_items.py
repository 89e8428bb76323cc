"""Additional items: added, counted, changed for all or for those to come, from the next invoice on."""

from __future__ import annotations

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator

from .caller import Caller


@pytest.fixture(autouse=True)
def plan(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(seed=1, now="2026-07-05 10:00")
    at_flow.plan()


def item(at: Caller, name: str = "Puesto extra", amount: int = 2000) -> int:
    made = at.do("subscription_item/create", name=name, currency="CLP", amount=amount)
    number: int = made["id"]
    return number


def billed(flow: FlowSimulator) -> list[int]:
    return [int(each.amount) for each in flow.invoices.values()]


@pytest.fixture
def sub(at_flow: Caller) -> str:
    subscription_id: str = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    return subscription_id


def test_at_the_create_they_are_in_the_first_invoice(flow: FlowSimulator, at_flow: Caller) -> None:
    more, less = item(at_flow), item(at_flow, "Convenio", -500)
    seen = at_flow.subscribe(at_flow.customer(), planAdditionalList=f"[{less},{more}]")
    (invoice,) = seen["invoices"]
    assert [(line["subject"], line["type"], line["amount"]) for line in invoice["items"]][1:] == [
        ("Puesto extra", 9, 2000), ("Convenio", 9, -500),
    ]  # fmt: skip
    assert invoice["payment"]["amount"] == "11500"
    assert seen["items"] == seen["planAdditionalList"]
    first = seen["items"][0]
    assert (first["item_id"], first["name"], first["amount"]) == (less, "Convenio", -500)
    assert (first["adjustmentTypeLabel"], first["completeAmountFormat"]) == ("Disminuye", "$ -500 CLP")


def test_added_they_wait_for_the_next_invoice(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    number = item(at_flow)
    wish = {"subscriptionId": sub, "itemId": number}
    made = at_flow.do("subscription/addItem", **wish, quantity=3)
    assert made == {"sub_id": sub, "item_id": number, "quantity": 3, "success": True}
    assert len(flow.invoices) == 1
    assert at_flow.subscription(sub)["items"][0]["totalAmount"] == 6000
    flow.clock.advance(months=1)
    at_flow.do("subscription/updateItem", **wish, quantity=1)
    flow.clock.advance(months=1)
    at_flow.do("subscription/deleteItem", **wish)
    flow.clock.advance(months=1)
    assert billed(flow) == [10000, 16000, 12000, 10000]


def test_only_once(at_flow: Caller, sub: str) -> None:
    wish = {"subscriptionId": sub, "itemId": item(at_flow)}
    at_flow.do("subscription/addItem", **wish)
    again = at_flow.post("subscription/addItem", **wish)
    assert again.status_code == 400
    assert again.json()["message"] == "The item is already added in the subscription"
    both = [wish["itemId"]] * 2
    twice = {"planId": "pro", "customerId": at_flow.customer(), "planAdditionalList": f"{both}"}
    assert at_flow.post("subscription/create", **twice).status_code == 400


def test_what_is_not_there_is_neither_changed_nor_taken_away(at_flow: Caller, sub: str) -> None:
    wish = {"subscriptionId": sub, "itemId": item(at_flow)}
    assert at_flow.post("subscription/deleteItem", **wish).status_code == 401
    assert at_flow.post("subscription/updateItem", **wish, quantity=2).status_code == 401
    assert at_flow.post("subscription/addItem", **wish, quantity=1000).status_code == 401
    assert at_flow.post("subscription/addItem", subscriptionId=sub, itemId=1).status_code == 401


@pytest.mark.parametrize(("kind", "next_amount"), [("all", 13000), ("to_future", 12000)])
def test_an_edit_is_for_all_or_for_those_to_come(
    flow: FlowSimulator, at_flow: Caller, sub: str, kind: str, next_amount: int
) -> None:
    number = item(at_flow)
    at_flow.do("subscription/addItem", subscriptionId=sub, itemId=number)
    changed = at_flow.do("subscription_item/edit", itemId=number, amount=3000, changeType=kind)
    assert (changed["amount"], changed["associatedSubscriptionsCount"]) == (3000, 1)
    flow.clock.advance(months=1)
    assert billed(flow) == [10000, next_amount]
    later = at_flow.subscribe(at_flow.customer(), planAdditionalList=f"[{number}]")
    assert later["invoices"][0]["amount"] == "13000.0000"


@pytest.mark.parametrize(("kind", "left"), [("all", 0), ("to_future", 1)])
def test_deleting_too(at_flow: Caller, sub: str, kind: str, left: int) -> None:
    number = item(at_flow)
    at_flow.do("subscription/addItem", subscriptionId=sub, itemId=number)
    gone = at_flow.do("subscription_item/delete", itemId=number, changeType=kind)
    assert (gone["status"], len(at_flow.subscription(sub)["items"])) == (0, left)
    other = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    assert at_flow.post("subscription/addItem", subscriptionId=other, itemId=number).status_code == 401


def test_never_below_nothing(flow: FlowSimulator, at_flow: Caller) -> None:
    number = item(at_flow, "Beca", -15000)
    (invoice,) = at_flow.subscribe(at_flow.customer(), planAdditionalList=f"[{number}]")["invoices"]
    assert (invoice["amount"], invoice["status"], invoice["items"][1]["amount"]) == ("0.0000", 1, -10000)
    assert flow.books.entries == []


@pytest.mark.parametrize("name", ["Puesto-extra", "50%", "a_b"])
def test_names_are_letters_digits_and_blanks(at_flow: Caller, name: str) -> None:
    answer = at_flow.post("subscription_item/create", name=name, currency="CLP", amount=1)
    assert (answer.status_code, answer.json()["code"]) == (400, 1001)


def test_items_that_are_refused(at_flow: Caller) -> None:
    number = item(at_flow)
    asked = {"name": "x", "currency": "CLP"}
    assert at_flow.post("subscription_item/create", **asked, amount="0.5").json()["code"] == 1902
    assert at_flow.post("subscription_item/create", **asked, amount=0).status_code == 401
    assert at_flow.post("subscription_item/edit", itemId=number, name="y").json()["code"] == 104
    strange = {"itemId": number, "name": "y", "changeType": "sometimes"}
    assert at_flow.post("subscription_item/edit", **strange).status_code == 401
    bad = {"planId": "pro", "customerId": at_flow.customer(), "planAdditionalList": "one"}
    assert at_flow.post("subscription/create", **bad).status_code == 401
