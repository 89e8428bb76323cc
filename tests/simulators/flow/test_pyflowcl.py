"""Another one's client, as it comes from PyPI, talks to the simulator with its own signing.

Where Flow's document says that a call of it fails, it fails here. pyflowcl knows payments and
refunds only; it has no refund/cancel, and a refund's token is not in what it reads.
"""

from __future__ import annotations

from typing import Any

import pytest
from pyflowcl import Payment, Refund
from pyflowcl.Clients import ApiClient
from pyflowcl.exceptions import GenericError

from payment_subscriptions.simulators.flow import FlowSimulator

from ..merchant import Merchant
from .caller import Caller


@pytest.fixture
def client(flow: FlowSimulator) -> ApiClient:
    flow.reset(seed=1, now="2026-07-05 10:00")
    return ApiClient(flow.api_url, flow.api_key, flow.secret_key)


def order(**params: object) -> dict[str, Any]:
    base = {"commerceOrder": "o1", "subject": "Año 1", "amount": 5000, "email": "ana+1@correo.cl"}
    return {**base, "urlConfirmation": "http://127.0.0.1:9/c", "urlReturn": "http://127.0.0.1:9/r", **params}


def refused(error: pytest.ExceptionInfo[GenericError]) -> str:
    text: str = error.value.message
    return text


def test_a_payment_from_order_to_paid(flow: FlowSimulator, client: ApiClient, merchant: Merchant) -> None:
    made = Payment.create(client, order(urlConfirmation=merchant.url(), timeout=600))
    assert (made.url or "").startswith(flow.url)
    assert Payment.getStatus(client, made.token).status == 1
    flow.pay(made.token or "")
    assert merchant.tokens == [made.token]
    paid = Payment.getStatus(client, made.token)
    assert (paid.status, paid.commerceOrder, paid.payer) == (2, "o1", "ana+1@correo.cl")
    assert paid.subject == "Año 1"
    assert paid.payment_data["amount"] == "5000.00"


def test_finding_it_again(flow: FlowSimulator, client: ApiClient) -> None:
    made = Payment.create(client, order())
    for found in (
        Payment.getStatusByCommerceId(client, "o1"),
        Payment.getStatusByFlowOrder(client, made.flowOrder),
    ):
        assert (found.flowOrder, found.status) == (made.flowOrder, 1)
    with pytest.raises(GenericError) as error:
        Payment.getStatusByCommerceId(client, "nobody")
    assert "Transaction not found" in refused(error)


def test_a_letter_with_reminders(flow: FlowSimulator, client: ApiClient) -> None:
    Payment.createEmail(client, order(forward_days_after=1, forward_times=2))
    flow.clock.advance(days=5)
    assert [letter.kind for letter in flow.outbox.about("o1")] == ["payment", "reminder", "reminder"]


def test_a_refund_is_made_accepted_and_paid_out(
    flow: FlowSimulator, client: ApiClient, merchant: Merchant
) -> None:
    made = Payment.create(client, order())
    flow.pay(made.token or "")
    wish = {"refundCommerceOrder": "r1", "receiverEmail": "ana@correo.cl", "amount": 2000}
    wish |= {"urlCallBack": merchant.url(), "flowTrxId": made.flowOrder}
    offered = Refund.create(client, wish)
    assert (offered.status, offered.amount) == ("created", "2000.00")
    (token,) = flow.refunds
    assert str(flow.refunds[token].flow_order) == offered.flowRefundOrder
    flow.decide_refund(token, accepted=True)
    assert merchant.tokens == [token]
    flow.clock.advance(days=1, seconds=1)
    assert Refund.getStatus(client, token).status == "refunded"
    with pytest.raises(GenericError) as error:
        Refund.create(client, {**wish, "refundCommerceOrder": "r2", "amount": 3001})
    assert "left of the payment" in refused(error)


def test_a_refund_that_was_cancelled_is_seen(flow: FlowSimulator, client: ApiClient, at_flow: Caller) -> None:
    wish = {"refundCommerceOrder": "r1", "receiverEmail": "ana@correo.cl", "amount": 2000}
    Refund.create(client, {**wish, "urlCallBack": "http://127.0.0.1:9/"})
    (token,) = flow.refunds
    at_flow.do("refund/cancel", token=token)
    assert Refund.getStatus(client, token).status == "canceled"


# --- where the document says that it fails ------------------------------------------------------


def test_the_day_feed_needs_the_order_of_the_alphabet(flow: FlowSimulator, client: ApiClient) -> None:
    """It signs in the order of its caller's dictionary and puts the key last; Flow's document says
    that the parameters are sorted by name, so only one that has the key first is signed right."""
    flow.pay(Payment.create(client, order()).token or "")
    with pytest.raises(GenericError) as error:
        Payment.getPayments(client, {"date": "2026-07-05"})
    assert "Invalid Signature" in refused(error)
    assert Payment.getPayments(client, {"apiKey": None, "date": "2026-07-05"}).total == 1


def test_a_zero_is_sent_and_not_signed(client: ApiClient) -> None:
    """It leaves out of the signature what is false, and sends it; the document signs all that is sent."""
    with pytest.raises(GenericError) as error:
        Payment.create(client, order(timeout=0))
    assert "Invalid Signature" in refused(error)
    with pytest.raises(GenericError) as error:
        Payment.getPayments(client, {"apiKey": None, "date": "2026-07-05", "limit": 10, "start": 0})
    assert "Invalid Signature" in refused(error)


def test_a_medium_goes_by_a_name_that_flow_does_not_know(flow: FlowSimulator, client: ApiClient) -> None:
    """``payment_method`` is signed and sent; the document has ``paymentMethod``: it is ignored."""
    made = Payment.create(client, order(payment_method=1))
    assert flow.orders[made.token or ""].status == 1


def test_keys_of_another_account(flow: FlowSimulator) -> None:
    with pytest.raises(GenericError) as error:
        Payment.create(ApiClient(flow.api_url, flow.api_key, "other"), order())
    assert "Invalid Signature" in refused(error)
    with pytest.raises(GenericError) as error:
        Payment.create(ApiClient(flow.api_url, "other", flow.secret_key), order())
    assert "apiKey not found" in refused(error)


def test_one_order_is_paid_once(flow: FlowSimulator, client: ApiClient) -> None:
    first, second = (Payment.create(client, order()) for _ in range(2))
    flow.pay(first.token or "")
    with pytest.raises(ValueError, match="previously paid"):
        flow.pay(second.token or "")
    with pytest.raises(GenericError) as error:
        Payment.create(client, order())
    assert "1605" in refused(error)
    assert flow.books.twice() == []
