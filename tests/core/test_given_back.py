"""What the provider tells of money that went back, and what our own refunds gave: the same money once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from django.test import Client
from django.urls import reverse

from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import Located, Received
from payment_subscriptions.inbox import process, store
from payment_subscriptions.lifecycle import PaymentStatus, RefundStatus, Status
from payment_subscriptions.models import Discrepancy, Payment, Subscription
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.money import Money
from payment_subscriptions.verbs import go_on_with_refund
from tests.able import ONCE, AbleGateway, bought, give_back, subscribe
from tests.foreign import (
    LOST_AFTER,
    LOST_BEFORE,
    MONTHLY,
    ForeignProvider,
    clock,
    payer,
    reopened,
    sweep_later,
)


def dollars(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def gateway() -> AbleGateway:
    found = gateways["foreign"]
    assert isinstance(found, AbleGateway)
    return found


def given(row: Subscription) -> list[str]:
    """The sums of payment.refunded, in turn."""
    told = row.events.filter(name="payment.refunded").order_by("pk")
    return [event.payload["amount"] for event in told]


def paid(row: Subscription) -> Payment:
    return row.payments.get()


def test_given_back_in_the_providers_panel(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    give_back(gateway(), "S1-1", dollars("5"))
    row = row.sync()
    assert (paid(row).status, paid(row).refunded) == (PaymentStatus.PARTIALLY_REFUNDED, dollars("5"))
    assert row.has_access
    row.sync()
    give_back(gateway(), "S1-1", dollars("7.50"))
    row = row.sync()
    row.sync()
    assert (paid(row).status, paid(row).refunded) == (PaymentStatus.REFUNDED, dollars("12.50"))
    assert not row.has_access
    assert given(row) == ["5", "7.5"]
    assert not Discrepancy.objects.exists()


def test_our_refund_and_the_providers_word_of_it_are_the_same_money(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    refund = paid(row).refund(dollars("5"), by="ana")
    for _time in range(2):
        row = reopened(row).sync()
    assert refund.status == RefundStatus.REFUNDED
    assert (paid(row).status, paid(row).refunded) == (PaymentStatus.PARTIALLY_REFUNDED, dollars("5"))
    assert given(row) == ["5"]


def test_the_notice_of_our_refund_overtakes_its_answer(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    able.fault("refund", LOST_AFTER)
    refund = paid(row).refund(dollars("5"), by="ana")
    assert refund.is_in_doubt
    row = reopened(row).sync()
    assert (paid(row).refunded, given(row)) == (dollars("5"), ["5"])
    assert go_on_with_refund(refund).status == RefundStatus.REFUNDED
    row = reopened(row).sync()
    assert (paid(row).refunded, given(row)) == (dollars("5"), ["5"])
    assert not Discrepancy.objects.exists()


def test_ours_and_one_of_the_panel_add_up(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    give_back(gateway(), "S1-1", dollars("2"))
    row = row.sync()
    paid(row).refund(dollars("3"), by="ana")
    row = reopened(row).sync()
    assert paid(row).refunded == dollars("5")
    assert sum(map(Decimal, given(row))) == 5


def test_a_provider_that_is_behind_takes_nothing_of_ours_back(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    paid(row).refund(dollars("5"), by="ana")
    able.change_payment("S1", refunded=dollars("0"))
    row = reopened(row).sync()
    assert paid(row).refunded == dollars("5")


def test_one_of_the_panel_that_could_not_be_paid_out_is_paid_again(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    give_back(gateway(), "S1-1", dollars("12.50"))
    row = row.sync()
    able.change_payment("S1", refunded=dollars("0"))
    row = row.sync()
    assert (paid(row).status, paid(row).refunded) == (PaymentStatus.PAID, dollars("0"))
    assert row.has_access
    assert row.events.filter(name="payment.paid").count() == 1
    assert Discrepancy.objects.count() == 1  # its payer was told that it is on its way


def test_what_is_learned_of_late_was_paid_too(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    able.renew("S1")
    able.change_payment("S1", 1, refunded=dollars("12.50"))
    row = row.sync()
    told = row.events.filter(payload__payment="S1-2").order_by("pk").values_list("name", flat=True)
    assert list(told) == ["payment.paid", "payment.refunded"]
    assert row.payments.get(reference="S1-2").status == PaymentStatus.REFUNDED


def test_what_is_disputed_when_it_is_learned_of_was_paid_too(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    able.renew("S1")
    able.change_payment("S1", 1, status=PaymentStatus.DISPUTED)
    row = row.sync()
    told = row.events.filter(payload__payment="S1-2").order_by("pk").values_list("name", flat=True)
    assert list(told) == ["payment.paid", "payment.disputed"]


def test_a_dispute_takes_access_and_a_won_one_gives_it_back(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    able.change_payment("S1", status=PaymentStatus.DISPUTED)
    row = row.sync()
    assert (paid(row).status, row.has_access) == (PaymentStatus.DISPUTED, False)
    able.change_payment("S1", status=PaymentStatus.PAID)
    row = row.sync()
    assert (paid(row).status, row.has_access) == (PaymentStatus.PAID, True)
    names = list(row.events.filter(name__startswith="payment.").order_by("pk").values_list("name", flat=True))
    assert names == ["payment.paid", "payment.disputed", "payment.dispute_won"]
    assert not Discrepancy.objects.exists()


def test_the_payer_sees_what_went_back_and_the_receipt(able: ForeignProvider, client: Client) -> None:
    row = subscribe(MONTHLY)
    able.change_payment("S1", receipt_url="https://pay.example/receipt/1", refunded=dollars("5"))
    row.sync()
    page = client.get(reverse("payments:result", args=[row.checkouts.get().public_id])).content.decode()
    assert 'href="https://pay.example/receipt/1"' in page
    assert "US$5,00" in page.replace("\N{NO-BREAK SPACE}", "")


# Bought once: the provider keeps an order, and tells what becomes of it.


def buy() -> Subscription:
    return payer().subscribe(ONCE).subscription


def test_bought_once_and_given_back_long_after(able: ForeignProvider) -> None:
    row = buy()
    clock.move(days=90)
    order = paid(row).order
    bought[order] = replace(bought[order], refunded=dollars("10"))
    row = row.sync()
    assert (row.status, paid(row).status) == (Status.PAID, PaymentStatus.PARTIALLY_REFUNDED)
    assert row.has_access
    bought[order] = replace(bought[order], refunded=dollars("30"))
    row = row.sync()
    assert (row.status, paid(row).status) == (Status.CANCELLED, PaymentStatus.REFUNDED)
    assert not row.has_access
    assert given(row) == ["10", "20"]
    assert not Discrepancy.objects.exists()


def test_bought_once_disputed_and_won(able: ForeignProvider) -> None:
    row = buy()
    order = paid(row).order
    clock.move(days=90)
    bought[order] = replace(bought[order], status=PaymentStatus.DISPUTED)
    row = row.sync()
    assert (row.status, row.has_access) == (Status.CANCELLED, False)
    bought[order] = replace(bought[order], status=PaymentStatus.PAID)
    row = row.sync()
    assert (row.status, row.has_access, row.access.until) == (Status.PAID, True, None)
    assert row.ended_at is None
    assert not Discrepancy.objects.exists()


def test_a_notice_of_it_is_asked_about(able: ForeignProvider) -> None:
    row = buy()
    order = paid(row).order
    clock.move(days=90)
    bought[order] = replace(bought[order], refunded=dollars("30"))
    process(store("foreign", Received("k", able.token(Located(order=order)))))
    assert not reopened(row).has_access


# A notice that names a refund of ours.


def test_a_notice_that_names_our_refund_lets_it_be_asked(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    able.fault("refund", LOST_AFTER)
    refund = paid(row).refund(dollars("5"), by="ana")
    assert refund.is_in_doubt
    token = able.token(Located(subscription_reference="S1", refund=refund.order))
    notice = process(store("foreign", Received("k", token)))
    assert (notice.state, notice.subscription) == (NoticeState.DONE, row)
    assert reopened(refund).status == RefundStatus.REFUNDED
    assert able.called("fetch_refund") == 1
    assert paid(row).refunded == dollars("5")


def test_a_refund_of_another_is_none_of_ours(able: ForeignProvider) -> None:
    token = able.token(Located(refund="r-of-another", is_ours=False))
    assert process(store("foreign", Received("k", token))).state == NoticeState.FOREIGN


def test_a_notice_of_a_refund_that_gets_no_answer_is_tried_again(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    able.fault("refund", LOST_AFTER)
    refund = paid(row).refund(dollars("5"), by="ana")
    able.fault("fetch_refund", LOST_BEFORE)
    notice = process(store("foreign", Received("k", able.token(Located(refund=refund.order)))))
    assert notice.state == NoticeState.RECEIVED
    sweep_later()
    assert reopened(refund).status == RefundStatus.REFUNDED
