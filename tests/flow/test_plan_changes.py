"""Another price: previewed to the peso, then what Flow does is what was shown, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from payment_subscriptions import verbs
from payment_subscriptions.checkout import advance, open_card_change, open_plan_change
from payment_subscriptions.exceptions import BadRequest, Busy, NotPossible, OutcomeUnknown
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Payment, Subscription
from payment_subscriptions.models.discrepancy import DiscrepancyKind
from payment_subscriptions.money import Money
from payment_subscriptions.verbs import PreviewChanged
from tests.shop import Shop, charged

pytestmark = pytest.mark.slow  # whole ways through HTTP: the contract has the shortest of them

SANTIAGO = ZoneInfo("America/Santiago")
PRO, BASIC, YEARLY = "pro_monthly_v1", "basic_monthly_v1", "pro_yearly_v1"
LOST_BEFORE = ["reset_before_commit", "timeout_before_commit", "http_error"]
LOST_AFTER = ["reset_after_commit", "timeout_after_commit", "html_200"]


def row() -> Subscription:
    return Subscription.objects.get()


def calls(shop: Shop, service: str = "subscription/changePlan") -> int:
    return [call.service for call in shop.flow.calls].count(service)


def events(prefix: str = "subscription.") -> list[str]:
    names = Event.objects.filter(name__startswith=prefix).order_by("pk")
    return list(names.values_list("name", flat=True))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SANTIAGO)


def days(shop: Shop, number: int) -> None:
    for _day in range(number):
        shop.move(days=1)
        shop.sweep(1)


def change(shop: Shop, to: str, *, at_period_end: bool = False) -> Subscription:
    return row().change_plan(row().preview_change(to, at_period_end=at_period_end))


def expect_flat(subscription: Subscription, key: str, amount: int) -> None:
    assert (subscription.price_key, int(subscription.amount)) == (key, amount)
    assert (subscription.next_price_key, subscription.next_price_at) == ("", None)
    assert not Discrepancy.objects.exists()


# --- now --------------------------------------------------------------------------------------


def test_an_upgrade_now_charges_what_was_previewed(shop: Shop) -> None:
    shop.subscribe(BASIC)
    shop.move(days=10)
    before = charged(shop.flow)
    preview = row().preview_change(PRO)
    assert charged(shop.flow) == before
    assert preview.charge.amount > 0
    assert preview.credit == Money(0, "CLP")
    subscription = row().change_plan(preview)
    expect_flat(subscription, PRO, 10000)
    assert charged(shop.flow) - before == preview.charge.amount
    balance = Payment.objects.last()
    assert balance is not None
    assert (balance.status, balance.money) == (PaymentStatus.PAID, preview.charge)
    assert subscription.plan == "pro"
    assert events().count("subscription.plan_changed") == 1
    days(shop, 31)
    expect_flat(row(), PRO, 10000)
    assert charged(shop.flow) - before == preview.charge.amount + 10000
    assert {payment.status for payment in Payment.objects.all()} == {PaymentStatus.PAID}


def test_a_downgrade_now_credits_the_next_charges_which_are_paid_though_lower(shop: Shop) -> None:
    shop.subscribe(PRO)
    shop.move(days=10)
    before = charged(shop.flow)
    preview = row().preview_change(BASIC)
    assert preview.charge.amount == 0
    assert preview.credit.amount > 0
    subscription = row().change_plan(preview)
    expect_flat(subscription, BASIC, 5000)
    assert charged(shop.flow) == before
    days(shop, 31)
    renewal = Payment.objects.last()
    assert renewal is not None
    assert (renewal.status, renewal.money) == (PaymentStatus.PAID, Money(5000, "CLP") - preview.credit)
    days(shop, 31)
    assert charged(shop.flow) - before == 10000 - preview.credit.amount
    expect_flat(row(), BASIC, 5000)
    assert row().access.allowed


def test_from_month_to_year(shop: Shop) -> None:
    shop.subscribe(PRO)
    shop.move(days=10)
    before = charged(shop.flow)
    preview = row().preview_change(YEARLY)
    subscription = row().change_plan(preview)
    expect_flat(subscription, YEARLY, 100000)
    assert charged(shop.flow) - before == preview.charge.amount
    assert subscription.frequency == "yearly"
    assert subscription.next_charge_at == preview.next_charge_at
    assert subscription.paid_through == moment("2027-01-23")
    days(shop, 60)
    assert row().access.allowed
    assert charged(shop.flow) - before == preview.charge.amount


def test_from_year_to_month(shop: Shop) -> None:
    shop.subscribe(YEARLY)
    shop.move(days=10)
    preview = row().preview_change(BASIC)
    expect_flat(row().change_plan(preview), BASIC, 5000)
    days(shop, 70)
    assert charged(shop.flow) == 100000
    assert row().status == Status.ACTIVE
    assert row().access.allowed
    assert not Discrepancy.objects.exists()


def test_a_declined_balance_is_owed_and_collected_by_a_new_card(shop: Shop) -> None:
    shop.subscribe(BASIC)
    shop.move(days=10)
    preview = row().preview_change(PRO)
    shop.flow.decline_next(times=None)
    subscription = row().change_plan(preview)
    assert (subscription.price_key, subscription.status) == (PRO, Status.PAST_DUE)
    assert [payment.money for payment in subscription.owed] == [preview.charge]
    shop.flow.faults.clear()
    checkout = advance(open_card_change(row()))
    shop.enter_card(checkout)
    shop.come_back(checkout)
    assert row().status == Status.ACTIVE
    assert charged(shop.flow) == 5000 + preview.charge.amount
    assert not Discrepancy.objects.exists()


def test_a_balance_below_what_flow_takes_is_not_charged_and_nobody_is_late(shop: Shop) -> None:
    shop.subscribe(BASIC)
    shop.move(days=30)
    preview = row().preview_change(PRO)
    assert preview.charge == preview.credit == Money(0, "CLP")
    subscription = row().change_plan(preview)
    assert subscription.status == Status.ACTIVE
    assert subscription.owed == []
    days(shop, 5)
    assert row().status == Status.ACTIVE
    assert charged(shop.flow) == 15000
    assert not Discrepancy.objects.exists()


def test_by_link_the_balance_is_billed(shop: Shop) -> None:
    shop.configure(STRATEGIES=["link"])
    shop.begin(BASIC)
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    shop.move(days=5)
    preview = row().preview_change(PRO)
    subscription = row().change_plan(preview)
    assert subscription.price_key == PRO
    shop.flow.pay_invoice(list(shop.flow.invoices)[-1])
    shop.sweep()
    assert row().status == Status.ACTIVE
    assert charged(shop.flow) == 5000 + preview.charge.amount
    assert not Discrepancy.objects.exists()


def test_by_link_a_bill_of_the_old_price_is_paid_after_the_change(shop: Shop) -> None:
    shop.configure(STRATEGIES=["link"])
    shop.begin(BASIC)
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    shop.move(months=1)
    shop.move(days=1)
    shop.sweep()
    old_bill = list(shop.flow.invoices)[-1]
    assert change(shop, PRO).price_key == PRO
    shop.flow.pay_invoice(old_bill)
    assert Payment.objects.get(reference=str(old_bill)).status == PaymentStatus.PAID
    assert not Discrepancy.objects.exists()


def test_in_a_trial_the_price_changes_without_a_charge(shop: Shop) -> None:
    shop.subscribe("trial_monthly_v1")
    preview = row().preview_change(PRO)
    assert preview.charge.amount == preview.credit.amount == 0
    subscription = row().change_plan(preview)
    assert subscription.price_key == PRO
    days(shop, 9)
    expect_flat(row(), PRO, 10000)
    assert row().status == Status.ACTIVE
    assert charged(shop.flow) == 10000


# --- with the period --------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new", "amount"), [(PRO, BASIC, 5000), (BASIC, PRO, 10000)])
def test_with_the_period_the_row_follows_when_flow_does(shop: Shop, old: str, new: str, amount: int) -> None:
    shop.subscribe(old)
    before = charged(shop.flow)
    preview = row().preview_change(new, at_period_end=True)
    assert preview.at == moment("2026-02-12")
    subscription = row().change_plan(preview)
    assert (subscription.price_key, subscription.next_price_key) == (old, new)
    assert subscription.next_price_at == preview.at
    assert charged(shop.flow) == before
    days(shop, 29)
    assert row().price_key == old
    days(shop, 4)
    expect_flat(row(), new, amount)
    renewal = Payment.objects.last()
    assert renewal is not None
    assert renewal.status == PaymentStatus.PAID
    assert charged(shop.flow) - before == amount - preview.credit.amount + preview.charge.amount
    assert events().count("subscription.plan_changed") == 1
    assert events().count("subscription.change_scheduled") == 1
    assert "subscription.change_undone" not in events()
    days(shop, 31)
    assert row().status == Status.ACTIVE
    assert not Discrepancy.objects.exists()


def test_with_the_period_and_every_callback_lost(shop: Shop) -> None:
    shop.subscribe(PRO)
    shop.flow.faults.add("callback", "lost", times=None)
    change(shop, BASIC, at_period_end=True)
    shop.flow.clock.advance(days=34)
    shop.sweep()
    expect_flat(row(), BASIC, 5000)
    assert Payment.objects.count() == 2
    assert {payment.status for payment in Payment.objects.all()} == {PaymentStatus.PAID}
    assert events().count("subscription.plan_changed") == 1


def test_to_the_year_with_the_period(shop: Shop) -> None:
    shop.subscribe(PRO)
    preview = row().preview_change(YEARLY, at_period_end=True)
    row().change_plan(preview)
    days(shop, 33)
    assert row().price_key == YEARLY
    assert charged(shop.flow) == 10000 + preview.charge.amount
    assert row().status == Status.ACTIVE
    assert not Discrepancy.objects.exists()


@pytest.mark.parametrize("fault", [None, "reset_before_commit", "reset_after_commit"])
def test_a_scheduled_change_is_undone(shop: Shop, fault: str | None) -> None:
    shop.subscribe(PRO)
    change(shop, BASIC, at_period_end=True)
    if fault:
        shop.flow.faults.add("subscription/changePlanCancel", fault)
        with pytest.raises(OutcomeUnknown):
            row().undo_change()
        shop.sweep()
    if row().next_price_key:
        row().undo_change()
    expect_flat(row(), PRO, 10000)
    with pytest.raises(NotPossible):
        row().undo_change()
    days(shop, 33)
    expect_flat(row(), PRO, 10000)
    assert charged(shop.flow) == 20000
    assert events().count("subscription.change_undone") == 1


def test_what_was_undone_and_then_changed_in_flows_panel_is_not_agreed(shop: Shop) -> None:
    shop.subscribe(PRO)
    change(shop, BASIC)
    change(shop, PRO)
    shop.flow.subscriptions[row().reference or ""].plan_id = BASIC
    row().sync()
    assert row().price_key == PRO
    assert Discrepancy.objects.get().kind == DiscrepancyKind.PRICE


def test_what_was_refused_and_then_changed_in_flows_panel_is_not_agreed(shop: Shop) -> None:
    shop.subscribe(BASIC)
    shop.flow.faults.add("subscription/changePlan", "error", code=1999, message="Something is not valid")
    change(shop, PRO)
    assert Checkout.objects.get(purpose="change").status == CheckoutStatus.REFUSED
    shop.flow.subscriptions[row().reference or ""].plan_id = PRO
    shop.move(months=1)
    shop.sweep()
    assert row().price_key == BASIC
    renewal = Payment.objects.last()
    assert renewal is not None
    assert (renewal.money, renewal.status) == (Money(10000, "CLP"), PaymentStatus.PENDING)
    assert {item.kind for item in Discrepancy.objects.all()} == {
        DiscrepancyKind.PRICE,
        DiscrepancyKind.AMOUNT,
    }


def test_who_cancels_is_not_charged_the_balance_of_a_scheduled_change(shop: Shop) -> None:
    shop.subscribe(BASIC)
    change(shop, YEARLY, at_period_end=True)
    row().cancel()
    days(shop, 35)
    assert charged(shop.flow) == 5000
    assert row().status == Status.CANCELLED


# --- what was seen ----------------------------------------------------------------------------


def test_when_the_day_has_turned_the_payer_looks_again(shop: Shop) -> None:
    shop.subscribe(BASIC)
    shop.flow.clock.to("2026-01-20 23:50:00")
    preview = row().preview_change(PRO)
    shop.flow.clock.advance(minutes=20)
    with pytest.raises(PreviewChanged) as caught:
        row().change_plan(preview)
    assert calls(shop) == 0
    assert caught.value.preview.charge < preview.charge
    assert row().change_plan(caught.value.preview).price_key == PRO


def test_a_change_that_never_left_is_not_made_at_another_days_price(shop: Shop) -> None:
    """Flow cannot be reached, and the sweep comes to it tomorrow: nobody saw that day's price."""
    shop.subscribe(BASIC)
    shop.flow.clock.to("2026-01-20 23:50:00")
    preview = row().preview_change(PRO)
    opened = open_plan_change(row(), preview)
    shop.flow.clock.advance(minutes=20)
    shop.sweep()
    opened.refresh_from_db()
    assert (opened.status, opened.reason) == (CheckoutStatus.REFUSED, "preview_changed")
    assert calls(shop) == 0
    assert row().price_key == BASIC


