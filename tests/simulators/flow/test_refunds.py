"""Money that goes back: by refund, in parts or whole, by reversal, and never more than was taken."""

from __future__ import annotations

import pytest

from payment_subscriptions.simulators.flow import FlowSimulator

from ..merchant import Merchant
from .caller import Caller
from .test_rules import order

AWAY = {"receiverEmail": "ana@correo.cl", "urlCallBack": "http://127.0.0.1:9/"}


@pytest.fixture
def paid(flow: FlowSimulator, at_flow: Caller) -> int:
    """An order of 5000 that was paid: its flowOrder."""
    flow.reset(seed=1, now="2026-07-05 10:00")
    made = at_flow.do("payment/create", **order())
    flow.pay(made["token"])
    number: int = made["flowOrder"]
    return number


def refund(at: Caller, name: str, amount: int, **params: object) -> str:
    asked = {"refundCommerceOrder": name, "amount": amount, **AWAY, **params}
    token: str = at.do("refund/create", **asked)["token"]
    return token


def status(at: Caller, token: str) -> str:
    found: str = at.read("refund/getStatus", token=token)["status"]
    return found


def test_in_parts_and_never_more_than_was_paid(flow: FlowSimulator, at_flow: Caller, paid: int) -> None:
    refund(at_flow, "r1", 3000, commerceTrxId="o1")
    more = {"refundCommerceOrder": "r2", "amount": 2001, **AWAY, "flowTrxId": paid}
    assert "left of the payment" in at_flow.post("refund/create", **more).json()["message"]
    refund(at_flow, "r3", 2000, flowTrxId=paid)
    assert [(each.commerce_order, int(each.amount)) for each in flow.refunds_of("o1")] == [
        ("r1", 3000), ("r3", 2000),
    ]  # fmt: skip


def test_what_was_rejected_or_cancelled_can_be_offered_again(
    flow: FlowSimulator, at_flow: Caller, paid: int
) -> None:
    flow.decide_refund(refund(at_flow, "r1", 5000, flowTrxId=paid), accepted=False)
    again = refund(at_flow, "r2", 5000, flowTrxId=paid)
    assert at_flow.do("refund/cancel", token=again)["status"] == "canceled"
    with pytest.raises(ValueError, match="not waiting"):
        flow.decide_refund(again, accepted=True)
    refund(at_flow, "r3", 5000, flowTrxId=paid)


def test_it_goes_back_a_day_after_it_was_accepted(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant, paid: int
) -> None:
    token = refund(at_flow, "r1", 2000, flowTrxId=paid, urlCallBack=merchant.url())
    assert status(at_flow, token) == "created"
    flow.decide_refund(token, accepted=True)
    assert status(at_flow, token) == "accepted"
    assert flow.books.given_back() == []
    assert at_flow.post("refund/cancel", token=token).status_code == 400
    flow.clock.advance(days=1, seconds=1)
    assert status(at_flow, token) == "refunded"
    (entry,) = flow.books.given_back(commerce_order="o1")
    assert (entry.kind, int(entry.amount), entry.refund) == ("refund", 2000, token)
    assert (int(flow.books.total()), flow.books.twice()) == (3000, [])
    assert merchant.tokens == [token]
    assert at_flow.read("payment/getStatusByFlowOrder", flowOrder=paid)["status"] == 2


def test_a_reversed_charge_is_not_refunded(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-07-05 10:00")
    charge = {"customerId": at_flow.customer(), "amount": 5000, "subject": "x", "commerceOrder": "c1"}
    at_flow.do("customer/charge", **charge)
    assert at_flow.do("customer/reverseCharge", commerceOrder="c1")["status"] == "1"
    assert at_flow.do("customer/reverseCharge", commerceOrder="c1")["status"] == "0"
    asked = {"refundCommerceOrder": "r1", "amount": 5000, "commerceTrxId": "c1", **AWAY}
    assert at_flow.post("refund/create", **asked).status_code == 401
    assert [entry.kind for entry in flow.books.given_back()] == ["reversal"]
    assert (int(flow.books.total()), flow.books.twice()) == (0, [])
    assert at_flow.read("payment/getStatusByCommerceId", commerceId="c1")["status"] == 4


def test_a_refunded_charge_is_not_reversed(flow: FlowSimulator, at_flow: Caller) -> None:
    flow.reset(now="2026-07-05 10:00")
    charge = {"customerId": at_flow.customer(), "amount": 5000, "subject": "x", "commerceOrder": "c1"}
    at_flow.do("customer/charge", **charge)
    token = refund(at_flow, "r1", 1000, commerceTrxId="c1")
    answer = at_flow.do("customer/reverseCharge", commerceOrder="c1")
    assert answer == {"status": "0", "message": "The charge has a refund"}
    flow.decide_refund(token, accepted=False)
    assert at_flow.do("customer/reverseCharge", commerceOrder="c1")["status"] == "1"


def test_a_uf_is_refunded_in_pesos(flow: FlowSimulator, at_flow: Caller) -> None:
    charge = {"customerId": at_flow.customer(), "currency": "UF", "amount": "0.5", "subject": "x"}
    at_flow.do("customer/charge", **charge, commerceOrder="c1")
    asked = {"refundCommerceOrder": "r1", "commerceTrxId": "c1", **AWAY}
    assert at_flow.post("refund/create", amount=20505, **asked).status_code == 401
    flow.decide_refund(refund(at_flow, "r1", 20504, commerceTrxId="c1"), accepted=True)
    flow.clock.advance(days=1, seconds=1)
    assert flow.books.given_back()[0].currency == "CLP"
    assert flow.books.twice() == []


def test_the_books_tell_what_was_given_back_twice(flow: FlowSimulator, at_flow: Caller, paid: int) -> None:
    flow.decide_refund(refund(at_flow, "r1", 5000, flowTrxId=paid), accepted=True)
    flow.clock.advance(days=1, seconds=1)
    (entry,) = flow.books.given_back()
    flow.books.entries.append(entry)
    assert flow.books.twice() == ["given back o1"]


def test_the_receiver_gets_one_letter(flow: FlowSimulator, at_flow: Caller, paid: int) -> None:
    refund(at_flow, "r1", 2000, flowTrxId=paid)
    (letter,) = flow.outbox.about("r1")
    assert (letter.kind, letter.to) == ("refund", "ana@correo.cl")
