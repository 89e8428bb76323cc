"""Flow's callbacks over HTTP: unsigned, so nothing in them is believed."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import requests

from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Notice, Payment, Subscription
from payment_subscriptions.models.notice import NoticeState
from tests.shop import EMAIL, Shop, charged, token_in

WEBHOOK = "/pagos/api/flow/webhook/"
UNKNOWN_TOKEN = "0123456789ABCDEF0123456789ABCDEF0123456A"


def post(live_server: Any, **fields: str) -> requests.Response:
    return requests.post(live_server.url + WEBHOOK, data=fields, timeout=20, allow_redirects=False)


def renewal_token(shop: Shop) -> str:
    """The token of the newest renewal, whose callback was lost."""
    shop.flow.faults.add("callback", "lost")
    shop.move(months=1)
    return next(token for token, order in reversed(shop.flow.orders.items()) if order.invoice_id)


def test_a_forged_status_2_pays_nothing(shop: Shop, live_server: Any) -> None:
    """The recipe believed ``status`` in the request: anybody could pay for nothing."""
    shop.flow.decline_next(times=None)
    subscription = shop.subscribe()
    token = next(reversed(shop.flow.orders))
    answer = post(live_server, token=token, status="2")
    assert answer.status_code == 200
    assert answer.json()["status"] == "past_due"
    subscription.refresh_from_db()
    assert subscription.status == Status.PAST_DUE
    assert not subscription.access.allowed
    assert charged(shop.flow) == 0


def test_an_unpaid_webhook_does_not_unpay_or_fail_the_subscription(shop: Shop, live_server: Any) -> None:
    """The recipe wrote the status of whatever payment was told about onto the subscription."""
    subscription = shop.subscribe()
    order = next(reversed(shop.flow.orders))
    shop.flow.faults.add("payment/getStatus", "status", value=3)
    assert post(live_server, token=order).status_code == 200
    subscription.refresh_from_db()
    assert subscription.status == Status.ACTIVE
    assert subscription.payments.get().status == PaymentStatus.PAID


def test_without_a_token_400_and_nothing_is_stored(shop: Shop, live_server: Any) -> None:
    assert post(live_server).status_code == 400
    assert post(live_server, token=" ").status_code == 400
    assert post(live_server, token="x" * 5000).status_code == 400
    assert post(live_server, token="\x00\x01").status_code == 400
    assert Notice.objects.count() == 0


def test_by_get_405(shop: Shop, live_server: Any) -> None:
    answer = requests.get(live_server.url + WEBHOOK, params={"token": UNKNOWN_TOKEN}, timeout=20)
    assert answer.status_code == 405
    assert Notice.objects.count() == 0


def test_404_only_where_flow_itself_asked_does_not_know_it(shop: Shop, live_server: Any) -> None:
    answer = post(live_server, token=UNKNOWN_TOKEN)
    assert answer.status_code == 404
    assert answer.json() == {"received": True, "subscription_id": None, "status": "pending"}
    assert Notice.objects.get().state == NoticeState.UNKNOWN
    assert Subscription.objects.count() == 0


def test_no_404_for_a_subscription_unknown_here_while_flow_knows_the_token(
    shop: Shop, live_server: Any
) -> None:
    """The recipe answered 404, and Flow e-mailed the merchant about it at every renewal."""
    shop.subscribe()
    token = renewal_token(shop)
    Subscription.objects.update(reference="sus_of_another_site")
    answer = post(live_server, token=token)
    assert (answer.status_code, answer.json()["subscription_id"]) == (200, None)
    assert Notice.objects.get().state == NoticeState.RECEIVED


def test_while_flow_gives_no_answer_the_notice_is_kept_and_worked_later(shop: Shop, live_server: Any) -> None:
    subscription = shop.subscribe()
    token = renewal_token(shop)
    shop.configure(TIMEOUT=0.5)
    shop.flow.faults.add("payment/getStatus", "http_error", times=None)
    answer = post(live_server, token=token)
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    assert Notice.objects.get().state == NoticeState.RECEIVED
    shop.flow.faults.clear()
    shop.flow.clock.advance(minutes=1)
    shop.sweep()
    assert Notice.objects.get().state == NoticeState.DONE
    assert subscription.payments.paid().count() == 2


def test_a_callback_for_someone_elses_order_touches_nothing_and_its_money_is_kept_for_a_person(
    shop: Shop, live_server: Any
) -> None:
    subscription = shop.subscribe()
    client = gateways["flow"].client  # type: ignore[attr-defined]
    order = client.payment.create(
        commerce_order="another-shop-7",
        subject="Zapatos",
        amount=12345,
        email="otra@correo.cl",
        url_confirmation=live_server.url + WEBHOOK,
        url_return=live_server.url + "/",
    )
    shop.flow.pay(order.token)
    assert Notice.objects.get().state == NoticeState.FOREIGN
    kept = Discrepancy.objects.get()
    assert (kept.kind, kept.amount) == ("foreign_payment", Decimal(12345))
    assert kept.subscription is None
    assert subscription.payments.count() == 1
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    "changes", [{"amount": Decimal(1000)}, {"currency": "UF"}], ids=["amount", "currency"]
)
def test_another_amount_or_currency_is_a_discrepancy_and_never_paid(
    shop: Shop, changes: dict[str, Any]
) -> None:
    """Somebody edited the plan in Flow's panel: what is charged is not what was agreed here."""
    vars(shop.flow.plans["pro_monthly_v1"]).update(changes)
    subscription = shop.subscribe()
    assert subscription.payments.get().status == PaymentStatus.PENDING
    assert not subscription.access.allowed
    assert Discrepancy.objects.filter(kind="amount").exists()
    assert subscription.owed == []  # nobody is asked to pay twice
    assert not Event.objects.filter(name="payment.paid").exists()