def test_a_preview_of_a_period_end_stays_true_on_the_next_day(shop: Shop) -> None:
    shop.subscribe(PRO)
    preview = row().preview_change(BASIC, at_period_end=True)
    shop.move(days=1)
    assert row().change_plan(preview).next_price_key == BASIC


def test_two_clicks_change_once(shop: Shop) -> None:
    shop.subscribe(BASIC)
    shop.move(days=10)
    preview = row().preview_change(PRO)
    row().change_plan(preview)
    with pytest.raises((BadRequest, NotPossible, Busy)):
        row().change_plan(preview)
    assert calls(shop) == 1
    assert charged(shop.flow) == 5000 + preview.charge.amount


# --- lost answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("at_period_end", [False, True])
@pytest.mark.parametrize("fault", LOST_BEFORE + LOST_AFTER)
def test_a_lost_answer_is_in_doubt_never_repeated_and_then_true(
    shop: Shop, fault: str, at_period_end: bool
) -> None:
    shop.configure(TIMEOUT=0.5)
    shop.subscribe(BASIC)
    shop.move(days=10)
    preview = row().preview_change(PRO, at_period_end=at_period_end)
    shop.flow.faults.add("subscription/changePlan", fault)
    subscription = row().change_plan(preview)
    attempt = Checkout.objects.get(purpose="change")
    assert attempt.status == CheckoutStatus.IN_DOUBT
    assert (subscription.price_key, subscription.next_price_key) == (BASIC, "")
    with pytest.raises((Busy, NotPossible, BadRequest)):
        row().change_plan(row().preview_change(PRO, at_period_end=at_period_end))
    for _minute in range(25):
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    attempt.refresh_from_db()
    assert calls(shop) == 1
    if fault in LOST_BEFORE:
        assert (attempt.status, attempt.reason) == (CheckoutStatus.REFUSED, "not_changed")
        assert (row().price_key, row().next_price_key) == (BASIC, "")
        assert charged(shop.flow) == 5000
    else:
        assert attempt.status == CheckoutStatus.DONE
        assert PRO in (row().price_key, row().next_price_key)
        assert charged(shop.flow) == 5000 + (0 if at_period_end else preview.charge.amount)
    assert not Discrepancy.objects.exists()
    days(shop, 33)
    assert not Discrepancy.objects.exists()
    assert row().status == Status.ACTIVE
    assert shop.flow.books.twice() == []


