from __future__ import annotations

from datetime import UTC

import pytest

from payment_subscriptions.simulators.flow import REJECTED_ON_CHARGE, FlowSimulator

from ..merchant import Merchant
from .caller import Caller


@pytest.fixture
def sub(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> str:
    """A paying customer since 5 July 2026."""
    flow.reset(seed=1, now="2026-07-05 19:55")
    at_flow.plan(urlCallback=merchant.url())
    subscription_id: str = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    return subscription_id


def test_the_first_charge_is_inside_the_create_and_sends_no_callback(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant, sub: str
) -> None:
    seen = at_flow.subscription(sub)
    (invoice,) = seen["invoices"]
    assert (seen["status"], seen["morose"], invoice["status"]) == (1, 0, 1)
    assert (seen["period_start"], seen["period_end"]) == ("2026-07-05 00:00:00", "2026-08-04 00:00:00")
    assert seen["next_invoice_date"] == "2026-08-05 00:00:00"
    assert invoice["payment"]["commerceOrder"] == f"{sub}_{invoice['id']}_2026-07-05 19:55"
    assert invoice["amount"] == "10000.0000"
    flow.settle()
    assert merchant.received == []


def test_three_renewals_charge_once_each_and_call_back_with_fresh_tokens(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant, sub: str
) -> None:
    flow.clock.advance(months=3)
    assert len(flow.books.taken(subscription_id=sub)) == 4
    assert flow.books.twice() == []
    assert len(set(merchant.tokens)) == len(merchant.received) == 3
    for each in merchant.received:
        assert (each.method, set(each.fields)) == ("POST", {"token"})
        assert each.content_type.startswith("application/x-www-form-urlencoded")
    orders = [at_flow.read("payment/getStatus", token=token)["commerceOrder"] for token in merchant.tokens]
    invoices = at_flow.subscription(sub)["invoices"]
    assert [order.split("_")[2] for order in orders] == [str(each["id"]) for each in invoices[1:]]


def test_the_merchant_may_ask_back_while_it_handles_the_callback(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant, sub: str
) -> None:
    seen: list[int] = []
    merchant.then = lambda got: seen.append(
        at_flow.read("payment/getStatus", token=got.fields["token"])["status"]
    )
    flow.clock.advance(months=2)
    assert seen == [2, 2]


def test_the_clock_reads_the_day_of_each_renewal_while_it_moves(
    flow: FlowSimulator, merchant: Merchant, sub: str
) -> None:
    days: list[str] = []
    merchant.then = lambda got: days.append(str(flow.clock.local()))
    flow.clock.to("2026-12-31")
    assert days == [f"2026-{month:02}-05 00:00:00" for month in range(8, 13)]


def test_the_end_of_a_month_does_not_drift(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2028-01-31 09:00")
    at_flow.plan()
    sub = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    flow.clock.advance(months=4)
    starts = [each["period_start"][:10] for each in at_flow.subscription(sub)["invoices"]]
    assert starts == ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"]


@pytest.mark.parametrize("start", ["2026-04-03", "2026-09-04"])
def test_summer_time_neither_loses_nor_doubles_a_day(
    flow: FlowSimulator, at_flow: Caller, start: str
) -> None:
    """Chile's clocks change at midnight: 4 April 2026 back, 6 September 2026 ahead."""
    flow.reset(now=f"{start} 12:00")
    at_flow.plan("daily", interval=1, amount=1000)
    sub = at_flow.subscribe(at_flow.customer(), "daily")["subscriptionId"]
    flow.clock.advance(days=5)
    starts = [each["period_start"] for each in at_flow.subscription(sub)["invoices"]]
    assert len(set(starts)) == len(starts) == 6
    assert flow.clock.local().hour == 12
    assert flow.books.twice() == []


def test_a_renewal_falls_on_the_midnight_of_santiago(
    flow: FlowSimulator, merchant: Merchant, sub: str
) -> None:
    moments: list[str] = []
    merchant.then = lambda got: moments.append(flow.clock.now().astimezone(UTC).isoformat())
    flow.clock.to("2026-10-06")
    assert moments == [
        "2026-08-05T04:00:00+00:00",
        "2026-09-05T04:00:00+00:00",
        "2026-10-05T03:00:00+00:00",  # summer time since 6 September
    ]


def test_a_declined_renewal_is_retried_each_day_and_recovers(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant, sub: str
) -> None:
    flow.decline_next(code=-2, times=2)
    flow.clock.to("2026-08-05 12:00")
    seen = at_flow.subscription(sub)
    invoice = seen["invoices"][1]
    assert (seen["status"], seen["morose"]) == (1, 2)
    assert (invoice["status"], invoice["error"], invoice["attemp_count"]) == (0, 1, 1)
    assert invoice["next_attemp_date"] == "2026-08-06 00:00:00"
    assert invoice["chargeAttemps"][0]["errorCode"] == "-2"
    assert merchant.received == []
    flow.clock.advance(days=2)
    invoice = at_flow.subscription(sub)["invoices"][1]
    assert (invoice["status"], invoice["attemp_count"], invoice["error"]) == (1, 3, 0)
    assert len(merchant.received) == 1


def test_after_the_last_retry_it_stays_unpaid_and_overdue(
    flow: FlowSimulator, at_flow: Caller, sub: str
) -> None:
    flow.decline_next(times=None)
    flow.clock.to("2026-08-08 12:00")
    assert at_flow.subscription(sub)["morose"] == 2  # the due day still counts
    flow.clock.to("2026-08-20")
    seen = at_flow.subscription(sub)
    invoice = seen["invoices"][1]
    assert (seen["status"], seen["morose"]) == (1, 1)
    assert (invoice["attemp_count"], invoice["attemped"], invoice["next_attemp_date"]) == (4, 0, None)
    overdue = at_flow.read("invoice/getOverDue")
    assert [each["id"] for each in overdue["data"]] == [invoice["id"]]
    flow.faults.clear()
    assert at_flow.do("invoice/retryToCollect", invoiceId=invoice["id"])["status"] == 1
    assert at_flow.subscription(sub)["morose"] == 0


def test_a_first_charge_declined_still_makes_the_subscription(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan()
    customer = at_flow.customer(card=False)
    flow.enrol_card(customer, REJECTED_ON_CHARGE)
    seen = at_flow.subscribe(customer)
    (invoice,) = seen["invoices"]
    assert (seen["status"], seen["morose"]) == (1, 2)
    assert (invoice["status"], invoice["error"], len(invoice["chargeAttemps"])) == (0, 1, 1)
    assert invoice["paymentLink"].startswith(flow.url)
    attempts = at_flow.read("customer/getChargeAttemps", customerId=customer)
    assert attempts["total"] == 1


def test_another_card_and_a_retry_settle_it_without_paying_the_link_too(
    flow: FlowSimulator, at_flow: Caller
) -> None:
    at_flow.plan()
    customer = at_flow.customer(card=False)
    flow.enrol_card(customer, REJECTED_ON_CHARGE)
    invoice = at_flow.subscribe(customer)["invoices"][0]
    flow.enrol_card(customer)
    paid = at_flow.do("invoice/retryToCollect", invoiceId=invoice["id"])
    assert (paid["status"], paid["paymentLink"]) == (1, None)
    with pytest.raises(ValueError, match="annulled"):
        flow.pay(invoice["paymentLink"].partition("token=")[2])
    assert flow.books.twice() == []


def test_cancelled_at_once_nothing_more_is_billed(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    seen = at_flow.do("subscription/cancel", subscriptionId=sub, at_period_end=0)
    assert (seen["status"], seen["next_invoice_date"]) == (4, None)
    flow.clock.advance(months=3)
    assert len(flow.books.taken()) == 1
    assert at_flow.post("subscription/cancel", subscriptionId=sub).json()["code"] == 501


def test_cancelled_at_the_end_of_the_period(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    seen = at_flow.do("subscription/cancel", subscriptionId=sub, at_period_end=1)
    assert (seen["status"], seen["cancel_at_period_end"]) == (1, 1)
    assert seen["cancel_at"] == "2026-08-04 00:00:00"
    flow.clock.to("2026-08-04 23:00")
    assert at_flow.subscription(sub)["status"] == 1
    flow.clock.to("2026-08-05 00:01")
    assert at_flow.subscription(sub)["status"] == 4
    assert len(flow.books.taken()) == 1


def test_a_trial_charges_nothing_until_it_ends(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    flow.reset(now="2026-07-05 10:00")
    at_flow.plan(trial_period_days=10, urlCallback=merchant.url())
    seen = at_flow.subscribe(at_flow.customer())
    assert (seen["status"], seen["invoices"]) == (2, [])
    assert (seen["trial_end"], seen["next_invoice_date"]) == ("2026-07-14 00:00:00", "2026-07-15 00:00:00")
    flow.clock.to("2026-07-15 01:00")
    seen = at_flow.subscription(seen["subscriptionId"])
    assert (seen["status"], seen["period_start"]) == (1, "2026-07-15 00:00:00")
    assert len(merchant.received) == len(flow.books.taken()) == 1


def test_a_trial_can_be_made_longer(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-07-05 10:00")
    at_flow.plan(trial_period_days=2)
    sub = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    at_flow.do("subscription/changeTrial", subscriptionId=sub, trial_period_days=5)
    flow.clock.to("2026-07-09 23:00")
    assert flow.books.taken() == []
    flow.clock.to("2026-07-10")
    assert len(flow.books.taken()) == 1


def test_a_start_in_the_future_waits(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-07-05 10:00")
    at_flow.plan()
    seen = at_flow.subscribe(at_flow.customer(), subscription_start="2026-07-20")
    assert (seen["status"], seen["invoices"]) == (0, [])
    flow.clock.to("2026-07-20 00:00")
    assert at_flow.subscription(seen["subscriptionId"])["status"] == 1


def test_a_number_of_periods_ends_it(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-01-10 10:00")
    at_flow.plan(periods_number=3)
    seen = at_flow.subscribe(at_flow.customer())
    assert seen["subscription_end"] == "2026-04-09 00:00:00"
    flow.clock.to("2026-12-01")
    seen = at_flow.subscription(seen["subscriptionId"])
    assert (seen["status"], len(seen["invoices"])) == (4, 3)


def test_without_a_card_the_customer_gets_a_link_and_paying_it_calls_back(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    at_flow.plan(urlCallback=merchant.url())
    seen = at_flow.subscribe(at_flow.customer(card=False))
    (invoice,) = seen["invoices"]
    assert (seen["status"], seen["morose"], invoice["status"]) == (1, 2, 0)
    (mail,) = flow.outbox.of("collection")
    assert mail.link == invoice["paymentLink"]
    flow.pay_invoice(invoice["id"])
    invoice = at_flow.read("invoice/get", invoiceId=invoice["id"])
    assert (invoice["status"], invoice["paymentLink"]) == (1, None)
    assert merchant.tokens == [flow.invoices[invoice["id"]].paid_by]
    flow.clock.advance(months=1)
    assert len(flow.outbox.of("collection")) == 2


def test_a_removed_card_turns_charges_into_links(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    customer = at_flow.subscription(sub)["customerId"]
    assert at_flow.do("customer/unRegister", customerId=customer)["pay_mode"] == "manual"
    flow.clock.advance(months=1)
    assert len(flow.books.taken()) == 1
    assert len(flow.outbox.of("collection")) == 1


def test_a_void_invoice_is_neither_owed_nor_retried(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    flow.decline_next()
    flow.clock.to("2026-08-05 12:00")
    invoice = at_flow.subscription(sub)["invoices"][1]
    assert at_flow.do("invoice/cancel", invoiceId=invoice["id"])["status"] == 2
    flow.clock.advance(days=5)
    assert at_flow.subscription(sub)["morose"] == 0
    assert len(flow.books.taken()) == 1


def test_paid_outside_flow(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.plan()
    invoice = at_flow.subscribe(at_flow.customer(card=False))["invoices"][0]
    paid = at_flow.do("invoice/outsidePayment", invoiceId=invoice["id"], date="2026-01-01", comment="Caja")
    assert (paid["status"], paid["payment"]) == (1, None)
    assert paid["outsidePayment"] == {"date": "2026-01-01", "comment": "Caja"}
    assert at_flow.post("invoice/cancel", invoiceId=invoice["id"]).json()["code"] == 501


def test_an_upgrade_is_charged_at_once(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    at_flow.plan("max", amount=30000, name="Plan Max")
    preview = at_flow.do("subscription/changePlanPreview", subscriptionId=sub, newPlanId="max")
    assert preview["next_invoice_date"] == "05-08-2026"
    changed = at_flow.do("subscription/changePlan", subscriptionId=sub, newPlanId="max")
    assert changed["balance"] == preview["balance"]["amount"] == 20000
    assert [int(entry.amount) for entry in flow.books.taken()] == [10000, 20000]
    flow.clock.advance(months=1)
    assert int(flow.books.taken()[-1].amount) == 30000


def test_a_downgrade_leaves_a_credit(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    at_flow.plan("mini", amount=4000, name="Plan Mini")
    flow.clock.to("2026-07-21")
    changed = at_flow.do("subscription/changePlan", subscriptionId=sub, newPlanId="mini")
    assert changed["balance"] == -2903  # 15 of 31 days
    assert at_flow.subscription(sub)["discount_balance"] == "2903.0000"
    flow.clock.advance(months=1)
    assert int(flow.books.taken()[-1].amount) == 4000 - 2903


def test_a_change_on_a_later_day_can_be_called_off(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    at_flow.plan("max", amount=30000)
    wish = {"subscriptionId": sub, "newPlanId": "max", "startDateOfNewPlan": "2026-08-04"}
    at_flow.do("subscription/changePlan", **wish)
    assert at_flow.subscription(sub)["newPlanId"] == "max"
    assert at_flow.do("subscription/changePlanCancel", subscriptionId=sub) == {"success": True}
    flow.clock.to("2026-08-04 12:00")
    assert at_flow.subscription(sub)["planId"] == "pro"
    wish["startDateOfNewPlan"] = "2026-08-05"
    at_flow.do("subscription/changePlan", **{**wish, "startDateOfNewPlan": "2026-08-04"})
    assert at_flow.subscription(sub)["planId"] == "max"
    assert at_flow.post("subscription/changePlan", **{**wish, "newPlanId": "pro"}).json()["code"] == 501


def test_a_deleted_plan_keeps_its_subscribers(flow: FlowSimulator, at_flow: Caller, sub: str) -> None:
    assert at_flow.do("plans/delete", planId="pro")["status"] == 0
    assert at_flow.post("subscription/create", planId="pro", customerId=at_flow.customer()).status_code == 401
    flow.clock.advance(months=1)
    assert len(flow.books.taken(subscription_id=sub)) == 2


def test_a_plan_in_uf_is_charged_in_pesos(flow: FlowSimulator, at_flow: Caller) -> None:
    assert at_flow.plan("uf", currency="UF", amount="1.785")["amount"] == "1.7850"
    payment = at_flow.subscribe(at_flow.customer(), "uf")["invoices"][0]["payment"]
    assert (payment["amount"], payment["currency"]) == ("1.785", "UF")
    data = payment["paymentData"]
    assert (data["amount"], data["currency"], data["conversionRate"]) == ("73199.00", "CLP", "41008.10")


def test_the_same_seed_gives_the_same_ids(flow: FlowSimulator, at_flow: Caller) -> None:
    def story() -> list[object]:
        flow.reset(seed=7)
        at_flow.plan()
        seen = at_flow.subscribe(at_flow.customer())
        return [seen["subscriptionId"], seen["customerId"], seen["invoices"][0]["id"]]

    assert story() == story()
