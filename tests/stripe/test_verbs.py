"""What is done for a subscription at Stripe: renewed, late, changed, paused, given back, disputed, ended."""

from __future__ import annotations

import pytest

from payment_subscriptions import verbs
from payment_subscriptions.checkout import go_on, open_card_change
from payment_subscriptions.exceptions import BadRequest
from payment_subscriptions.lifecycle import PaymentStatus, RefundStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Payment, Refund, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.simulators.stripe.cards import ALWAYS_AUTHENTICATE, FAILS_LATER, MASTERCARD

from .merchant import MONTHLY, Merchant

pytestmark = pytest.mark.slow  # whole ways through HTTP: the contract has the shortest of them


def names(row: Subscription) -> list[str]:
    return list(Event.objects.filter(subscription=row).order_by("pk").values_list("name", flat=True))


def last(row: Subscription) -> Payment:
    found = row.payments.order_by("period_start", "pk").last()
    assert found is not None
    return found


def told_refunds() -> list[str]:
    return [event.payload["amount"] for event in Event.objects.filter(name="payment.refunded").order_by("pk")]


def no_discrepancies() -> bool:
    return list(Discrepancy.objects.values_list("kind", "detail")) == []


def test_it_renews_and_the_notice_tells(merchant: Merchant) -> None:
    row = merchant.subscribe()
    for number in (2, 3, 4):
        merchant.move(months=1, hours=2)
        row.refresh_from_db()
        assert row.payments.paid().count() == number
    assert merchant.charged() == 4000
    assert row.status == Status.ACTIVE
    assert no_discrepancies()