@pytest.mark.parametrize("seconds", [5, 300, 550])
def test_a_change_that_commits_later_is_found(shop: Shop, seconds: int) -> None:
    shop.subscribe(BASIC)
    preview = row().preview_change(PRO)
    shop.flow.faults.add("subscription/changePlan", "late_commit", seconds=seconds)
    row().change_plan(preview)
    for _minute in range(40):
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    expect_flat(row(), PRO, 10000)
    assert calls(shop) == 1


def test_cancelled_while_a_change_is_in_doubt(shop: Shop) -> None:
    shop.subscribe(BASIC)
    shop.flow.faults.add("subscription/changePlan", "reset_before_commit")
    change(shop, PRO)
    assert row().cancel().is_cancelling
    days(shop, 35)
    assert row().status == Status.CANCELLED
    assert charged(shop.flow) == 5000


@pytest.mark.parametrize("fault", ["reset_after_commit", "late_commit"])
def test_cancelled_while_a_scheduled_change_is_in_doubt_its_balance_is_not_charged(
    shop: Shop, fault: str
) -> None:
    shop.subscribe(BASIC)
    shop.flow.faults.add("subscription/changePlan", fault)
    change(shop, YEARLY, at_period_end=True)
    assert row().cancel().is_cancelling
    for _look in range(10):
        shop.move(minutes=2)
        shop.sweep(1)
    assert (row().cancel_requested, row().next_price_key) == ("", "")
    days(shop, 35)
    assert row().status == Status.CANCELLED
    assert charged(shop.flow) == 5000


