"""Money on its way back: reversed on the charge's own day, else offered to its payer; never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.db import connection

from payment_subscriptions import verbs
from payment_subscriptions.exceptions import BadRequest, Busy, NotPossible, OutcomeUnknown, Refused
from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import RefundSnapshot
from payment_subscriptions.lifecycle import PaymentStatus, RefundStatus
from payment_subscriptions.models import Discrepancy, Event, Payment, Refund, Subscription
from payment_subscriptions.models.discrepancy import DiscrepancyKind
from payment_subscriptions.money import Money
from payment_subscriptions.recording import record_refund
from tests.foreign import Killed
from tests.kills import killed_at_statement
from tests.shop import Shop, charged

pytestmark = pytest.mark.slow  # whole ways through HTTP: the contract has the shortest of them

LOST_BEFORE = ["reset_before_commit", "timeout_before_commit", "http_error"]
LOST_AFTER = ["reset_after_commit", "timeout_after_commit", "http_error_after_commit", "truncated_json"]


def pesos(amount: int) -> Money:
    return Money(amount, "CLP")


def paid(shop: Shop, price: str = "pro_monthly_v1") -> Payment:
    return shop.subscribe(price).payments.get()


def offers(shop: Shop) -> list[Any]:
    """The refund orders in Flow's books."""
    return list(shop.flow.account.refunds.values())


def calls(shop: Shop, service: str) -> int:
    return [call.service for call in shop.flow.calls].count(service)


def events(prefix: str = "refund.") -> list[str]:
    names = Event.objects.filter(name__startswith=prefix).order_by("pk")
    return list(names.values_list("name", flat=True))


def days(shop: Shop, number: int) -> None:
    for _day in range(number):
        shop.move(days=1)
        shop.sweep(1)


def expect_given_back(shop: Shop, amount: int = 10000) -> None:
    """Exactly that, in our books and in Flow's, and told once."""
    payment = Payment.objects.get()
    assert payment.refunded_amount == amount
    assert sum(entry.moved for entry in shop.flow.books.given_back()) == amount
    assert shop.flow.books.twice() == []
    assert events("payment.refunded") == ["payment.refunded"]
    assert events().count("refund.paid") == 1
    assert not Discrepancy.objects.exists()


# --- the charge's own day ---------------------------------------------------------------------


def test_a_charge_of_the_same_day_is_reversed_and_stays_refunded(shop: Shop) -> None:
    payment = paid(shop)
    how = (payment.order, payment.paid_at)
    refund = payment.refund(by="eva", reason="Se arrepintió")
    assert (refund.status, refund.method, refund.requested_by) == (RefundStatus.REFUNDED, "reversal", "eva")
    assert offers(shop) == []
    assert charged(shop.flow) == 0
    assert events() == ["refund.requested", "refund.paid"]
    for _look in range(3):
        Subscription.objects.get().sync()
    expect_given_back(shop)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.REFUNDED
    assert all(how)
    assert (payment.order, payment.paid_at) == how
    subscription = Subscription.objects.get()
    assert subscription.paid_through is None
    assert not subscription.access.allowed


@pytest.mark.parametrize(
    ("charged_at", "refunded_at", "method"),
    [
        ("2026-01-13 10:00:00", "2026-01-13 13:59:00", "reversal"),
        ("2026-01-13 10:00:00", "2026-01-13 14:00:00", "offer"),
        ("2026-01-13 14:00:30", "2026-01-14 13:59:00", "reversal"),
        ("2026-01-13 14:00:30", "2026-01-14 14:00:00", "offer"),
        ("2026-04-04 20:00:00", "2026-04-05 13:59:00", "reversal"),  # the clock goes back that night
        ("2026-04-04 20:00:00", "2026-04-05 14:00:00", "offer"),
    ],
)
def test_the_window_of_a_reversal_runs_from_two_to_two_in_santiago(
    shop: Shop, charged_at: str, refunded_at: str, method: str
) -> None:
    if charged_at != "2026-01-13 10:00:00":
        shop.flow.clock.to(charged_at)
    payment = paid(shop)
    shop.flow.clock.to(refunded_at)
    assert payment.refund().method == method
    assert calls(shop, "customer/reverseCharge") == (method == "reversal")


def test_a_part_is_offered_on_any_day(shop: Shop) -> None:
    refund = paid(shop).refund(pesos(4000))
    assert (refund.status, refund.method) == (RefundStatus.OFFERED, "offer")
    assert calls(shop, "customer/reverseCharge") == 0
    assert offers(shop)[0].amount == 4000


