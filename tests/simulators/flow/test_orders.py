"""Payment orders: reminders, two orders of one thing, a second try, links of invoices."""

from __future__ import annotations

import pytest
import requests

from payment_subscriptions.simulators.flow import FlowSimulator

from ..merchant import Merchant
from .caller import Caller
from .test_rules import order


def kinds(flow: FlowSimulator, about: str = "o1") -> list[str]:
    return [letter.kind for letter in flow.outbox.about(about)]


def test_the_payer_is_reminded_until_the_number_is_reached(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.do("payment/createEmail", **order(forward_days_after=2, forward_times=3))
    flow.clock.advance(days=5)
    assert kinds(flow) == ["payment", "reminder", "reminder"]
    flow.clock.advance(days=10)
    assert kinds(flow) == ["payment", *["reminder"] * 3]
    assert len({letter.link for letter in flow.outbox.about("o1")}) == 1


@pytest.mark.parametrize("end", ["pay", "annul"])
def test_reminders_stop_with_the_order(flow: FlowSimulator, at_flow: Caller, end: str) -> None:
    made = at_flow.do("payment/createEmail", **order(forward_days_after=1, forward_times=5))
    flow.clock.advance(days=1, hours=1)
    getattr(flow, end)(made["token"])
    flow.clock.advance(days=5)
    assert kinds(flow) == ["payment", "reminder"]


def test_reminders_stop_with_the_timeout_and_when_the_other_order_is_paid(
    flow: FlowSimulator, at_flow: Caller
) -> None:
    again = {"forward_days_after": 1, "forward_times": 5}
    at_flow.do("payment/createEmail", **order(timeout=3600, **again))
    flow.clock.advance(days=3)
    assert kinds(flow) == ["payment"]
    at_flow.do("payment/createEmail", **order(commerceOrder="o2", **again))
    flow.pay(at_flow.do("payment/create", **order(commerceOrder="o2"))["token"])
    flow.clock.advance(days=3)
    assert kinds(flow, "o2") == ["payment"]


def test_without_both_numbers_nobody_is_reminded(flow: FlowSimulator, at_flow: Caller) -> None:
    at_flow.do("payment/createEmail", **order(forward_days_after=1))
    flow.clock.advance(days=3)
    assert kinds(flow) == ["payment"]


def test_of_two_orders_for_one_thing_only_one_is_paid(
    flow: FlowSimulator, at_flow: Caller, merchant: Merchant
) -> None:
    first, second = (at_flow.do("payment/create", **order(urlConfirmation=merchant.url())) for _ in range(2))
    assert len(flow.orders_of("o1")) == 2
    flow.pay(first["token"])
    form = {"token": second["token"], "accion": "pagar"}
    page = requests.post(second["url"], data=form, timeout=5)
    assert page.status_code == 422
    assert "This commerceOrder o1 has been previously paid" in page.text
    with pytest.raises(ValueError, match="previously paid"):
        flow.pay(second["token"])
    assert len(flow.books.entries) == 1
    assert at_flow.read("payment/getStatus", token=second["token"])["status"] == 1
    assert at_flow.read("payment/getStatusByCommerceId", commerceId="o1")["status"] == 2
    assert merchant.tokens == [first["token"]]


def test_a_rejected_order_is_paid_later_by_the_same_token(flow: FlowSimulator, at_flow: Caller) -> None:
    token = at_flow.do("payment/create", **order())["token"]
    flow.reject(token, code=-7)
    assert at_flow.read("payment/getStatus", token=token)["status"] == 3
    flow.clock.advance(days=1)
    flow.pay(token)
    assert at_flow.read("payment/getStatus", token=token)["status"] == 2
    assert (len(flow.books.declined()), flow.books.twice()) == (1, [])


# --- links of invoices ------------------------------------------------------------------------


@pytest.fixture
def owed(flow: FlowSimulator, at_flow: Caller) -> int:
    """The unpaid first invoice of somebody without a card."""
    at_flow.plan()
    seen = at_flow.subscribe(at_flow.customer(card=False))
    number: int = seen["invoices"][0]["id"]
    return number


def test_a_rejection_leaves_the_invoice_and_its_link(flow: FlowSimulator, at_flow: Caller, owed: int) -> None:
    link = at_flow.read("invoice/get", invoiceId=owed)["paymentLink"]
    flow.reject(link.partition("token=")[2])
    seen = at_flow.read("invoice/get", invoiceId=owed)
    assert (seen["status"], seen["paymentLink"]) == (0, link)
    flow.pay_invoice(owed)
    assert at_flow.read("invoice/get", invoiceId=owed)["status"] == 1


def test_a_void_invoice_has_no_link(flow: FlowSimulator, at_flow: Caller, owed: int) -> None:
    token = flow.invoices[owed].link or ""
    assert at_flow.do("invoice/cancel", invoiceId=owed)["paymentLink"] is None
    with pytest.raises(ValueError, match="annulled"):
        flow.pay(token)


@pytest.mark.parametrize("stays", [False, True])
def test_cancelling_closes_the_link_unless_told(
    flow: FlowSimulator, at_flow: Caller, owed: int, stays: bool
) -> None:
    flow.options.links_after_cancel = stays
    at_flow.do("subscription/cancel", subscriptionId=flow.invoices[owed].subscription_id)
    seen = at_flow.read("invoice/get", invoiceId=owed)
    assert (seen["status"], seen["paymentLink"] is not None) == (0, stays)


def test_annulling_there_is_only_leaving(flow: FlowSimulator, owed: int) -> None:
    flow.annul(flow.invoices[owed].link or "")
    flow.pay_invoice(owed)
    assert len(flow.books.taken()) == 1