def test_it_renews_though_no_notice_comes(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.stripe.lose_next_callbacks(times=1000)
    merchant.move(months=1, hours=2)
    merchant.sweep()
    row.refresh_from_db()
    assert row.payments.paid().count() == 2


def test_a_draft_that_waits_is_looked_at_again(merchant: Merchant) -> None:
    """For an hour the renewal's bill is a draft: asked about then, nothing is owed, and it is asked again."""
    row = merchant.subscribe()
    merchant.stripe.lose_next_callbacks(times=1000)
    merchant.move(months=1, minutes=15)
    merchant.sweep()
    row.refresh_from_db()
    assert row.payments.count() == 1
    merchant.move(hours=2)
    merchant.sweep()
    assert row.payments.paid().count() == 2


def test_a_declined_renewal_is_owed_and_another_card_pays_it(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.stripe.decline_next("insufficient_funds")
    merchant.move(months=1, hours=2)
    row.refresh_from_db()
    owed = last(row)
    assert (row.status, owed.status, owed.failure_code) == ("past_due", "failed", "insufficient_funds")
    assert owed.next_attempt_at is not None
    checkout = go_on(open_card_change(row))
    assert "/p/session/" in checkout.url
    merchant.stripe.change_card(str(row.customer.reference), MASTERCARD)
    checkout = merchant.come_back(checkout)
    row.refresh_from_db()
    assert (checkout.status, row.status) == ("done", "active")
    assert last(row).status == PaymentStatus.PAID
    row.customer.refresh_from_db()
    assert (row.customer.card_brand, row.customer.card_last4) == ("Mastercard", "4444")
    assert merchant.charged() == 2000
    assert "subscription.recovered" in names(row)
    assert no_discrepancies()


def test_the_retry_pays_by_itself(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.stripe.decline_next()
    merchant.move(months=1, hours=2)
    merchant.move(days=4)
    row.refresh_from_db()
    assert row.status == Status.ACTIVE
    assert row.payments.count() == row.payments.paid().count() == 2
    assert merchant.charged() == 2000


def test_nobody_pays_and_it_fails(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.stripe.decline_next(times=None)
    merchant.move(months=1, hours=2)
    merchant.move(days=20)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert merchant.charged() == 1000


def test_a_bank_that_wants_to_see_its_payer_at_every_charge(merchant: Merchant) -> None:
    checkout = merchant.begin()
    assert merchant.pay(checkout, ALWAYS_AUTHENTICATE) == "authentication_required"
    assert merchant.pay(checkout, ALWAYS_AUTHENTICATE, authenticated=True) == ""
    row = merchant.come_back(checkout).subscription
    merchant.move(months=1, hours=2)
    row.refresh_from_db()
    owed = last(row)
    assert (row.status, owed.failure_code) == ("past_due", "authentication_required")
    assert owed.pay_url
    assert merchant.stripe.pay_invoice(owed.reference, authenticated=True) == ""
    row.refresh_from_db()
    assert row.status == Status.ACTIVE


def test_a_change_of_plan_costs_what_was_previewed_to_the_cent(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.move(days=10)
    preview = row.preview_change("team_monthly_usd_v1")
    assert preview.charge > Money(0, "USD")
    row = row.change_plan(preview)
    assert (row.price_key, row.plan, row.money) == ("team_monthly_usd_v1", "team", Money("30.00", "USD"))
    assert last(row).money == preview.charge
    assert merchant.charged() == 1000 + int(preview.charge.amount * 100)
    assert no_discrepancies()


def test_later_the_same_is_charged(merchant: Merchant) -> None:
    """The change reckons with the moment of its preview."""
    row = merchant.subscribe()
    merchant.move(days=10)
    preview = row.preview_change("team_monthly_usd_v1")
    merchant.move(minutes=50)
    assert row.preview_change("team_monthly_usd_v1").charge < preview.charge
    row = row.change_plan(preview)
    assert last(row).money == preview.charge


def test_down_gives_credit(merchant: Merchant) -> None:
    row = merchant.subscribe("team_monthly_usd_v1")
    merchant.move(days=10)
    preview = row.preview_change(MONTHLY)
    assert preview.charge == Money(0, "USD")
    row = row.change_plan(preview)
    assert row.price_key == MONTHLY
    assert Money(row.credit, "USD") == preview.credit > Money(0, "USD")
    merchant.move(months=1)
    row.refresh_from_db()
    assert row.status == Status.ACTIVE
    assert no_discrepancies()


def test_to_the_year_begins_a_new_period(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.move(days=10)
    preview = row.preview_change("pro_yearly_usd_v1")
    row = row.change_plan(preview)
    assert row.frequency == "yearly"
    assert last(row).money == preview.charge
    assert row.next_charge_at == preview.next_charge_at == row.period_end


def test_a_card_that_is_declined_changes_nothing(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.move(days=10)
    preview = row.preview_change("team_monthly_usd_v1")
    merchant.stripe.decline_next()
    row = row.change_plan(preview)
    assert row.price_key == MONTHLY
    assert Checkout.objects.get(purpose="change").status == "refused"
    assert merchant.charged() == 1000


def test_more_of_the_same(merchant: Merchant) -> None:
    row = merchant.subscribe(MONTHLY, quantity=3)
    assert (row.quantity, row.money, last(row).money) == (3, Money("30.00", "USD"), Money("30.00", "USD"))
    merchant.move(days=10)
    preview = row.preview_change(MONTHLY, quantity=5)
    row = row.change_plan(preview)
    assert (row.quantity, row.money) == (5, Money("50.00", "USD"))
    assert last(row).money == preview.charge
    assert no_discrepancies()


@pytest.mark.parametrize("quantity", [0, -1])
def test_less_than_one_cannot_be_bought(merchant: Merchant, quantity: int) -> None:
    with pytest.raises(BadRequest):
        merchant.begin(quantity=quantity)


def test_a_pause_charges_nobody(merchant: Merchant) -> None:
    row = merchant.subscribe().pause()
    assert row.status == Status.PAUSED
    merchant.move(months=1, hours=2)
    row = merchant.read(row)
    assert merchant.charged() == 1000
    assert row.status == Status.PAUSED
    assert not row.has_access or row.access.why == "grace"
    row = row.unpause()
    assert row.status == Status.ACTIVE
    merchant.move(months=1, hours=2)
    assert merchant.charged() == 2000
    row.refresh_from_db()
    assert row.payments.paid().count() == 2
    assert no_discrepancies()


def test_half_is_given_back_and_then_the_rest(merchant: Merchant) -> None:
    row = merchant.subscribe()
    payment = last(row)
    refund = payment.refund(Money("5.00", "USD"))
    payment.refresh_from_db()
    assert (refund.status, payment.status) == (RefundStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED)
    assert payment.refunded == Money("5.00", "USD")
    row = merchant.read(row)
    payment.refresh_from_db()
    assert payment.refunded == Money("5.00", "USD")
    assert row.has_access
    payment.refund()
    merchant.read(row)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == (PaymentStatus.REFUNDED, Money("10.00", "USD"))
    assert merchant.charged() == 0
    assert told_refunds() == ["5", "5"]


def test_given_back_in_the_dashboard_it_is_known_here(merchant: Merchant) -> None:
    row = merchant.subscribe()
    charge = merchant.stripe.table("charges")[0]
    merchant.stripe.refund_charge(charge["id"], 400)
    payment = last(row)
    assert (payment.status, payment.refunded) == ("partially_refunded", Money("4.00", "USD"))
    assert not Refund.objects.exists()
    assert told_refunds() == ["4"]


def test_a_dispute_takes_the_access_and_winning_gives_it_back(merchant: Merchant) -> None:
    row = merchant.subscribe()
    dispute = merchant.stripe.open_dispute(merchant.stripe.table("charges")[0]["id"])
    row.refresh_from_db()
    assert last(row).status == PaymentStatus.DISPUTED
    assert row.paid_through is None
    merchant.stripe.close_dispute(dispute, won=True)
    row.refresh_from_db()
    assert last(row).status == PaymentStatus.PAID
    assert row.has_access
    assert [name for name in names(row) if name.startswith("payment.")] == [
        "payment.paid", "payment.disputed", "payment.dispute_won",
    ]  # fmt: skip


def test_a_dispute_that_is_lost_stays_lost(merchant: Merchant) -> None:
    row = merchant.subscribe()
    dispute = merchant.stripe.open_dispute(merchant.stripe.table("charges")[0]["id"])
    merchant.stripe.close_dispute(dispute, won=False)
    row = merchant.read(row)
    assert last(row).status == PaymentStatus.DISPUTED
    assert not row.has_access


def test_an_inquiry_has_taken_nothing_yet(merchant: Merchant) -> None:
    row = merchant.subscribe()
    asked = {"data": [{"id": "du_1", "status": "warning_needs_response"}]}
    merchant.stripe.faults.add("disputes/list", "set", times=None, fields=asked)
    merchant.stripe.open_dispute(merchant.stripe.table("charges")[0]["id"])
    row.refresh_from_db()
    assert last(row).status == PaymentStatus.PAID
    assert row.has_access


@pytest.mark.parametrize(
    ("arrives", "refund_is", "payment_is", "kept"),
    [
        (True, RefundStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED, 600),
        (False, RefundStatus.REFUSED, PaymentStatus.PAID, 1000),
    ],
)
def test_a_refund_on_its_way_arrives_or_fails(
    merchant: Merchant, arrives: bool, refund_is: str, payment_is: str, kept: int
) -> None:
    merchant.stripe.options.refund_status = "pending"
    row = merchant.subscribe()
    refund = last(row).refund(Money("4.00", "USD"))
    assert refund.status == RefundStatus.ACCEPTED
    merchant.stripe.settle_refund(refund.reference, succeeded=arrives)
    refund.refresh_from_db()
    payment = last(row)
    assert (refund.status, payment.status) == (refund_is, payment_is)
    assert payment.refunded == Money("4.00" if arrives else "0.00", "USD")
    assert merchant.charged() == kept


def test_a_refund_that_fails_after_it_was_called_done_is_for_a_person(merchant: Merchant) -> None:
    row = merchant.subscribe()
    refund = last(row).refund(Money("4.00", "USD"))
    assert refund.status == RefundStatus.REFUNDED
    merchant.stripe.settle_refund(refund.reference, succeeded=False)
    assert Discrepancy.objects.filter(kind="refund", subscription=row).count() == 1
    assert merchant.charged() == 1000


def test_it_ends_with_the_period(merchant: Merchant) -> None:
    row = merchant.subscribe().cancel()
    assert row.is_cancelling
    merchant.move(months=1, hours=2)
    row.refresh_from_db()
    assert row.status == Status.CANCELLED
    assert merchant.charged() == 1000
    assert no_discrepancies()


def test_it_goes_on_after_all(merchant: Merchant) -> None:
    row = merchant.subscribe().cancel()
    row = row.resume()
    assert not row.is_cancelling
    merchant.move(months=1, hours=2)
    row.refresh_from_db()
    assert (row.status, merchant.charged()) == (Status.ACTIVE, 2000)


def test_it_ends_now_and_what_is_owed_is_voided(merchant: Merchant) -> None:
    row = merchant.subscribe()
    merchant.stripe.decline_next(times=None)
    merchant.move(months=1, hours=2)
    row.refresh_from_db()
    row = row.cancel(at_period_end=False)
    assert row.status == Status.CANCELLED
    assert last(row).status == PaymentStatus.CANCELLED
    merchant.stripe.faults.clear()
    merchant.move(days=30)
    assert merchant.charged() == 1000


def test_a_trial_becomes_paid(merchant: Merchant) -> None:
    row = merchant.subscribe("trial_monthly_usd_v1")
    assert (row.status, row.payments.count(), row.access.why) == ("trialing", 0, "trial")
    merchant.move(days=7, hours=2)
    row.refresh_from_db()
    assert (row.status, merchant.charged()) == (Status.ACTIVE, 2000)
    assert no_discrepancies()


def test_a_trial_whose_card_fails_later(merchant: Merchant) -> None:
    row = merchant.subscribe("trial_monthly_usd_v1", FAILS_LATER)
    merchant.move(days=7, hours=2)
    row.refresh_from_db()
    assert (row.status, merchant.charged()) == (Status.PAST_DUE, 0)


def test_paid_once(merchant: Merchant) -> None:
    row = merchant.subscribe("book_once_usd_v1")
    assert (row.status, row.strategy, row.access.why) == ("paid", "once", "paid")
    payment = last(row)
    assert (payment.money, payment.status) == (Money("15.00", "USD"), PaymentStatus.PAID)
    assert payment.receipt_url
    assert verbs.refund(payment, Money("5.00", "USD")).status == RefundStatus.REFUNDED
    row = merchant.read(row)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == ("partially_refunded", Money("5.00", "USD"))
    assert row.status == Status.PAID


def test_paid_once_and_disputed(merchant: Merchant) -> None:
    row = merchant.subscribe("book_once_usd_v1")
    merchant.stripe.open_dispute(merchant.stripe.table("charges")[0]["id"])
    row.refresh_from_db()
    assert last(row).status == PaymentStatus.DISPUTED
    assert not row.has_access


def test_a_promotion_code_takes_something_off(merchant: Merchant) -> None:
    from payment_subscriptions.gateways import gateways

    client = gateways["stripe"].client  # type: ignore[attr-defined]
    coupon = client.call(client.v1.coupons.create, params={"percent_off": 25, "duration": "once"})
    client.call(
        client.v1.promotion_codes.create,
        params={"promotion": {"type": "coupon", "coupon": coupon["id"]}, "code": "WINTER"},
    )
    row = merchant.subscribe(MONTHLY, coupon="winter")
    assert last(row).money == Money("7.50", "USD")
    assert (row.status, merchant.charged()) == ("active", 750)
    assert no_discrepancies()
    with pytest.raises(BadRequest):
        merchant.begin(nonce="another", coupon="SUMMER")


@pytest.mark.parametrize(
    ("price", "currency", "sent"),
    [
        ("pro_monthly_clp_v1", "clp", 5000),
        (MONTHLY, "usd", 1000),
        ("pro_monthly_bhd_v1", "bhd", 5000),
        ("pro_monthly_eur_v1", "eur", 900),
    ],
)
def test_money_is_sent_as_stripe_writes_it(merchant: Merchant, price: str, currency: str, sent: int) -> None:
    row = merchant.subscribe(price)
    assert row.status == Status.ACTIVE
    assert merchant.charged(currency) == sent
    assert no_discrepancies()