def test_a_refused_reversal_is_offered_instead(shop: Shop) -> None:
    payment = paid(shop)
    shop.flow.faults.add("customer/reverseCharge", "error", code=1700, message="Transaction not found")
    refund = payment.refund()
    assert (refund.status, refund.method) == (RefundStatus.OFFERED, "offer")
    shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
    days(shop, 2)
    expect_given_back(shop)


def test_what_was_reversed_in_flows_panel_is_not_offered_as_well(shop: Shop) -> None:
    payment = paid(shop)
    shop.flow.faults.add("customer/reverseCharge", "reset_after_commit")
    first = payment.refund()
    first = verbs.settle_refund(first, happened=False, by="eva", note="No se ve en el panel")
    assert first.status == RefundStatus.REFUSED
    second = Payment.objects.get().refund()
    assert (second.status, second.method) == (RefundStatus.REFUNDED, "reversal")
    assert offers(shop) == []
    assert shop.flow.books.twice() == []


def test_what_flow_no_longer_calls_paid_is_not_offered_whatever_its_words(shop: Shop) -> None:
    """Reversed behind our back, and told in words that nobody knows."""
    payment = paid(shop)
    shop.flow.faults.add("customer/reverseCharge", "reset_after_commit")
    verbs.settle_refund(payment.refund(), happened=False, by="eva", note="No se ve en el panel")
    shop.flow.faults.add(
        "customer/reverseCharge", "set", fields={"status": "0", "message": "Operación no permitida"}
    )
    second = Payment.objects.get().refund()
    assert (second.status, second.failure_code) == (RefundStatus.REFUSED, "not_paid")
    assert offers(shop) == []
    assert shop.flow.books.twice() == []


def test_a_bill_paid_by_its_link_is_offered_though_its_subscription_has_a_card(shop: Shop) -> None:
    shop.flow.decline_next()
    shop.subscribe()
    invoice = next(iter(shop.flow.invoices))
    shop.flow.pay_invoice(invoice)
    payment = Payment.objects.get()
    assert payment.status == PaymentStatus.PAID
    refund = payment.refund()
    assert (refund.status, refund.method) == (RefundStatus.OFFERED, "offer")


# --- offered, and what the receiver says ------------------------------------------------------


