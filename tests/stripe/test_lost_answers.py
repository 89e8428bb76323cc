"""An answer of Stripe's is lost: before anything was done, and after. One subscription, one charge."""

from __future__ import annotations

from typing import Any

import pytest

from payment_subscriptions.billing import billing
from payment_subscriptions.checkout import retry
from payment_subscriptions.lifecycle import CheckoutStatus, RefundStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.simulators.stripe.payer import expire
from payment_subscriptions.verbs import go_on_with_refund

from .merchant import MONTHLY, Merchant

pytestmark = pytest.mark.slow  # whole ways through HTTP: the contract has the shortest of them

LOST = ("reset_before_commit", "reset_after_commit", "http_error_after_commit", "html_200")


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("call", ["customers/create", "checkout/sessions/create"])
def test_opening(merchant: Merchant, call: str, kind: str) -> None:
    merchant.stripe.faults.add(call, kind)
    checkout = merchant.begin()
    assert checkout.status == CheckoutStatus.IN_DOUBT
    merchant.move(minutes=2)
    checkout = merchant.go_on(checkout)
    assert (checkout.status, checkout.next_step) == ("waiting", "go")
    assert merchant.pay(checkout) == ""
    merchant.come_back(checkout)
    assert Subscription.objects.get().status == Status.ACTIVE
    assert len(merchant.stripe.table("customers")) == len(merchant.stripe.table("sessions")) == 1
    assert merchant.charged() == 1000


@pytest.mark.parametrize("kind", LOST)
def test_a_change_of_plan(merchant: Merchant, kind: str) -> None:
    row = merchant.subscribe()
    merchant.move(days=10)
    preview = row.preview_change("team_monthly_usd_v1")
    merchant.stripe.faults.add("subscriptions/update", kind)
    row.change_plan(preview)
    attempt = Checkout.objects.get(purpose="change")
    merchant.move(minutes=2)
    merchant.go_on(attempt)
    row.refresh_from_db()
    assert row.price_key == "team_monthly_usd_v1"
    assert merchant.charged() == 1000 + int(preview.charge.amount * 100)


@pytest.mark.parametrize("kind", LOST)
def test_a_refund(merchant: Merchant, kind: str) -> None:
    row = merchant.subscribe()
    merchant.stripe.faults.add("refunds/create", kind)
    payment = row.payments.get()
    refund = go_on_with_refund(payment.refund(Money("4.00", "USD")))
    assert refund.status == RefundStatus.REFUNDED
    payment.refresh_from_db()
    assert payment.refunded == Money("4.00", "USD")
    assert merchant.charged() == 600


LATE = 600


@pytest.mark.parametrize("call", ["customers/create", "checkout/sessions/create"])
def test_opening_when_the_lost_call_arrives_after_its_repetition(merchant: Merchant, call: str) -> None:
    """The key is the same: whichever comes first is done, the other gets its answer."""
    merchant.stripe.faults.add(call, "late_commit", seconds=LATE)
    checkout = merchant.begin()
    merchant.move(minutes=2)
    checkout = merchant.go_on(checkout)
    assert (checkout.status, checkout.next_step) == ("waiting", "go")
    merchant.move(seconds=LATE)
    assert len(merchant.stripe.table("customers")) == len(merchant.stripe.table("sessions")) == 1


def test_a_refund_when_the_lost_call_arrives_after_its_repetition(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.stripe.faults.add("refunds/create", "late_commit", seconds=LATE)
    refund = go_on_with_refund(row.payments.get().refund(Money("4.00", "USD")))
    assert refund.status == RefundStatus.REFUNDED
    merchant.move(seconds=LATE)
    assert len(merchant.stripe.table("refunds")) == 1
    assert merchant.charged() == 600


def test_the_customer_is_not_whoever_has_the_same_e_mail(merchant: Merchant) -> None:
    """An e-mail that somebody typed reaches nobody's cards."""
    row = merchant.subscribe(nonce="first")
    merchant.stripe.faults.add("customers/create", "reset_before_commit")
    checkout = merchant.begin(nonce="second")
    merchant.move(minutes=2)
    checkout = merchant.go_on(checkout)
    assert checkout.customer.reference not in (None, "", row.customer.reference)
    assert len(merchant.stripe.table("customers")) == 2


def test_a_payer_s_next_purchase_is_another_one(merchant: Merchant, django_user_model: Any) -> None:
    """The same customer on the same day: the keys of two orders are two."""
    payer = billing(django_user_model.objects.create_user("bob", email="bob@mail.example"))
    for price in (MONTHLY, "book_once_usd_v1"):
        checkout = payer.subscribe(price)
        assert checkout.next_step == "go"
        assert merchant.pay(checkout) == ""
        assert merchant.come_back(checkout).status == CheckoutStatus.DONE
    assert len(merchant.stripe.table("customers")) == 1
    assert merchant.charged() == 2500


def test_after_a_page_that_expired_comes_another_one(merchant: Merchant) -> None:
    checkout = merchant.begin()
    first = merchant.session(checkout)
    account = merchant.stripe.account
    expire(account, account.sessions[first])
    checkout = merchant.go_on(retry(merchant.come_back(checkout)))
    assert checkout.next_step == "go"
    assert merchant.session(checkout) != first
    assert merchant.pay(checkout) == ""
    assert merchant.come_back(checkout).subscription.status == Status.ACTIVE
    assert merchant.charged() == 1000