# --- refused ----------------------------------------------------------------------------------


def test_a_price_that_does_not_fit_is_refused(shop: Shop) -> None:
    shop.subscribe(PRO)
    for key in (PRO, "club_monthly_v1", "uf_monthly_v1", "book_once_v1", "no_such_price"):
        with pytest.raises(BadRequest):
            row().preview_change(key)
    found = {price.key for price in verbs.choices(row())}
    assert found == {YEARLY, BASIC, "trial_monthly_v1"}


def test_who_is_late_or_leaving_or_changing_cannot_change(shop: Shop) -> None:
    shop.subscribe(PRO)
    change(shop, BASIC, at_period_end=True)
    with pytest.raises(NotPossible):
        row().preview_change(YEARLY)
    row().undo_change()
    row().cancel()
    with pytest.raises(NotPossible):
        row().preview_change(BASIC)
    shop.flow.decline_next(times=None)
    late = shop.subscribe(PRO, nonce="b", email="b@correo.cl")
    with pytest.raises(NotPossible):
        late.preview_change(BASIC)
    assert calls(shop) == 1


def test_a_change_in_flows_panel_is_a_discrepancy_and_is_not_followed(shop: Shop) -> None:
    shop.subscribe(PRO)
    shop.flow.subscriptions[row().reference or ""].plan_id = BASIC
    for _look in range(3):
        row().sync()
    assert row().price_key == PRO
    assert Discrepancy.objects.get().kind == DiscrepancyKind.PRICE