def test_an_accepted_offer_is_paid_out_and_told_once(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = payment.refund()
    assert refund.status == RefundStatus.OFFERED
    assert Payment.objects.get().status == PaymentStatus.PAID
    shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.ACCEPTED
    days(shop, 3)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.REFUNDED
    assert events() == ["refund.requested", "refund.offered", "refund.accepted", "refund.paid"]
    expect_given_back(shop)
    assert not Subscription.objects.get().access.allowed


def test_with_the_callback_lost_the_sweep_asks_daily(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    payment.refund()
    shop.flow.faults.add("callback", "lost", times=None)
    asked = calls(shop, "refund/getStatus")
    days(shop, 4)
    assert calls(shop, "refund/getStatus") - asked == 4
    shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
    days(shop, 4)
    expect_given_back(shop)


def test_an_answer_that_its_callback_overtook_takes_nothing_back(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = payment.refund()
    told_before = RefundSnapshot(RefundStatus.OFFERED, refund.reference, refund.token, refund.money)
    shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
    assert record_refund(refund, told_before, due_at=None).status == RefundStatus.ACCEPTED
    assert events() == ["refund.requested", "refund.offered", "refund.accepted"]


def test_a_rejected_offer_leaves_the_payment_paid_and_another_may_follow(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = payment.refund()
    shop.flow.decide_refund(offers(shop)[0].token, accepted=False)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.REJECTED
    assert Payment.objects.get().status == PaymentStatus.PAID
    assert Subscription.objects.get().access.allowed
    assert payment.refund().status == RefundStatus.OFFERED


def test_an_offer_is_called_off(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = verbs.call_off_refund(payment.refund())
    assert refund.status == RefundStatus.CANCELLED
    assert events() == ["refund.requested", "refund.offered", "refund.cancelled"]
    with pytest.raises(NotPossible):
        verbs.call_off_refund(refund)


def test_an_offer_that_was_accepted_meanwhile_cannot_be_called_off(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = payment.refund()
    shop.flow.lose_next_callbacks()
    shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
    with pytest.raises(Refused):
        verbs.call_off_refund(refund)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.ACCEPTED


@pytest.mark.parametrize("fault", ["reset_before_commit", "reset_after_commit"])
def test_calling_off_may_be_repeated_after_a_lost_answer(shop: Shop, fault: str) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = payment.refund()
    shop.flow.faults.add("refund/cancel", fault)
    with pytest.raises(OutcomeUnknown):
        verbs.call_off_refund(refund)
    assert verbs.call_off_refund(refund).status == RefundStatus.CANCELLED
    assert events().count("refund.cancelled") == 1


def test_refused_by_flow_nothing_changes_and_another_may_follow(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    shop.flow.faults.add("refund/create", "error", code=1620, message="The userEmail: x is not valid.")
    refund = payment.refund()
    assert (refund.status, refund.failure_code) == (RefundStatus.REFUSED, "1620")
    assert events() == ["refund.requested", "refund.refused"]
    assert payment.refund().status == RefundStatus.OFFERED


# --- amounts ----------------------------------------------------------------------------------


def accept_all(shop: Shop) -> None:
    for offer in offers(shop):
        if offer.status == "created":
            shop.flow.decide_refund(offer.token, accepted=True)
    days(shop, 2)


def test_parts_never_exceed_what_was_paid(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    payment.refund(pesos(4000))
    with pytest.raises(Busy):
        payment.refund(pesos(1000))
    accept_all(shop)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PARTIALLY_REFUNDED
    assert payment.refundable == pesos(6000)
    assert Subscription.objects.get().access.allowed
    for amount in (6001, 0, -1):
        with pytest.raises(BadRequest):
            payment.refund(pesos(amount))
    payment.refund(None)
    accept_all(shop)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.REFUNDED
    with pytest.raises(NotPossible):
        payment.refund()
    assert [entry.moved for entry in shop.flow.books.given_back()] == [4000, 6000]
    assert events("payment.refunded") == ["payment.refunded"] * 2
    assert shop.flow.books.twice() == []


def test_of_a_bill_in_uf_pesos_are_given_back(shop: Shop) -> None:
    payment = paid(shop, "uf_monthly_v1")
    assert payment.paid_money == pesos(61512)
    with pytest.raises(BadRequest):
        payment.refund(Money("1.5", "CLF"))
    refund = payment.refund()
    assert (refund.status, refund.money) == (RefundStatus.REFUNDED, pesos(61512))
    Subscription.objects.get().sync()
    payment.refresh_from_db()
    assert (payment.status, payment.refunded) == (PaymentStatus.REFUNDED, pesos(61512))


def test_a_part_of_a_bill_in_uf(shop: Shop) -> None:
    payment = paid(shop, "uf_monthly_v1")
    payment.refund(pesos(1512))
    accept_all(shop)
    payment.refresh_from_db()
    assert (payment.status, payment.refundable) == (PaymentStatus.PARTIALLY_REFUNDED, pesos(60000))


def test_an_unpaid_charge_has_nothing_to_give_back(shop: Shop) -> None:
    shop.flow.decline_next(times=None)
    payment = paid(shop)
    with pytest.raises(NotPossible):
        payment.refund()


def test_a_payment_of_an_order_is_offered(shop: Shop) -> None:
    shop.configure(STRATEGIES=["order"])
    checkout = shop.begin()
    shop.flow.pay(next(iter(shop.flow.orders)))
    checkout.refresh_from_db()
    payment = Payment.objects.get()
    assert payment.status == PaymentStatus.PAID
    assert payment.refund().method == "offer"
    accept_all(shop)
    expect_given_back(shop)


def test_a_payment_of_a_link_is_offered(shop: Shop) -> None:
    shop.configure(STRATEGIES=["link"])
    shop.begin()
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    payment = Payment.objects.get()
    assert payment.status == PaymentStatus.PAID
    assert payment.refund().method == "offer"
    accept_all(shop)
    expect_given_back(shop)


# --- lost answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("fault", LOST_BEFORE + LOST_AFTER)
def test_a_reversal_without_an_answer_is_in_doubt_then_asked_for_again(shop: Shop, fault: str) -> None:
    shop.configure(TIMEOUT=0.5)
    payment = paid(shop)
    shop.flow.faults.add("customer/reverseCharge", fault)
    refund = payment.refund()
    assert refund.status == RefundStatus.IN_DOUBT
    assert refund.in_doubt_since
    assert Payment.objects.get().status == PaymentStatus.PAID
    with pytest.raises(Busy):
        payment.refund()
    shop.flow.clock.advance(minutes=1)
    shop.sweep()
    refund.refresh_from_db()
    assert refund.status == RefundStatus.REFUNDED
    assert events() == ["refund.requested", "refund.in_doubt", "refund.paid"]
    assert offers(shop) == []
    expect_given_back(shop)


@pytest.mark.parametrize("seconds", [5, 60, 3600])
def test_a_reversal_that_commits_later_gives_back_once(shop: Shop, seconds: int) -> None:
    payment = paid(shop)
    shop.flow.faults.add("customer/reverseCharge", "late_commit", seconds=seconds)
    payment.refund()
    for _minute in range(70):
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    expect_given_back(shop)


def test_a_reversal_in_doubt_after_its_window_is_a_persons(shop: Shop) -> None:
    payment = paid(shop)
    shop.flow.clock.to("2026-01-13 13:59:00")
    shop.flow.faults.add("customer/reverseCharge", "reset_before_commit")
    refund = payment.refund()
    days(shop, 3)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.IN_DOUBT
    assert refund.due_at is None
    assert (calls(shop, "customer/reverseCharge"), offers(shop)) == (1, [])
    refund = verbs.settle_refund(refund, happened=False, by="eva", note="El banco dice que no")
    assert refund.status == RefundStatus.REFUSED
    told = Event.objects.get(name="refund.refused").payload
    assert (told["by"], told["note"]) == ("eva", "El banco dice que no")
    payment.refund()
    accept_all(shop)
    expect_given_back(shop)


@pytest.mark.parametrize("fault", LOST_BEFORE + LOST_AFTER)
def test_an_offer_without_an_answer_is_never_repeated(shop: Shop, fault: str) -> None:
    shop.configure(TIMEOUT=0.5)
    payment = paid(shop)
    shop.move(days=3)
    shop.flow.faults.add("refund/create", fault)
    refund = payment.refund()
    assert refund.status == RefundStatus.IN_DOUBT
    days(shop, 5)
    assert calls(shop, "refund/create") == 1
    with pytest.raises(Busy):
        payment.refund()
    refund.refresh_from_db()
    assert refund.status == RefundStatus.IN_DOUBT
    if fault in LOST_AFTER:  # the receiver acts on Flow's mail
        shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
        refund.refresh_from_db()
        assert refund.status == RefundStatus.ACCEPTED
        days(shop, 3)
        assert events() == ["refund.requested", "refund.in_doubt", "refund.accepted", "refund.paid"]
    else:
        verbs.settle_refund(refund, happened=False, by="eva", note="No está en Flow")
        payment.refund()
        accept_all(shop)
    expect_given_back(shop)


def test_what_is_not_in_doubt_is_not_settled_by_a_person(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = payment.refund()
    with pytest.raises(NotPossible):
        verbs.settle_refund(refund, happened=True, by="eva", note="")
    refund.refresh_from_db()
    assert refund.status == RefundStatus.OFFERED
    assert Payment.objects.get().status == PaymentStatus.PAID


def test_a_person_who_was_wrong_about_an_offer_is_corrected_by_its_callback(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    shop.flow.faults.add("refund/create", "reset_after_commit")
    refund = verbs.settle_refund(payment.refund(), happened=False, by="eva", note="")
    shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.ACCEPTED
    assert Discrepancy.objects.get().kind == DiscrepancyKind.REFUND
    days(shop, 3)
    assert Payment.objects.get().status == PaymentStatus.REFUNDED


def test_a_wrong_word_of_a_person_and_a_second_refund_are_told_when_both_pay_out(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    shop.flow.faults.add("refund/create", "reset_after_commit")
    verbs.settle_refund(payment.refund(pesos(4000)), happened=False, by="eva", note="")
    second = payment.refund(pesos(4000))
    first_offer, second_offer = offers(shop)
    shop.flow.decide_refund(first_offer.token, accepted=True)
    shop.flow.decide_refund(second_offer.token, accepted=True)
    assert [item.kind for item in Discrepancy.objects.all()] == [DiscrepancyKind.REFUND]
    days(shop, 3)
    second.refresh_from_db()
    assert second.status == RefundStatus.REFUNDED


def test_said_to_have_happened_and_then_rejected_is_a_discrepancy(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    shop.flow.faults.add("refund/create", "reset_after_commit")
    refund = verbs.settle_refund(payment.refund(), happened=True, by="eva", note="")
    assert refund.status == RefundStatus.REFUNDED
    assert Payment.objects.get().status == PaymentStatus.REFUNDED
    shop.flow.decide_refund(offers(shop)[0].token, accepted=False)
    assert Discrepancy.objects.get().kind == DiscrepancyKind.REFUND


def test_flow_is_down_nothing_is_sent_and_the_sweep_gives_back_later(shop: Shop) -> None:
    payment = paid(shop)
    shop.configure(API_URL="http://127.0.0.1:9/api")
    refund = payment.refund()
    assert (refund.status, refund.call_begun_at) == (RefundStatus.REQUESTED, None)
    shop.configure(API_URL=shop.flow.api_url)
    shop.flow.clock.advance(minutes=1)
    shop.sweep()
    expect_given_back(shop)


@pytest.mark.parametrize("later", [{"minutes": 2}, {"days": 3}])
@pytest.mark.parametrize("day", [0, 3])
def test_killed_at_any_statement_money_goes_back_at_most_once(
    shop: Shop, later: dict[str, int], day: int
) -> None:
    """By reversal (day 0) or offer (day 3); what is in doubt afterwards says so."""
    payments = []
    for number in range(24):
        payments.append(shop.subscribe(nonce=str(number), email=f"p{number}@correo.cl").payments.get())
    if day:
        shop.move(days=day)
    for number, payment in enumerate(payments):
        with killed_at_statement(number):
            try:
                payment.refund()
            except Killed:
                pass
            else:
                break
    else:
        pytest.fail("more statements than payers")
    shop.move(**later)
    for _look in range(3):
        shop.sweep()
        shop.flow.clock.advance(minutes=2)
    for offer in offers(shop):
        if offer.status == "created":
            shop.flow.decide_refund(offer.token, accepted=True)
    days(shop, 3)
    assert shop.flow.books.twice() == []
    assert calls(shop, "refund/create") <= Refund.objects.count()
    statuses = {refund.status for refund in Refund.objects.all()}
    assert statuses <= {RefundStatus.REFUNDED, RefundStatus.IN_DOUBT}
    back = sum(entry.moved for entry in shop.flow.books.given_back())
    ours = sum(payment.refunded_amount for payment in Payment.objects.all())
    assert back >= ours
    doubt = Refund.objects.filter(status=RefundStatus.IN_DOUBT).count()
    assert back - ours <= doubt * 10000
    assert all(payment.refunds.count() <= 1 for payment in Payment.objects.all())


# --- at once ----------------------------------------------------------------------------------


def at_once(payment: Payment, times: int) -> list[object]:
    def click(_number: int) -> object:
        try:
            return Payment.objects.get(pk=payment.pk).refund()
        except (Busy, NotPossible) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(click, range(times)))


@pytest.mark.parametrize("day", [0, 3])
def test_clicks_at_once_give_back_once(shop: Shop, day: int) -> None:
    payment = paid(shop)
    if day:
        shop.move(days=day)
    at_once(payment, 4)
    assert Refund.objects.count() == 1
    assert len(offers(shop)) + calls(shop, "customer/reverseCharge") == 1
    accept_all(shop)
    expect_given_back(shop)


def test_a_click_that_was_late_sees_what_was_paid_out_meanwhile(shop: Shop) -> None:
    """Its payment was read before the first refund ended, its row comes after."""
    payment = paid(shop)
    faster: list[Refund] = []

    def first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if sql.startswith("SELECT") and not faster:
            faster.append(Refund())
            faster.append(payment.refund())
        return result

    late = Payment.objects.get()
    with connection.execute_wrapper(first), pytest.raises(NotPossible):
        late.refund()
    assert Refund.objects.count() == 1
    assert calls(shop, "customer/reverseCharge") == 1
    expect_given_back(shop)


def test_a_part_that_two_ask_for_is_given_back_once(shop: Shop) -> None:
    """Both have read the payment as it was; the second one's half would be the other half."""
    payment, late = paid(shop), Payment.objects.get()
    shop.move(days=3)
    payment.refund(pesos(4000))
    accept_all(shop)
    with pytest.raises(Busy, match="mírelo de nuevo"):
        late.refund(pesos(4000))
    assert Refund.objects.count() == 1
    late.refresh_from_db()
    late.refund(pesos(4000))  # who has looked may


def test_a_part_asked_for_while_another_is_paid_out_is_not_given_back(shop: Shop) -> None:
    """The second has read the payment too late to be turned down for that, and too early to know."""
    payment, late = paid(shop), Payment.objects.get()
    shop.move(days=3)
    faster: list[Refund] = []

    def first(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("BEGIN") and not faster:
            faster.append(Refund())
            faster.append(payment.refund(pesos(4000)))
            accept_all(shop)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(first), pytest.raises(Busy, match="mírelo de nuevo"):
        late.refund(pesos(4000))
    assert Refund.objects.count() == 1


# --- callbacks --------------------------------------------------------------------------------


def post(live_server: Any, refund: str, token: str) -> int:
    url = f"{live_server.url}/pagos/api/flow/webhook/{refund}/"
    return requests.post(url, data={"token": token}, timeout=20, allow_redirects=False).status_code


def test_a_forged_callback_tells_nothing(shop: Shop, live_server: Any) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = payment.refund()
    unknown = "0123456789ABCDEF0123456789ABCDEF0123456A"
    assert post(live_server, "6dbd5a7c-6b31-4a0e-9d0c-0d9a6a1b8f11", unknown) == 404
    assert post(live_server, str(refund.public_id), unknown) in (200, 404)
    refund.refresh_from_db()
    assert refund.status == RefundStatus.OFFERED
    assert not Discrepancy.objects.exists()


def test_a_forged_callback_to_one_in_doubt_tells_nothing(shop: Shop, live_server: Any) -> None:
    payment = paid(shop)
    shop.move(days=3)
    shop.flow.faults.add("refund/create", "reset_before_commit")
    refund = payment.refund()
    unknown = "0123456789ABCDEF0123456789ABCDEF0123456A"
    assert post(live_server, str(refund.public_id), unknown) == 404
    refund.refresh_from_db()
    assert refund.status == RefundStatus.IN_DOUBT


def test_the_token_of_another_refund_is_not_taken_for_this_one(shop: Shop, live_server: Any) -> None:
    first = paid(shop)
    second = shop.subscribe(nonce="b", email="b@correo.cl").payments.get()
    shop.move(days=3)
    first.refund()
    shop.flow.faults.add("refund/create", "reset_before_commit")
    refund = second.refund()
    assert post(live_server, str(refund.public_id), offers(shop)[0].token) == 200
    refund.refresh_from_db()
    assert (refund.status, refund.reference) == (RefundStatus.IN_DOUBT, "")
    assert Discrepancy.objects.get().kind == DiscrepancyKind.REFUND


def test_a_callback_that_tells_another_amount_is_a_discrepancy(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    refund = payment.refund()
    shop.flow.faults.add("refund/getStatus", "set", times=None, fields={"amount": "1.00"})
    shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
    days(shop, 3)
    assert Discrepancy.objects.get().kind == DiscrepancyKind.REFUND
    refund.refresh_from_db()
    assert refund.status == RefundStatus.IN_DOUBT
    assert Payment.objects.get().status == PaymentStatus.PAID
    shop.flow.faults.clear()
    verbs.settle_refund(refund, happened=True, by="eva", note="Flow lo dice")
    assert Payment.objects.get().status == PaymentStatus.REFUNDED


def test_a_callback_that_comes_five_times_is_recorded_once(shop: Shop) -> None:
    payment = paid(shop)
    shop.move(days=3)
    payment.refund()
    shop.flow.faults.add("callback", "concurrent", copies=5)
    shop.flow.decide_refund(offers(shop)[0].token, accepted=True)
    days(shop, 3)
    assert events() == ["refund.requested", "refund.offered", "refund.accepted", "refund.paid"]
    expect_given_back(shop)


def test_what_was_paid_outside_flow_is_not_given_back_through_it(shop: Shop) -> None:
    subscription = shop.subscribe()
    shop.flow.decline_next(times=None)
    shop.move(months=1)
    shop.sweep()
    day = shop.flow.clock.local().date()
    invoice = list(shop.flow.invoices)[-1]
    gateways["flow"].client.invoice.outside_payment(invoice, date=day)  # type: ignore[attr-defined]
    payment = subscription.sync().payments.get(reference=str(invoice))
    assert payment.status == PaymentStatus.PAID
    with pytest.raises(NotPossible):
        payment.refund()
    days(shop, 3)
    assert (offers(shop), Refund.objects.count()) == ([], 0)