def test_a_callback_that_overtakes_the_answer_of_the_create(shop: Shop) -> None:
    shop.flow.faults.add("subscription/create", "callback_before_answer")
    subscription = shop.subscribe()
    assert subscription.status == Status.ACTIVE
    shop.flow.settle()
    shop.flow.clock.advance(minutes=2)
    shop.sweep()
    assert set(Notice.objects.values_list("state", flat=True)) == {NoticeState.DONE}
    assert Event.objects.filter(name="payment.paid").count() == 1


@pytest.mark.parametrize("kind", ["duplicated", "concurrent", "repeated", "late", "forged_fields"])
def test_however_a_renewal_is_told_it_is_one_payment(shop: Shop, kind: str) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("callback", kind)
    shop.move(months=1)
    shop.move(hours=3)
    assert subscription.payments.paid().count() == 2
    assert Event.objects.filter(name="payment.paid").count() == 2


@pytest.mark.parametrize("kind", ["unknown_token", "garbage_token", "no_token", "as_get"])
def test_a_broken_callback_is_made_up_for_by_the_sweep(shop: Shop, kind: str) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("callback", kind)
    shop.move(months=1)
    shop.move(hours=1)
    shop.sweep()
    assert subscription.payments.paid().count() == 2


def test_renewals_told_out_of_order(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("callback", "late", seconds=40 * 86400)
    for _month in range(3):
        shop.move(months=1)
    assert subscription.payments.paid().count() == 4
    assert Event.objects.filter(name="payment.paid").count() == 4
    subscription.refresh_from_db()
    assert subscription.paid_through == max(p.period_end for p in subscription.payments.all() if p.period_end)


def test_cancelled_in_flows_own_panel(shop: Shop, live_server: Any) -> None:
    subscription = shop.subscribe()
    shop.flow.cancel_subscription(subscription.reference or "")
    subscription = subscription.sync()
    assert subscription.status == Status.CANCELLED
    assert not subscription.access.allowed
    assert not Discrepancy.objects.exists()


def test_the_other_environments_key_alarms_and_loses_nothing(shop: Shop, live_server: Any) -> None:
    subscription = shop.subscribe()
    token = renewal_token(shop)
    shop.flow.faults.add("*", "api_key_not_found", times=None)
    assert post(live_server, token=token).status_code == 200
    assert Notice.objects.get().state == NoticeState.RECEIVED
    assert "ConfigurationError" in Notice.objects.get().error
    shop.flow.faults.clear()
    shop.flow.clock.advance(minutes=1)
    shop.sweep()
    assert subscription.payments.paid().count() == 2


def test_no_log_line_holds_a_token_or_an_email(
    shop: Shop, live_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The recipe printed what it sent and signed."""
    caplog.set_level(logging.DEBUG)
    shop.subscribe()
    token = renewal_token(shop)
    shop.flow.faults.add("payment/getStatus", "http_error", times=3)
    post(live_server, token=token)
    shop.flow.clock.advance(minutes=1)
    shop.sweep()
    post(live_server, token=UNKNOWN_TOKEN)
    lines = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert any("Notice not processed" in line for line in lines)
    registration = token_in(Checkout.objects.get().url)
    known = [*shop.flow.orders, registration, UNKNOWN_TOKEN, EMAIL, shop.flow.secret_key, shop.flow.api_key]
    assert [line for line in lines if any(secret in line for secret in known)] == []


@pytest.mark.postgres
def test_fifty_copies_at_once_are_one_payment_one_event_and_at_most_two_fetches(
    shop: Shop, live_server: Any
) -> None:
    subscription = shop.subscribe()
    token = renewal_token(shop)
    shop.flow.faults.add("subscription/get", "slow", times=None, seconds=1)
    before = len([call for call in shop.flow.calls if call.service == "subscription/get"])
    start = threading.Barrier(50)

    def copy(_number: int) -> int:
        start.wait()
        return post(live_server, token=token).status_code

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(copy, range(50)))
    shop.sweep()
    fetches = len([call for call in shop.flow.calls if call.service == "subscription/get"]) - before
    assert answers == [200] * 50
    assert subscription.payments.paid().count() == 2
    assert Event.objects.filter(name="payment.paid").count() == 2
    assert fetches <= 2
    notice = Notice.objects.get()
    assert (notice.state, notice.arrivals) == (NoticeState.DONE, 50)


def test_a_renewal_whose_invoice_flow_cannot_find_is_still_ours(shop: Shop, live_server: Any) -> None:
    subscription = shop.subscribe()
    token = renewal_token(shop)
    shop.flow.faults.add("invoice/get", "error", code=1700, message="invoice not found", status=400)
    assert post(live_server, token=token).json()["status"] == "active"
    assert subscription.payments.paid().count() == 2
    assert not Discrepancy.objects.exists()
