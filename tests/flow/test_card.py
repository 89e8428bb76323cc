"""Strategy card, from the button to the renewals, against the simulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payment_subscriptions.billing import billing, form_payer
from payment_subscriptions.checkout import advance, open_card_change
from payment_subscriptions.exceptions import OutcomeUnknown, Refused
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Customer, Discrepancy, Event, Notice, Payment, Subscription
from tests.shop import Shop, charged


def names() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("name", flat=True))


def test_a_payer_subscribes_with_a_card(shop: Shop) -> None:
    checkout = shop.begin()
    assert checkout.status == CheckoutStatus.WAITING
    assert checkout.next_step == "go"
    shop.enter_card(checkout)
    subscription = shop.come_back(checkout).subscription
    assert subscription.status == Status.ACTIVE
    assert subscription.access.allowed
    assert form_payer("nonce", "ana@correo.cl").access("pro")
    assert not form_payer("nonce", "ana@correo.cl").access("basic")
    payment = subscription.payments.get()
    assert (payment.status, payment.amount, payment.currency) == (PaymentStatus.PAID, 10000, "CLP")
    assert Customer.objects.get().card_last4 == "6623"
    assert names() == ["subscription.opened", "payment.paid", "subscription.activated"]
    assert charged(shop.flow) == 10000


def test_an_email_with_plus_and_a_name_with_accents_reach_flow_as_they_are(shop: Shop) -> None:
    """The recipe signed another text than it sent: such payers were refused."""
    checkout = form_payer("nonce", "ana+flow@correo.cl", "José Ñuñoa Pérez").subscribe("pro_monthly_v1")
    assert checkout.status == CheckoutStatus.WAITING
    (customer,) = shop.flow.customers.values()
    assert (customer.email, customer.name) == ("ana+flow@correo.cl", "José Ñuñoa Pérez")


def test_renewals_arrive_with_new_tokens_and_are_recognised_by_subscription_and_invoice(shop: Shop) -> None:
    subscription = shop.subscribe()
    for _month in range(3):
        shop.move(months=1)
    assert Notice.objects.count() == 3
    assert set(Notice.objects.values_list("state", flat=True)) == {"done"}
    assert [p.status for p in subscription.payments.all()] == [PaymentStatus.PAID] * 4
    assert charged(shop.flow) == 40000
    assert not Discrepancy.objects.exists()
    subscription.refresh_from_db()
    assert subscription.access.allowed
    assert names().count("payment.paid") == 4


def test_with_every_callback_lost_the_sweep_alone_reaches_the_same_rows(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("callback", "lost", times=None)
    for _day in range(95):
        shop.flow.clock.advance(days=1)
        shop.sweep(1)
    assert Notice.objects.count() == 0
    assert [p.status for p in subscription.payments.all()] == [PaymentStatus.PAID] * 4
    assert charged(shop.flow) == 40000


def test_a_failed_charge_is_owed_and_recovered_by_a_new_card(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.decline_next(code=-7, times=None)
    shop.move(months=1)
    shop.move(hours=2)
    shop.sweep()
    subscription.refresh_from_db()
    assert subscription.status == Status.PAST_DUE
    assert [p.failure_code for p in subscription.owed] == ["-7"]
    assert subscription.access.why == "grace"
    shop.flow.faults.clear()
    checkout = advance(open_card_change(subscription))
    shop.enter_card(checkout)
    checkout = shop.come_back(checkout)
    assert checkout.status == CheckoutStatus.DONE
    subscription.refresh_from_db()
    assert subscription.status == Status.ACTIVE
    assert charged(shop.flow) == 20000
    assert names()[-3:] == ["card.changed", "payment.paid", "subscription.recovered"]


def test_cancelled_at_period_end_it_works_until_then_and_is_charged_no_more(shop: Shop) -> None:
    subscription = shop.subscribe().cancel(at_period_end=True)
    assert subscription.is_cancelling
    assert subscription.access.why == "leaving"
    until = subscription.access.until
    assert until is not None
    assert subscription.next_sync_at is not None
    assert timedelta(0) < subscription.next_sync_at - until < timedelta(hours=1)  # not asked daily till then
    for _day in range(32):
        shop.flow.clock.advance(days=1)
        shop.sweep(1)
    subscription.refresh_from_db()
    assert subscription.status == Status.CANCELLED
    assert not subscription.access.allowed
    assert charged(shop.flow) == 10000
    assert "subscription.cancel_scheduled" in names()
    assert names()[-1] == "subscription.cancelled"


def test_cancelled_now_what_is_owed_is_voided_too(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.decline_next(times=None)
    shop.move(months=1)
    shop.sweep()
    subscription.refresh_from_db()
    assert subscription.status == Status.PAST_DUE
    subscription = subscription.cancel(at_period_end=False)
    shop.flow.faults.clear()
    assert subscription.status == Status.CANCELLED
    assert [p.status for p in Payment.objects.all()] == [PaymentStatus.PAID, PaymentStatus.CANCELLED]
    shop.move(days=10)
    assert charged(shop.flow) == 10000
    assert not subscription.access.allowed


def test_a_first_charge_declined_inside_the_create_is_a_subscription_that_owes(shop: Shop) -> None:
    shop.flow.decline_next(code=-6)
    subscription = shop.subscribe()
    assert subscription.status == Status.PAST_DUE
    assert not subscription.access.allowed
    assert len(shop.flow.subscriptions) == 1
    assert charged(shop.flow) == 0
    assert Subscription.objects.count() == 1


def test_the_trial_is_free_and_then_charged(shop: Shop) -> None:
    subscription = shop.subscribe("trial_monthly_v1")
    assert subscription.status == Status.TRIALING
    assert subscription.access.why == "trial"
    assert charged(shop.flow) == 0
    shop.move(days=9)
    shop.sweep()
    subscription.refresh_from_db()
    assert subscription.status == Status.ACTIVE
    assert charged(shop.flow) == 20000


def test_doubt_ends_ten_minutes_after_the_call_that_never_happened(shop: Shop) -> None:
    checkout = shop.begin()
    shop.enter_card(checkout)
    shop.flow.faults.add("subscription/create", "reset_before_commit")
    checkout = shop.come_back(checkout)
    assert checkout.status == CheckoutStatus.IN_DOUBT
    for _minute in range(9):
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    assert shop.flow.subscriptions == {}
    shop.flow.clock.advance(minutes=20)
    shop.sweep()
    checkout.refresh_from_db()
    assert checkout.status == CheckoutStatus.DONE
    assert checkout.subscription.status == Status.ACTIVE
    assert charged(shop.flow) == 10000


def test_cancelled_now_after_its_end_was_scheduled_it_ends_now(shop: Shop) -> None:
    subscription = shop.subscribe().cancel(at_period_end=True)
    assert subscription.access.allowed
    shop.move(days=3)
    subscription = subscription.cancel(at_period_end=False)
    assert subscription.status == Status.CANCELLED
    assert not subscription.access.allowed
    ended = subscription.ended_at
    shop.move(days=1)
    assert subscription.sync().ended_at == ended


def test_a_price_that_the_catalogue_has_lost_is_still_given_up(shop: Shop, settings: Any) -> None:
    checkout = shop.begin()
    settings.PAYMENT_SUBSCRIPTIONS = {**settings.PAYMENT_SUBSCRIPTIONS, "PLANS": ()}
    assert checkout.subscription.cancel().status == Status.CANCELLED


def test_a_cancellation_that_flow_refuses_is_told_and_not_kept(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("subscription/cancel", "error", code=2001, status=400)
    with pytest.raises(Refused, match="2001"):
        subscription.cancel()
    subscription.refresh_from_db()
    assert (subscription.status, subscription.cancel_requested) == (Status.ACTIVE, "")


def test_a_cancellation_whose_answer_was_lost_is_finished_by_the_sweep(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("subscription/cancel", "reset_before_commit")
    with pytest.raises(OutcomeUnknown):
        subscription.cancel()
    shop.move(minutes=2)
    shop.sweep()
    subscription.refresh_from_db()
    assert subscription.is_cancelling


def test_a_cancellation_that_was_promised_outlives_a_refusal_that_nobody_sees(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("subscription/cancel", "reset_before_commit")
    with pytest.raises(OutcomeUnknown):
        subscription.cancel()
    shop.flow.faults.add("subscription/cancel", "error", code=1234, message="Try later")
    for _look in range(20):
        shop.move(minutes=5)
        shop.sweep(1)
    subscription.refresh_from_db()
    assert (subscription.is_cancelling, subscription.cancel_requested) == (True, "")


def test_a_cancellation_that_never_gets_through_does_not_keep_the_truth_away(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.decline_next(times=None)
    shop.move(months=1)
    shop.sweep()
    shop.flow.faults.clear()
    shop.flow.faults.add("invoice/cancel", "error", code=501, status=401, times=None)
    with pytest.raises(OutcomeUnknown):
        subscription.cancel(at_period_end=False)
    shop.move(minutes=10)
    shop.sweep()
    subscription.refresh_from_db()
    assert (subscription.status, subscription.cancel_requested) == (Status.CANCELLED, "now")
    shop.flow.faults.clear()
    shop.move(hours=2)
    shop.sweep()
    subscription.refresh_from_db()
    assert subscription.cancel_requested == ""
    assert charged(shop.flow) == 10000


def test_a_customer_deleted_at_flow_hides_nothing_of_the_subscription(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.cancel_subscription(str(subscription.reference))
    shop.flow.faults.add("customer/get", "error", code=1700, status=400, times=None)
    assert subscription.sync().status == Status.CANCELLED
    assert not Discrepancy.objects.exists()


def test_what_flow_collects_after_the_end_is_seen_without_a_callback(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.decline_next(times=1)
    shop.flow.faults.add("callback", "lost", times=None)
    shop.move(months=1)
    shop.sweep()
    shop.flow.cancel_subscription(str(subscription.reference))  # in Flow's panel: the invoice stays open
    assert subscription.sync().status == Status.CANCELLED
    for _day in range(5):
        shop.move(days=1)
        shop.sweep(1)
    assert charged(shop.flow) == 20000
    assert subscription.payments.paid().count() == 2
    subscription.refresh_from_db()
    assert subscription.next_sync_at is None


def test_a_trial_long_past_is_not_asked_about_every_day(shop: Shop) -> None:
    shop.subscribe("trial_monthly_v1")
    shop.move(days=9)
    shop.sweep()
    before = len(shop.flow.calls)
    for _day in range(20):
        shop.flow.clock.advance(days=1)
        shop.sweep(1)
    assert len(shop.flow.calls) == before


def test_a_new_card_collects_nothing_from_a_payer_who_has_left(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.decline_next(times=None)
    shop.move(months=1)
    shop.sweep()
    shop.flow.faults.clear()
    checkout = advance(open_card_change(Subscription.objects.get()))
    shop.flow.faults.add("invoice/cancel", "http_error")
    with pytest.raises(OutcomeUnknown):
        subscription.cancel(at_period_end=False)
    shop.enter_card(checkout)
    shop.come_back(checkout)
    assert charged(shop.flow) == 10000


def test_a_lost_question_before_the_collecting_does_not_leave_the_debt(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.decline_next(times=None)
    shop.move(months=1)
    shop.sweep()
    shop.flow.faults.clear()
    checkout = advance(open_card_change(Subscription.objects.get()))
    shop.enter_card(checkout)
    shop.flow.faults.add("subscription/get", "http_error", times=3)  # as often as a read is tried
    shop.come_back(checkout)
    shop.move(minutes=5)
    shop.sweep()
    subscription.refresh_from_db()
    assert subscription.status == Status.ACTIVE
    assert charged(shop.flow) == 20000


@pytest.mark.parametrize("bill", [{"id": 1}, {"id": 1, "status": 1}], ids=["no status", "no amount"])
def test_a_bill_that_says_too_little_changes_nothing(shop: Shop, bill: dict[str, int]) -> None:
    """A paid charge is not turned into a debt by an answer that lacks a field."""
    subscription = shop.subscribe()
    shop.flow.faults.add("subscription/get", "set", fields={"invoices": [bill]})
    with pytest.raises(OutcomeUnknown):
        subscription.sync()
    assert Payment.objects.get().status == PaymentStatus.PAID
    assert subscription.sync().access.allowed


def test_charges_that_flow_no_longer_lists_stay_paid(shop: Shop) -> None:
    subscription = shop.subscribe()
    paid_through = subscription.paid_through
    shop.flow.faults.add("subscription/get", "without", times=None, fields=["invoices"])
    subscription = subscription.sync()
    assert subscription.paid_through == paid_through
    assert subscription.access.allowed


def test_an_answer_without_a_status_changes_nothing(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("subscription/get", "set", times=None, fields={"status": None})
    with pytest.raises(OutcomeUnknown):
        subscription.sync()
    subscription.refresh_from_db()
    assert subscription.status == Status.ACTIVE


def test_a_wish_to_end_now_is_not_weakened_while_it_is_in_doubt(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.faults.add("subscription/cancel", "reset_before_commit")
    with pytest.raises(OutcomeUnknown):
        subscription.cancel(at_period_end=False)
    assert subscription.cancel(at_period_end=True).status == Status.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_a_user_whose_customer_flow_deleted_subscribes_anew(shop: Shop, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("ana", "ana@correo.cl")

    def subscribe() -> Subscription:
        checkout = billing(user).subscribe("pro_monthly_v1")
        shop.enter_card(checkout)
        return shop.come_back(checkout).subscription

    first = subscribe().cancel(at_period_end=False)
    gateways["flow"].client.customer.delete(first.customer.reference)  # type: ignore[attr-defined]
    second = subscribe()
    assert second.status == Status.ACTIVE
    assert second.customer_id == first.customer_id
    assert second.customer.reference != first.customer.reference
    assert charged(shop.flow) == 20000
