"""Strategy link: Flow bills, the payer pays by the bill's link, from where nobody comes back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from payment_subscriptions.billing import billing
from payment_subscriptions.checkout import AlreadySubscribed
from payment_subscriptions.exceptions import OutcomeUnknown
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.simulators.flow.records import CANCELLED, VOID
from payment_subscriptions.views.states import State
from tests.flow.buyers import (
    LOST_AFTER,
    LOST_BEFORE,
    again,
    calls,
    kinds,
    pass_days,
    pass_time,
    pay,
    state,
    statuses,
    told,
)
from tests.shop import EMAIL, Shop, charged, token_in


@pytest.fixture(autouse=True)
def by_link(shop: Shop) -> None:
    shop.configure(STRATEGIES=("link",))


def assert_paid_once(shop: Shop) -> None:
    subscription = Subscription.objects.get()
    assert subscription.status == Status.ACTIVE
    assert subscription.access.allowed
    assert statuses(subscription) == [PaymentStatus.PAID]
    assert len(shop.flow.customers) == len(shop.flow.subscriptions) == 1
    assert charged(shop.flow) == 10000
    assert told("payment.paid") == told("subscription.activated") == 1
    assert kinds() == []


def assert_ended_there(shop: Shop, checkout: Checkout) -> None:
    """Nothing can be paid any more, nobody is billed again, and the seat is free."""
    row = again(checkout.subscription)
    assert (row.status, row.slot_key) == (Status.CANCELLED, None)
    (there,) = shop.flow.subscriptions.values()
    assert there.status == CANCELLED
    assert [shop.flow.invoices[number].status for number in there.invoices] == [VOID]
    shop.move(days=40)
    assert len(shop.flow.invoices) == 1
    assert charged(shop.flow) == 0


def test_without_the_card_contract_the_payer_gets_the_bills_link(shop: Shop) -> None:
    shop.configure(STRATEGIES=("card", "link"))
    shop.flow.options.card_contract = False
    checkout = shop.begin()
    first, second = checkout.subscription.checkouts.all()
    assert (first.strategy, first.status, first.reason) == ("card", CheckoutStatus.REFUSED, "7001")
    assert (second.strategy, second.status, second.next_step) == ("link", CheckoutStatus.WAITING, "pay")
    assert checkout.pk == second.pk
    assert first.customer_id == second.customer_id
    assert first.order != second.order
    assert told("checkout.refused") == 1
    assert (checkout.subscription.strategy, checkout.subscription.status) == ("link", Status.PENDING)
    assert not checkout.subscription.access.allowed
    (invoice,) = shop.flow.invoices.values()
    assert token_in(checkout.url) == invoice.link
    assert state(checkout) == State.PAYING
    pay(shop, checkout)
    assert_paid_once(shop)
    assert state(checkout) == State.READY
    pass_time(shop, 5)
    assert Checkout.objects.get(pk=checkout.pk).status == CheckoutStatus.DONE


def test_paid_and_nobody_tells_the_next_look_finds_it(shop: Shop) -> None:
    checkout = shop.begin()
    assert shop.flow.outbox.of("collection")[0].to == EMAIL
    shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    pass_time(shop, 3)
    assert_paid_once(shop)


def test_the_card_is_not_left_on_anything_but_that_refusal(shop: Shop) -> None:
    shop.configure(STRATEGIES=("card", "link"))
    shop.flow.options.card_contract = False
    assert shop.begin(email="ana@example.com").subscription.checkouts.count() == 1
    shop.flow.faults.add("customer/register", "http_error", times=None)
    checkout = shop.begin(nonce="other")
    assert checkout.status == CheckoutStatus.IN_DOUBT
    assert checkout.subscription.checkouts.count() == 1
    assert state(checkout) == State.DOUBT
    shop.flow.faults.clear()
    pass_time(shop, 2)
    assert checkout.subscription.checkouts.count() == 2
    assert shop.flow.subscriptions.keys() == {again(checkout.subscription).reference}


def test_a_lost_subscription_is_asked_for_and_nothing_else_is_tried(shop: Shop) -> None:
    shop.configure(STRATEGIES=("link", "order"))
    shop.flow.faults.add("subscription/create", "reset_after_commit")
    checkout = shop.begin()
    assert (checkout.status, checkout.strategy) == (CheckoutStatus.IN_DOUBT, "link")
    pass_time(shop, 2)
    assert calls(shop, "payment/create") == 0
    pay(shop, checkout)
    assert_paid_once(shop)


def test_refused_at_the_bank_the_reason_is_told_and_the_same_link_is_paid(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.reject(token_in(checkout.url), code=-7)
    checkout = shop.go_on(checkout)
    assert (checkout.next_step, checkout.reason) == ("pay", "-7")
    pay(shop, checkout)
    assert_paid_once(shop)


@pytest.mark.parametrize(("kind", "options"), [("http_error", {}), ("error", {"code": 2001})])
def test_a_question_without_an_answer_ends_nothing(shop: Shop, kind: str, options: dict[str, Any]) -> None:
    checkout = shop.begin()
    shop.flow.faults.add("subscription/get", kind, times=None, **options)
    checkout = shop.go_on(checkout)
    assert (checkout.status, checkout.next_step) == (CheckoutStatus.WAITING, "pay")
    shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    shop.flow.faults.clear()
    pass_time(shop, 10)
    assert_paid_once(shop)


def test_each_month_flow_mails_a_link_and_paid_it_goes_on(shop: Shop) -> None:
    pay(shop, shop.begin())
    for _month in range(3):
        shop.move(months=1)
        shop.sweep()
        unpaid = next(invoice for invoice in shop.flow.invoices.values() if invoice.open)
        row = Subscription.objects.get()
        assert (row.status, len(row.owed), row.access.why) == (Status.ACTIVE, 1, "grace")
        shop.flow.pay_invoice(unpaid.id)
        row = Subscription.objects.get()
        assert row.status == Status.ACTIVE
        assert row.owed == []
    assert statuses(row) == [PaymentStatus.PAID] * 4
    assert len(shop.flow.outbox.of("collection")) == 4
    assert told("subscription.past_due") == 0
    assert charged(shop.flow) == 40000
    assert kinds() == []


def test_a_month_that_is_not_paid_is_past_due_and_access_ends_with_the_grace(shop: Shop) -> None:
    pay(shop, shop.begin())
    shop.move(months=1)
    pass_days(shop, 2)
    row = Subscription.objects.get()
    assert (row.status, row.access.why) == (Status.ACTIVE, "grace")
    assert row.owed[0].pay_url
    pass_days(shop, 3)
    row = Subscription.objects.get()
    assert row.status == Status.PAST_DUE
    assert not row.access.allowed
    shop.flow.pay_invoice(int(row.owed[0].reference))
    row = Subscription.objects.get()
    assert row.status == Status.ACTIVE
    assert row.access.allowed
    assert told("subscription.past_due") == told("subscription.recovered") == 1


def test_a_month_paid_while_nobody_tells_is_found_within_a_day(shop: Shop) -> None:
    pay(shop, shop.begin())
    shop.move(months=1)
    shop.sweep()
    shop.flow.faults.add("callback", "lost", times=None)
    shop.flow.pay_invoice(next(invoice.id for invoice in shop.flow.invoices.values() if invoice.open))
    shop.move(days=1)
    shop.move(minutes=15)
    shop.sweep()
    row = Subscription.objects.get()
    assert (row.owed, row.access.why) == ([], "paid")
    assert told("subscription.past_due") == 0


def test_nobody_pays_until_it_is_due(shop: Shop) -> None:
    checkout = shop.begin()
    pass_days(shop, 3)
    assert Checkout.objects.get().status == CheckoutStatus.WAITING
    pass_days(shop, 2)
    assert Checkout.objects.get().status == CheckoutStatus.EXPIRED
    assert told("subscription.abandoned") == 1
    services = [call.service for call in shop.flow.calls]
    assert services.index("invoice/cancel") < services.index("subscription/cancel")
    assert_ended_there(shop, checkout)


def test_paid_just_before_its_end_it_stays(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.lose_next_callbacks()
    pay(shop, checkout)
    with pytest.raises(AlreadySubscribed):
        shop.begin("basic_monthly_v1")
    assert_paid_once(shop)


def test_paid_between_the_look_and_the_voiding_it_stays(shop: Shop) -> None:
    """The bill comes first: one that was paid cannot be voided, and then nothing is ended."""
    checkout = shop.begin()
    shop.flow.lose_next_callbacks()
    shop.flow.faults.add("subscription/get", "slow", seconds=0.6)  # answered as it was before
    with ThreadPoolExecutor(1) as pool:
        paying = pool.submit(pay_after, shop, token_in(checkout.url), 0.2)
        with pytest.raises(OutcomeUnknown):
            shop.begin("basic_monthly_v1")
        paying.result()
    pass_time(shop, 5)
    assert_paid_once(shop)
    assert calls(shop, "subscription/cancel") == 0


def pay_after(shop: Shop, token: str, seconds: float) -> None:
    time.sleep(seconds)
    shop.flow.pay(token)


def test_a_new_choice_first_withdraws_the_old_link(shop: Shop) -> None:
    old = shop.begin()
    new = shop.begin("basic_monthly_v1")
    there = shop.flow.subscriptions
    first, second = again(old.subscription), again(new.subscription)
    assert there[str(first.reference)].status == CANCELLED
    assert Checkout.objects.get(pk=old.pk).status == CheckoutStatus.EXPIRED
    assert (first.status, first.slot_key) == (Status.CANCELLED, None)
    pay(shop, new)
    assert again(second).status == Status.ACTIVE
    assert charged(shop.flow) == 5000
    assert kinds() == []


@pytest.mark.parametrize("at_period_end", [True, False])
def test_cancelled_while_nothing_is_paid(shop: Shop, at_period_end: bool) -> None:
    checkout = shop.begin()
    assert checkout.subscription.cancel(at_period_end=at_period_end).status == Status.CANCELLED
    assert state(checkout) == State.GIVEN_UP
    assert_ended_there(shop, checkout)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["customer/create", "subscription/create"])
@pytest.mark.parametrize("kind", [*LOST_BEFORE, *LOST_AFTER, "late_commit"])
def test_a_lost_answer_on_the_way_in_makes_nothing_twice(shop: Shop, service: str, kind: str) -> None:
    shop.configure(TIMEOUT=0.5)
    shop.flow.faults.add(service, kind)
    checkout = shop.begin()
    assert checkout.status == CheckoutStatus.IN_DOUBT
    assert state(checkout) == State.DOUBT
    pass_time(shop, 40)
    assert checkout.subscription.checkouts.count() == 1
    assert state(checkout) == State.PAYING
    pay(shop, checkout)
    assert_paid_once(shop)


@pytest.mark.slow
@pytest.mark.parametrize("service", ["invoice/cancel", "subscription/cancel"])
@pytest.mark.parametrize("kind", [*LOST_BEFORE, *LOST_AFTER])
def test_a_lost_answer_on_the_way_out_is_finished_by_the_sweep(shop: Shop, service: str, kind: str) -> None:
    shop.configure(TIMEOUT=0.5)
    checkout = shop.begin()
    shop.flow.faults.add(service, kind)
    with pytest.raises(OutcomeUnknown):
        checkout.subscription.cancel()
    assert told("subscription.activated") == 0
    pass_time(shop, 10)
    assert not Checkout.objects.get().is_running
    assert_ended_there(shop, checkout)


def test_a_choice_that_could_not_be_withdrawn_whole_is_not_offered_again(shop: Shop) -> None:
    """Its bill is void, the subscription still stands there: nobody could ever pay it."""
    old = shop.begin()
    shop.flow.faults.add("subscription/cancel", "reset_before_commit")
    with pytest.raises(OutcomeUnknown):
        shop.begin("basic_monthly_v1")
    assert state(old) == State.PAYING
    again(old.subscription).sync()
    assert told("subscription.activated") == 0
    shop.begin()
    new = shop.begin()
    assert new.pk != old.pk
    pay(shop, new)
    assert again(new.subscription).status == Status.ACTIVE
    assert charged(shop.flow) == 10000


def test_a_bill_voided_in_flows_panel_is_not_a_paid_one(shop: Shop) -> None:
    checkout = shop.begin()
    (number,) = shop.flow.invoices
    shop.flow.void_invoice(number)
    pass_time(shop, 10)
    row = again(checkout.subscription).sync()
    assert row.status == Status.PENDING
    assert told("subscription.activated") == 0
    pass_days(shop, 5)
    assert_ended_there(shop, checkout)


def test_cancelled_in_flows_panel_while_nothing_is_paid(shop: Shop) -> None:
    checkout = shop.begin()
    shop.flow.cancel_subscription(next(iter(shop.flow.subscriptions)))
    pass_time(shop, 5)
    row = again(checkout.subscription)
    assert (row.status, row.slot_key) == (Status.CANCELLED, None)


def test_a_trial_begins_without_any_link(shop: Shop) -> None:
    checkout = shop.begin("trial_monthly_v1")
    assert checkout.status == CheckoutStatus.DONE
    assert checkout.subscription.status == Status.TRIALING
    shop.move(days=8)
    shop.sweep()
    row = again(checkout.subscription)
    assert len(row.owed) == 1
    shop.flow.pay_invoice(int(row.owed[0].reference))
    assert again(row).status == Status.ACTIVE


def test_a_payer_cannot_change_a_card_that_nobody_has(shop: Shop) -> None:
    pay(shop, shop.begin())
    pass_time(shop, 2)
    row = Subscription.objects.get()
    assert row.customer.card_last4 == ""
    with pytest.raises(AlreadySubscribed):
        shop.begin()


def test_a_bill_that_is_paid_after_the_end_is_seen_without_a_callback(shop: Shop) -> None:
    shop.flow.options.links_after_cancel = True
    pay(shop, shop.begin())
    shop.move(months=1)
    shop.sweep()
    bill = list(shop.flow.invoices)[-1]
    row = Subscription.objects.get().cancel()
    pass_days(shop, 33)
    assert again(row).status == Status.CANCELLED
    shop.flow.faults.add("callback", "lost", times=None)
    shop.flow.pay_invoice(bill)
    pass_days(shop, 3)
    assert row.payments.get(reference=str(bill)).status == PaymentStatus.PAID
    assert again(row).next_sync_at is None


def test_a_user_whose_customer_flow_deleted_subscribes_anew(shop: Shop, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("ana", EMAIL)

    def subscribe() -> Subscription:
        checkout = billing(user).subscribe("pro_monthly_v1")
        pay(shop, checkout)
        return again(checkout.subscription)

    first = subscribe().cancel(at_period_end=False)
    gateways["flow"].client.customer.delete(first.customer.reference)  # type: ignore[attr-defined]
    second = subscribe()
    assert second.status == Status.ACTIVE
    assert second.customer.reference != first.customer.reference
    assert charged(shop.flow) == 20000
