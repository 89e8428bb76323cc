"""The mails of a life at Stripe, in dollars."""

from __future__ import annotations

import pytest
from django.utils import translation

from payment_subscriptions.checkout import go_on, open_card_change
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Customer
from payment_subscriptions.simulators.stripe.cards import FAILS_LATER, MASTERCARD
from tests.stripe.merchant import Merchant

from .postbox import box, kinds, subjects, taken, told

pytestmark = pytest.mark.slow


def test_subscribed_and_the_receipt_of_each_charge(merchant: Merchant) -> None:
    with translation.override("en"):
        merchant.subscribe()
    assert sorted(kinds()) == ["receipt", "subscribed"]
    assert all(subject.startswith("[test] ") and "$10.00" in subject for subject in subjects())
    assert any("Visa •••• 4242" in message.body for message in box())
    taken()
    merchant.move(months=1, hours=2)
    assert kinds() == ["receipt"]


def test_declined_tried_again_by_stripe_and_ended_unpaid(merchant: Merchant) -> None:
    row = merchant.subscribe()
    taken()
    merchant.stripe.decline_next("insufficient_funds", times=None)
    merchant.move(months=1, hours=2)
    assert kinds() == ["charge_failed"]
    assert "Tu tarjeta no tiene fondos suficientes" in box()[0].body
    assert "Se volverá a intentar el " in box()[0].body, "Stripe's next attempt is told"
    taken()
    for _day in range(20):
        merchant.move(days=1)
        merchant.sweep(1)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    reminders = [kind for kind in kinds() if kind == "dunning"]
    assert kinds()[-1] == "cancelled"
    assert "no llegó el pago de US$10,00" in subjects()[-1]
    assert 1 <= len(reminders) == told("subscription.dunning") <= 3
    assert kinds().count("cancelled") == 1
    assert kinds().count("charge_failed") == 0, "one debt is told as declined once"


def test_recovered_by_stripe_is_a_receipt_and_no_reminder(merchant: Merchant) -> None:
    merchant.subscribe()
    taken()
    merchant.stripe.decline_next()
    merchant.move(months=1, hours=2)
    for _day in range(16):
        merchant.move(days=1)
        merchant.sweep(1)
    assert [kind for kind in kinds() if kind != "dunning"] == ["charge_failed", "receipt"]
    assert told("subscription.dunning") <= 1, "after the retry nothing is owed"


def test_a_first_charge_declined_on_stripes_page_is_seen_there(merchant: Merchant) -> None:
    checkout = merchant.begin()
    assert merchant.pay(checkout, FAILS_LATER) != ""
    merchant.come_back(checkout)
    assert subjects() == []


def test_trial(merchant: Merchant) -> None:
    merchant.subscribe("trial_monthly_usd_v1")
    (begun,) = taken()
    assert "gratis hasta el " in begun
    assert "después US$20,00 al mes" in begun
    for _day in range(8):
        merchant.move(days=1)
        merchant.sweep(1)
    assert kinds() == ["trial_ending", "receipt"]
    assert "Tu prueba de Trial termina el " in subjects()[0]
    assert "no necesitas hacer nada" in box()[0].body


def test_a_trial_that_is_cancelled_is_not_told_to_end(merchant: Merchant) -> None:
    merchant.subscribe("trial_monthly_usd_v1").cancel()
    assert kinds() == ["subscribed", "cancel_scheduled"]
    taken()
    for _day in range(8):
        merchant.move(days=1)
        merchant.sweep(1)
    assert kinds() == ["cancelled"]


def expire_in(merchant: Merchant, month: int, year: int) -> None:
    """What stands on the card."""
    for method in merchant.stripe.account.tables["methods"].values():
        method["card"] |= {"exp_month": month, "exp_year": year}


def test_a_card_that_expires_is_told_once_and_another_card_anew(merchant: Merchant) -> None:
    row = merchant.subscribe()
    today = merchant.stripe.clock.now()
    taken()
    expire_in(merchant, today.month, today.year)
    row = merchant.read(row)
    merchant.sweep()
    (expiring,) = box()
    assert expiring.subject.startswith("[prueba] Visa •••• 4242 vence en ")
    assert "próximo cobro de US$10,00 el " in expiring.subject
    assert "Cambiar la tarjeta" in expiring.body
    taken()
    merchant.sweep(5)
    row = merchant.read(row)
    merchant.sweep()
    assert subjects() == []
    checkout = go_on(open_card_change(row))
    merchant.stripe.change_card(str(row.customer.reference), MASTERCARD)
    merchant.come_back(checkout)
    expire_in(merchant, today.month, today.year)
    merchant.read(row)
    merchant.sweep()
    assert kinds() == ["card_expiring"]
    assert told("card.expiring") == 2


def test_a_card_replaced_before_the_mail_goes_out_is_not_told(merchant: Merchant) -> None:
    row = merchant.subscribe()
    expire_in(merchant, merchant.stripe.clock.now().month, merchant.stripe.clock.now().year)
    merchant.read(row)
    expire_in(merchant, 1, 2040)
    merchant.read(row)
    taken()
    merchant.sweep()
    assert subjects() == []
    assert Customer.objects.get().card_expires is not None


def test_a_card_of_one_who_leaves_may_expire(merchant: Merchant) -> None:
    row = merchant.subscribe()
    row.cancel()
    taken()
    expire_in(merchant, merchant.stripe.clock.now().month, merchant.stripe.clock.now().year)
    merchant.read(row)
    merchant.sweep()
    assert subjects() == []