# --- periods that are ours ----------------------------------------------------------------------


def by_order(shop: Shop, price: str = BASIC) -> Subscription:
    shop.configure(STRATEGIES=["order"])
    shop.begin(price)
    pay_last(shop)
    return row()


def pay_last(shop: Shop) -> None:
    shop.flow.pay(list(shop.flow.orders)[-1])


def test_by_order_the_next_unsent_order_has_the_new_price(shop: Shop) -> None:
    subscription = by_order(shop)
    with pytest.raises(NotPossible):
        subscription.preview_change(PRO)
    preview = subscription.preview_change(PRO, at_period_end=True)
    assert preview.charge == Money(0, "CLP")
    assert preview.at == moment("2026-02-13")
    subscription = subscription.change_plan(preview)
    assert (subscription.price_key, subscription.next_price_key) == (BASIC, PRO)
    days(shop, 27)
    pay_last(shop)
    assert row().price_key == BASIC
    days(shop, 5)
    expect_flat(row(), PRO, 10000)
    assert charged(shop.flow) == 15000
    assert events().count("subscription.plan_changed") == 1
    assert {payment.status for payment in Payment.objects.all()} == {PaymentStatus.PAID}
    days(shop, 28)
    pay_last(shop)
    expect_flat(row(), PRO, 10000)
    assert row().preview_change(BASIC, at_period_end=True)


def test_by_order_what_was_sent_already_keeps_its_price(shop: Shop) -> None:
    by_order(shop)
    days(shop, 28)
    assert len(shop.flow.orders) == 2
    preview = row().preview_change(PRO, at_period_end=True)
    assert preview.at == moment("2026-03-13")
    row().change_plan(preview)
    pay_last(shop)
    days(shop, 28)
    pay_last(shop)
    days(shop, 5)
    expect_flat(row(), PRO, 10000)
    assert charged(shop.flow) == 20000


def test_by_order_a_change_is_undone_until_it_was_billed(shop: Shop) -> None:
    by_order(shop)
    change(shop, PRO, at_period_end=True)
    assert row().undo_change().next_price_key == ""
    change(shop, PRO, at_period_end=True)
    days(shop, 28)
    with pytest.raises(NotPossible):
        row().undo_change()
    pay_last(shop)
    days(shop, 5)
    expect_flat(row(), PRO, 10000)
    assert row().next_sync_at is not None
    assert row().next_sync_at > row().synced_at + timedelta(hours=1)  # type: ignore[operator]
