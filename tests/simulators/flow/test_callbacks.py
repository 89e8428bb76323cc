from __future__ import annotations

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator

from ..merchant import Merchant
from .caller import Caller
from .test_rules import order


@pytest.fixture
def token(at_flow: Caller, merchant: Merchant) -> str:
    token: str = at_flow.do("payment/create", **order(urlConfirmation=merchant.url()))["token"]
    return token


def test_a_payment_is_confirmed_by_its_token_alone(
    flow: FlowSimulator, merchant: Merchant, token: str
) -> None:
    flow.pay(token)
    (got,) = merchant.received
    assert (got.method, got.fields) == ("POST", {"token": token})
    (delivery,) = flow.deliveries
    assert (delivery.kind, delivery.status, delivery.ok) == ("payment", 200, True)
    assert flow.outbox.of("alert") == []


@pytest.mark.parametrize("answer", [301, 308, 403, 404, 500])
def test_anything_but_200_raises_an_alert_and_is_not_retried(
    flow: FlowSimulator, merchant: Merchant, token: str, answer: int
) -> None:
    merchant.answer, merchant.location = answer, merchant.url("/elsewhere/")
    flow.pay(token)
    flow.clock.advance(days=2)
    assert [got.path for got in merchant.received] == ["/flow/webhook/"]
    assert [each.status for each in flow.deliveries] == [answer]
    (mail,) = flow.outbox.of("alert")
    assert mail.subject == "Alerta: Problema de integración – Flow"
    assert f"HTTP {answer}" in mail.text


def test_too_late_is_as_bad(flow: FlowSimulator, merchant: Merchant, token: str) -> None:
    flow.options.callback_deadline, merchant.delay = 0.2, 0.6
    flow.pay(token)
    (delivery,) = flow.deliveries
    assert (delivery.status, delivery.ok) == (None, False)
    assert len(flow.outbox.of("alert")) == 1


def test_nobody_there(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.pay(at_flow.do("payment/create", **order())["token"])
    assert flow.deliveries[0].error == "ConnectionError"
    assert len(flow.outbox.of("alert")) == 1


def test_retries_where_they_are_switched_on(flow: FlowSimulator, merchant: Merchant, token: str) -> None:
    flow.options.callback_retries = (60, 600)
    merchant.answer = 500
    flow.pay(token)
    flow.clock.advance(seconds=61)
    assert len(merchant.received) == 2
    merchant.answer = 200
    flow.clock.advance(hours=1)
    flow.clock.advance(hours=5)
    assert [each.attempt for each in flow.deliveries] == [1, 2, 3]


def test_lost_and_sent_again_by_hand(flow: FlowSimulator, merchant: Merchant, token: str) -> None:
    flow.lose_next_callbacks()
    flow.pay(token)
    assert merchant.received == []
    assert flow.deliveries[0].error == "lost"
    assert flow.post.redeliver(flow.deliveries[0].id).status == 200
    assert merchant.tokens == [token]


def test_late(flow: FlowSimulator, merchant: Merchant, token: str) -> None:
    flow.faults.add("callback", "late", seconds=7200)
    flow.pay(token)
    flow.clock.advance(hours=1)
    assert merchant.received == []
    flow.clock.advance(hours=2)
    assert merchant.tokens == [token]


def test_renewals_out_of_order(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> None:
    at_flow.plan(urlCallback=merchant.url())
    sub = at_flow.subscribe(at_flow.customer())["subscriptionId"]
    flow.faults.add("callback/plan", "late", seconds=40 * 86400)
    flow.clock.advance(months=3)
    paid = [flow.invoices[number].paid_by for number in flow.subscriptions[sub].invoices]
    assert merchant.tokens == [paid[2], paid[1], paid[3]]


def test_duplicates(flow: FlowSimulator, merchant: Merchant, token: str) -> None:
    flow.faults.add("callback", "duplicated", copies=3)
    flow.pay(token)
    assert merchant.tokens == [token] * 3
    assert merchant.most_at_once == 1


def test_duplicates_at_once(flow: FlowSimulator, merchant: Merchant, token: str) -> None:
    merchant.delay = 0.2
    flow.faults.add("callback", "concurrent", copies=3)
    flow.pay(token)
    assert merchant.tokens == [token] * 3
    assert merchant.most_at_once == 3


def test_again_later_though_answered(flow: FlowSimulator, merchant: Merchant, token: str) -> None:
    flow.faults.add("callback", "repeated", copies=3, seconds=60)
    flow.pay(token)
    assert len(merchant.received) == 1
    flow.clock.advance(minutes=5)
    assert merchant.tokens == [token] * 3


def test_forged_and_broken_ones(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> None:
    seen = {}
    for kind in ("forged_fields", "unknown_token", "garbage_token", "no_token", "as_get"):
        flow.faults.add("callback", kind)
        made = order(urlConfirmation=merchant.url(), commerceOrder=kind)
        token = at_flow.do("payment/create", **made)["token"]
        flow.pay(token)
        got = merchant.received[-1]
        seen[kind] = (got.method, got.fields.get("token") == token, sorted(got.fields))
    assert seen == {
        "forged_fields": ("POST", True, ["status", "token"]),
        "unknown_token": ("POST", False, ["token"]),
        "garbage_token": ("POST", False, ["token"]),
        "no_token": ("POST", False, []),
        "as_get": ("GET", True, ["token"]),
    }


def test_the_answer_of_a_retry_is_followed_by_its_callback(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    """The merchant may ask back: nothing is locked while it is told."""
    at_flow.plan(urlCallback=merchant.url())
    flow.decline_next()
    invoice = at_flow.subscribe(at_flow.customer())["invoices"][0]
    merchant.then = lambda got: at_flow.read("payment/getStatus", token=got.fields["token"])
    assert at_flow.do("invoice/retryToCollect", invoiceId=invoice["id"])["status"] == 1
    assert flow.settle()
    assert merchant.tokens == [flow.invoices[invoice["id"]].paid_by]


def test_a_failed_renewal_calls_back_only_where_it_is_switched_on(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    at_flow.plan(urlCallback=merchant.url())
    at_flow.subscribe(at_flow.customer())
    flow.options.callback_on_failed_renewal = True
    flow.decline_next()
    flow.clock.advance(months=1)
    assert at_flow.read("payment/getStatus", token=merchant.tokens[0])["status"] == 3


def test_a_refund(flow: FlowSimulator, at_flow: Caller, merchant: Merchant) -> None:
    paid = at_flow.do("payment/create", **order())
    flow.pay(paid["token"])
    params = {"refundCommerceOrder": "r1", "receiverEmail": "ana@correo.cl", "amount": 4000}
    params |= {"urlCallBack": merchant.url("/refund/"), "flowTrxId": paid["flowOrder"]}
    made = at_flow.do("refund/create", **params)
    assert (made["status"], made["amount"]) == ("created", "4000.00")
    flow.decide_refund(made["token"], accepted=True)
    assert merchant.received[0].fields == {"token": made["token"]}
    assert at_flow.read("refund/getStatus", token=made["token"])["status"] == "accepted"
    flow.clock.advance(days=1, seconds=5)
    assert at_flow.read("refund/getStatus", token=made["token"])["status"] == "refunded"
    assert at_flow.post("refund/cancel", token=made["token"]).status_code == 400
    other = at_flow.do("refund/create", **{**params, "refundCommerceOrder": "r2", "amount": 1000})
    assert at_flow.do("refund/cancel", token=other["token"])["status"] == "canceled"
