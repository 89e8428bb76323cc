"""Changing plans: the preview is what is charged, credit waits, periods of another length begin anew."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from payment_subscriptions.simulators.flow import FlowSimulator

from .caller import Caller


@pytest.fixture
def sub(flow: FlowSimulator, at_flow: Caller) -> str:
    """On a plan of 10000 a month since 5 July 2026, beside one of 30000 and one of 4000."""
    flow.reset(seed=1, now="2026-07-05 19:55")
    at_flow.plan()
    at_flow.plan("max", amount=30000, name="Plan Max")
    at_flow.plan("mini", amount=4000, name="Plan Mini")
    at_flow.plan("yearly", amount=100000, name="Plan Anual", interval=4)
    subscription_id: str = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    return subscription_id


def preview(at: Caller, sub: str, plan: str, **params: object) -> Any:
    return at.do("subscription/changePlanPreview", subscriptionId=sub, newPlanId=plan, **params)


def change(at: Caller, sub: str, plan: str, **params: object) -> Any:
    return at.do("subscription/changePlan", subscriptionId=sub, newPlanId=plan, **params)


def amounts(flow: FlowSimulator) -> list[int]:
    return [int(entry.amount) for entry in flow.books.taken()]


@pytest.mark.parametrize("day", ["2026-07-05", "2026-07-06", "2026-07-21", "2026-08-04"])
def test_what_the_preview_says_is_charged_at_once(
    flow: FlowSimulator, at_flow: Caller, sub: str, day: str
) -> None:
    flow.clock.to(f"{day} 20:00")
    balance = preview(at_flow, sub, "max")["balance"]["amount"]
    assert isinstance(balance, int)
    changed = change(at_flow, sub, "max")
    assert (changed["balance"], amounts(flow)) == (balance, [10000, balance])
    invoice = at_flow.subscription(sub)["invoices"][1]
    assert (invoice["status"], invoice["amount"]) == (1, f"{balance}.0000")
    assert invoice["subject"] == "Plan Max - cambio de plan"
    assert [(line["type"], line["amount"]) for line in invoice["items"]] == [(3, balance)]
    flow.clock.to("2026-08-05 01:00")
    assert amounts(flow)[2:] == [30000]


def test_credit_waits_for_the_next_invoices_and_pays_no_change(
    flow: FlowSimulator, at_flow: Caller, sub: str
) -> None:
    flow.clock.to("2026-07-21")
    assert change(at_flow, sub, "mini")["balance"] == -2903
    balance = preview(at_flow, sub, "max")["balance"]["amount"]
    change(at_flow, sub, "max")
    assert amounts(flow) == [10000, balance]
    assert at_flow.subscription(sub)["discount_balance"] == "2903.0000"
    flow.clock.to("2026-08-05 01:00")
    seen = at_flow.subscription(sub)
    assert (amounts(flow)[-1], seen["discount_balance"]) == (30000 - 2903, "0.0000")
    lines = [(line["subject"], line["type"], line["amount"]) for line in seen["invoices"][-1]["items"]]
    assert lines[1:] == [("Saldo a favor", 2, -2903)]


def test_credit_that_covers_an_invoice_closes_it_without_a_charge(
    flow: FlowSimulator, at_flow: Caller, sub: str
) -> None:
    change(at_flow, sub, "max")
    change(at_flow, sub, "mini")
    assert at_flow.subscription(sub)["discount_balance"] == "26000.0000"
    flow.clock.to("2026-08-06")
    seen = at_flow.subscription(sub)
    assert (seen["invoices"][-1]["amount"], seen["invoices"][-1]["status"]) == ("0.0000", 1)
    assert (seen["discount_balance"], len(flow.books.taken())) == ("22000.0000", 2)


def test_a_change_that_has_happened_charges_nothing_again(
    flow: FlowSimulator, at_flow: Caller, sub: str
) -> None:
    change(at_flow, sub, "max")
    again = at_flow.post("subscription/changePlan", subscriptionId=sub, newPlanId="max")
    assert (again.status_code, again.json()["code"]) == (401, 501)
    assert "new plan is not valid" in again.json()["message"]
    assert amounts(flow) == [10000, 20000]
    assert len(flow.invoices) == 2


def test_a_change_on_a_day_of_this_period(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    wish = {"startDateOfNewPlan": "2026-07-20"}
    expected = preview(at_flow, sub, "max", **wish)
    assert expected["next_invoice_date"] == "05-08-2026"
    changed = change(at_flow, sub, "max", **wish)
    assert (changed["start_date_of_new_plan"], changed["balance"]) == (
        "2026-07-20", expected["balance2"],
    )  # fmt: skip
    seen = at_flow.subscription(sub)
    assert (seen["planId"], seen["newPlanId"]) == ("pro", "max")
    assert seen["new_plan_scheduled_change_date"] == "2026-07-20 00:00:00"
    flow.clock.to("2026-07-19 23:59")
    assert amounts(flow) == [10000]
    flow.clock.to("2026-07-20 01:00")
    seen = at_flow.subscription(sub)
    assert (seen["planId"], seen["newPlanId"], seen["new_plan_scheduled_change_date"]) == ("max", None, None)
    assert amounts(flow) == [10000, expected["balance"]["amount"]]


def test_a_day_outside_of_the_period_is_refused(at_flow: Caller, sub: str) -> None:
    for day in ("2026-07-04", "2026-08-05"):
        wish = {"subscriptionId": sub, "newPlanId": "max", "startDateOfNewPlan": day}
        assert at_flow.post("subscription/changePlan", **wish).status_code == 401


def test_from_a_month_to_a_year_a_year_begins(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    flow.clock.to("2026-07-21 10:00")
    expected = preview(at_flow, sub, "yearly")
    assert expected["next_invoice_date"] == "21-07-2027"
    assert expected["balance"]["amount"] == 100000 - 4839  # 15 of 31 days come back
    change(at_flow, sub, "yearly")
    seen = at_flow.subscription(sub)
    assert (seen["period_start"], seen["period_end"]) == ("2026-07-21 00:00:00", "2027-07-20 00:00:00")
    assert seen["next_invoice_date"] == "2027-07-21 00:00:00"
    assert seen["invoices"][1]["period_end"] == "2027-07-20 00:00:00"
    flow.clock.to("2027-07-20")
    assert amounts(flow) == [10000, 95161]
    flow.clock.to("2027-07-22")
    assert amounts(flow) == [10000, 95161, 100000]


def test_from_a_year_to_a_month_the_rest_is_credit(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    change(at_flow, sub, "yearly")
    flow.clock.to("2026-08-05 10:00")
    assert change(at_flow, sub, "pro")["balance"] == 10000 - round(100000 * (365 - 31) / 365)
    seen = at_flow.subscription(sub)
    assert (seen["period_end"], len(seen["invoices"])) == ("2026-09-04 00:00:00", 2)
    taken = amounts(flow)
    flow.clock.advance(months=3)
    seen = at_flow.subscription(sub)
    assert [each["status"] for each in seen["invoices"]] == [1] * 5
    assert amounts(flow) == taken
    assert seen["discount_balance"] == f"{81507 - 30000}.0000"


def test_without_a_card_the_balance_gets_a_link_and_a_letter(
    flow: FlowSimulator, at_flow: Caller, sub: str
) -> None:
    at_flow.do("customer/unRegister", customerId=at_flow.subscription(sub)["customerId"])
    change(at_flow, sub, "max")
    seen = at_flow.subscription(sub)
    invoice = seen["invoices"][1]
    assert (seen["planId"], seen["morose"], invoice["status"]) == ("max", 2, 0)
    (letter,) = flow.outbox.of("collection")
    assert letter.link == invoice["paymentLink"]
    flow.pay_invoice(invoice["id"])
    assert amounts(flow) == [10000, 20000]


def test_a_declined_balance_stays_unpaid_and_is_retried(
    flow: FlowSimulator, at_flow: Caller, sub: str
) -> None:
    flow.decline_next()
    change(at_flow, sub, "max")
    seen = at_flow.subscription(sub)
    assert (seen["planId"], seen["morose"], seen["invoices"][1]["error"]) == ("max", 2, 1)
    flow.clock.advance(days=1, hours=1)
    assert amounts(flow) == [10000, 20000]


def test_a_balance_of_a_few_pesos_cannot_be_collected(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    at_flow.plan("plus", amount=10300)
    change(at_flow, sub, "plus")
    invoice = at_flow.subscription(sub)["invoices"][1]
    assert (invoice["status"], invoice["error"], invoice["attemped"]) == (0, 1, 0)
    assert invoice["errorDescription"] == "The minimum amount is 350 CLP"
    assert (invoice["paymentLink"], amounts(flow)) == (None, [10000])


def test_credit_that_will_not_be_used_up_is_told(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-07-05 10:00")
    at_flow.plan("max", amount=30000, periods_number=2)
    at_flow.plan("mini", amount=4000)
    sub = at_flow.subscribe(at_flow.customer(), "max")["subscriptionId"]
    told = preview(at_flow, sub, "mini")["balance"]
    assert (told["amount"], told["credit_expiration_amount"]) == (-26000, 22000)
    assert told["credit_expiration_date"] == "04-09-2026"
    assert "will not be fully used" in told["credit_expiration_warning"]


def test_during_the_trial_a_change_costs_nothing(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-07-05 10:00")
    at_flow.plan(trial_period_days=10)
    at_flow.plan("yearly", amount=100000, interval=4)
    sub = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    assert change(at_flow, sub, "yearly")["balance"] == 0
    assert at_flow.subscription(sub)["status"] == 2
    flow.clock.to("2026-07-15 01:00")
    assert amounts(flow) == [100000]


def test_uf_has_four_decimals(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-07-05 10:00")
    at_flow.plan("uf", currency="UF", amount="1")
    at_flow.plan("uf2", currency="UF", amount="2")
    sub = at_flow.subscribe(at_flow.customer(), "uf")["subscriptionId"]
    flow.clock.to("2026-07-21 10:00")
    assert preview(at_flow, sub, "uf2")["balance2"] == 0.4839
    change(at_flow, sub, "uf2")
    invoice = at_flow.subscription(sub)["invoices"][1]
    assert (invoice["currency"], invoice["amount"]) == ("UF", "0.4839")
    assert invoice["payment"]["paymentData"]["amount"] == "19844.00"


def test_who_leaves_with_the_period_leaves_with_the_new_one(
    flow: FlowSimulator, at_flow: Caller, sub: str
) -> None:
    at_flow.do("subscription/cancel", subscriptionId=sub, at_period_end=1)
    change(at_flow, sub, "yearly")
    seen = at_flow.subscription(sub)
    assert (seen["status"], seen["cancel_at"]) == (1, "2027-07-04 00:00:00")
    flow.clock.to("2027-07-06")
    assert (at_flow.subscription(sub)["status"], len(flow.books.taken())) == (4, 2)


def test_a_new_period_counts_among_the_limited(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    limited = at_flow.subscribe(at_flow.customer(), periods_number=2)["subscriptionId"]
    change(at_flow, limited, "yearly")
    seen = at_flow.subscription(limited)
    assert (seen["subscription_end"], seen["next_invoice_date"]) == ("2027-07-04 00:00:00", None)
    flow.clock.to("2027-07-06")
    assert at_flow.subscription(limited)["status"] == 4


def test_a_change_whose_answer_was_lost_has_happened_once(
    flow: FlowSimulator, at_flow: Caller, sub: str
) -> None:
    flow.faults.add("subscription/changePlan", "reset_after_commit")
    with pytest.raises(requests.ConnectionError):
        change(at_flow, sub, "max")
    assert at_flow.subscription(sub)["planId"] == "max"
    assert at_flow.post("subscription/changePlan", subscriptionId=sub, newPlanId="max").status_code == 401
    assert (amounts(flow), flow.books.twice()) == ([10000, 20000], [])
