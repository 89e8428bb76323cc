"""Coupons: what they take off which invoices, when they can be applied, and what the invoice says."""

from __future__ import annotations

from typing import Any

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator

from .caller import Caller


@pytest.fixture(autouse=True)
def plan(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(seed=1, now="2026-07-05 10:00")
    at_flow.plan()


def coupon(at: Caller, **params: object) -> int:
    number: int = at.do("coupon/create", name="Invierno", **params)["id"]
    return number


def billed(flow: FlowSimulator) -> list[int]:
    return [int(each.amount) for each in flow.invoices.values()]


def lines(invoice: Any) -> list[tuple[str, int, float]]:
    return [(line["subject"], line["type"], line["amount"]) for line in invoice["items"]]


def test_from_the_first_invoice_on_as_often_as_it_says(flow: FlowSimulator, at_flow: Caller) -> None:
    half = coupon(at_flow, percent_off=50, duration=1, times=2)
    seen = at_flow.subscribe(at_flow.customer(), couponId=half)
    assert lines(seen["invoices"][0])[1:] == [("Invierno", 2, -5000)]
    assert seen["invoices"][0]["payment"]["amount"] == "5000"
    assert seen["discount"]["type"] == "Subscription discount"
    assert (seen["discount"]["start"], seen["discount"]["end"]) == (
        "2026-07-05 00:00:00", "2026-09-04 00:00:00",
    )  # fmt: skip
    flow.clock.advance(months=3)
    assert billed(flow) == [5000, 5000, 10000, 10000]
    assert at_flow.subscription(seen["subscriptionId"])["discount"]["status"] == 0
    assert flow.books.twice() == []


def test_without_end(flow: FlowSimulator, at_flow: Caller) -> None:
    seen = at_flow.subscribe(at_flow.customer(), couponId=coupon(at_flow, amount=1500, currency="CLP"))
    assert (seen["discount"]["end"], seen["discount"]["coupon"]["duration"]) == (None, 0)
    flow.clock.advance(months=2)
    assert billed(flow) == [8500] * 3


def test_never_below_nothing_and_nothing_is_not_charged(flow: FlowSimulator, at_flow: Caller) -> None:
    gift = coupon(at_flow, amount=99000, currency="CLP", duration=1, times=1)
    seen = at_flow.subscribe(at_flow.customer(card=False), couponId=gift)
    (invoice,) = seen["invoices"]
    assert (invoice["amount"], invoice["status"], invoice["payment"]) == ("0.0000", 1, None)
    assert (invoice["paymentLink"], seen["morose"]) == (None, 0)
    assert lines(invoice)[1:] == [("Invierno", 2, -10000)]
    assert (flow.books.entries, flow.outbox.mails) == ([], [])


def test_all_of_it_by_percent(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.subscribe(at_flow.customer(), couponId=coupon(at_flow, percent_off=100))
    flow.clock.advance(months=1)
    assert (billed(flow), flow.books.entries) == ([0, 0], [])


def test_pesos_stay_whole(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan("odd", amount=9990)
    at_flow.subscribe(at_flow.customer(), "odd", couponId=coupon(at_flow, percent_off="10.25"))
    assert billed(flow) == [9990 - 1024]


def test_added_later_it_takes_the_place_of_the_other(flow: FlowSimulator, at_flow: Caller) -> None:
    old, new = coupon(at_flow, percent_off=50), coupon(at_flow, percent_off=10)
    sub = at_flow.subscribe(at_flow.customer(), couponId=old)["subscriptionId"]
    seen = at_flow.do("subscription/addCoupon", subscriptionId=sub, couponId=new)
    assert (seen["discount"]["coupon"]["id"], seen["discount"]["start"]) == (new, "2026-08-05 00:00:00")
    flow.clock.advance(months=1)
    assert billed(flow) == [5000, 9000]


def test_taken_away(flow: FlowSimulator, at_flow: Caller) -> None:
    sub = at_flow.subscribe(at_flow.customer(), couponId=coupon(at_flow, percent_off=50))["subscriptionId"]
    assert at_flow.do("subscription/deleteCoupon", subscriptionId=sub)["discount"] is None
    assert at_flow.post("subscription/deleteCoupon", subscriptionId=sub).status_code == 401
    flow.clock.advance(months=1)
    assert billed(flow) == [5000, 10000]


def test_a_deleted_coupon_stays_where_it_is(flow: FlowSimulator, at_flow: Caller) -> None:
    half = coupon(at_flow, percent_off=50)
    at_flow.subscribe(at_flow.customer(), couponId=half)
    assert at_flow.do("coupon/delete", couponId=half)["status"] == 0
    flow.clock.advance(months=1)
    assert billed(flow) == [5000, 5000]
    refused = at_flow.post("subscription/create", planId="pro", customerId=at_flow.customer(), couponId=half)
    assert refused.status_code == 401
    assert len(flow.subscriptions) == 1


def test_it_is_given_so_many_times(at_flow: Caller) -> None:
    once = coupon(at_flow, percent_off=50, max_redemptions=1)
    at_flow.subscribe(at_flow.customer(), couponId=once)
    assert at_flow.read("coupon/get", couponId=once)["redemtions"] == 1
    again = {"planId": "pro", "customerId": at_flow.customer(), "couponId": once}
    assert "maximum of redemptions" in at_flow.post("subscription/create", **again).json()["message"]


def test_until_its_last_day(flow: FlowSimulator, at_flow: Caller) -> None:
    brief = coupon(at_flow, percent_off=50, expires="2026-07-06")
    flow.clock.to("2026-07-06 23:00")
    at_flow.subscribe(at_flow.customer(), couponId=brief)
    flow.clock.to("2026-07-07 01:00")
    late = {"planId": "pro", "customerId": at_flow.customer(), "couponId": brief}
    assert "expired" in at_flow.post("subscription/create", **late).json()["message"]
    flow.clock.to("2026-08-06 01:00")
    assert billed(flow) == [5000, 5000]


def test_it_waits_for_the_trial_to_end(flow: FlowSimulator, at_flow: Caller) -> None:
    half = coupon(at_flow, percent_off=50, duration=1, times=1)
    seen = at_flow.subscribe(at_flow.customer(), couponId=half, trial_period_days=10)
    assert seen["discount"]["start"] == "2026-07-15 00:00:00"
    flow.clock.to("2026-09-01")
    assert billed(flow) == [5000, 10000]


def test_of_the_plan_only_or_of_all(flow: FlowSimulator, at_flow: Caller) -> None:
    item = at_flow.do("subscription_item/create", name="Puesto", currency="CLP", amount=2000)["id"]
    for scope in (0, 1):
        half = coupon(at_flow, percent_off=50, discount_scope=scope)
        at_flow.subscribe(at_flow.customer(), couponId=half, planAdditionalList=f"[{item}]")
    assert billed(flow) == [7000, 6000]


def test_a_discount_of_the_rest_of_a_few_pesos_cannot_be_collected(
    flow: FlowSimulator, at_flow: Caller
) -> None:
    big = coupon(at_flow, amount=9900, currency="CLP")
    (invoice,) = at_flow.subscribe(at_flow.customer(), couponId=big)["invoices"]
    assert (invoice["status"], invoice["errorDescription"]) == (0, "The minimum amount is 350 CLP")
    flow.options.small_invoices_fail = False
    assert at_flow.do("invoice/retryToCollect", invoiceId=invoice["id"])["status"] == 1


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"percent_off": 10, "amount": 100, "currency": "CLP"},
        {"percent_off": 0},
        {"percent_off": 101},
        {"percent_off": "10.123"},
        {"amount": "-5", "currency": "CLP"},
        {"percent_off": 10, "duration": 1},
        {"percent_off": 10, "duration": 1, "times": 0},
        {"percent_off": 10, "duration": 7},
        {"percent_off": 10, "discount_scope": 2},
    ],
)
def test_coupons_that_are_refused(flow: FlowSimulator, at_flow: Caller, params: dict[str, object]) -> None:
    assert at_flow.post("coupon/create", name="x", **params).status_code == 401
    assert flow.coupons == {}


def test_a_coupon_of_uf_is_not_of_pesos(at_flow: Caller) -> None:
    in_uf = coupon(at_flow, amount="0.5", currency="UF")
    asked = {"planId": "pro", "customerId": at_flow.customer(), "couponId": in_uf}
    assert "another currency" in at_flow.post("subscription/create", **asked).json()["message"]
