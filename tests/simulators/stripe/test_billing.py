"""Tries of a bill, what is too small to be charged, coupons, and 3-D Secure that fails."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe

from payment_subscriptions.simulators.stripe import StripeSimulator, cards, payer

from .seller import Seller
from .test_events import told
from .test_pages import press

DAY = 86_400


@pytest.fixture(autouse=True)
def july(stripe_simulator: StripeSimulator) -> None:
    """A month of 31 days: a renewal is tried an hour later than 31 days on."""
    stripe_simulator.reset(seed=1, now="2026-07-05 10:00")


@pytest.fixture
def owing(seller: Seller) -> str:
    """A subscription whose renewal was declined, and will be until ``faults.clear()``."""
    key = seller.subscribe()
    seller.simulator.decline_next(times=None)
    seller.simulator.clock.advance(days=32)
    return key


def bill_of(seller: Seller, key: str) -> Any:
    return seller.v1.invoices.retrieve(seller.v1.subscriptions.retrieve(key).latest_invoice)


# --- tries --------------------------------------------------------------------------------------------


def test_a_bill_is_tried_again_by_schedule(seller: Seller, owing: str) -> None:
    seller.simulator.options.after_retries = "past_due"
    begun = bill_of(seller, owing).status_transitions.finalized_at
    seen = []
    for days in (0, 4, 5, 7):
        seller.simulator.clock.advance(days=days)
        bill = bill_of(seller, owing)
        seen.append((bill.attempt_count, bill.next_payment_attempt and bill.next_payment_attempt - begun))
    assert seen == [(1, 3 * DAY), (2, 8 * DAY), (3, 15 * DAY), (4, None)]
    assert len(told(seller.simulator, "invoice.payment_failed")) == 4


def test_a_try_by_hand_leaves_the_schedule_alone(seller: Seller, owing: str) -> None:
    bill = bill_of(seller, owing)
    for _ in range(3):
        with pytest.raises(stripe.CardError):
            seller.v1.invoices.pay(bill.id)
    after = bill_of(seller, owing)
    assert (after.attempt_count, after.next_payment_attempt) == (1, bill.next_payment_attempt)
    assert len(told(seller.simulator, "invoice.payment_failed")) == 4
    seller.simulator.clock.advance(days=4)
    assert bill_of(seller, owing).attempt_count == 2
    assert seller.v1.subscriptions.retrieve(owing).status == "past_due"


def test_one_on_the_page_of_the_bill_too(seller: Seller, owing: str) -> None:
    bill = bill_of(seller, owing)
    assert press(bill.hosted_invoice_url, "pay").status_code == 422
    assert bill_of(seller, owing).attempt_count == 1
    assert len(told(seller.simulator, "invoice.payment_failed")) == 2
    seller.simulator.faults.clear()
    assert press(bill.hosted_invoice_url, "pay").status_code == 303
    paid = bill_of(seller, owing)
    assert (paid.attempt_count, paid.status, paid.next_payment_attempt) == (1, "paid", None)


def test_a_paid_first_try_counts(seller: Seller) -> None:
    assert bill_of(seller, seller.subscribe()).attempt_count == 1


def test_a_card_that_is_lost_is_not_tried_again(seller: Seller) -> None:
    """The retries are counted all the same, and wait for another card."""
    key = seller.subscribe()
    seller.simulator.decline_next("lost_card")
    seller.simulator.clock.advance(days=32)
    seller.simulator.clock.advance(days=9)
    assert bill_of(seller, key).attempt_count == 3
    assert [entry.outcome for entry in seller.simulator.books.entries] == ["taken", "declined"]
    customer = seller.v1.subscriptions.retrieve(key).customer
    seller.v1.subscriptions.update(key, {"default_payment_method": ""})
    seller.simulator.change_card(customer, cards.MASTERCARD)
    seller.simulator.clock.advance(days=7)
    assert bill_of(seller, key).status == "paid"


# --- what is too small ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "currency", "least"), [(49, "usd", "0.50 USD"), (499, "clp", "500 CLP")])
def test_no_page_for_less_than_can_be_charged(seller: Seller, amount: int, currency: str, least: str) -> None:
    price = seller.price(amount, currency, renews=False)
    with pytest.raises(stripe.InvalidRequestError, match=f"at least {least}") as refused:
        seller.session(price, mode="payment")
    assert refused.value.code == "amount_too_small"
    assert seller.session(price, mode="payment", quantity=2).amount_total == 2 * amount


def test_nothing_at_all_is_not_too_small(seller: Seller) -> None:
    assert seller.session(seller.price(), subscription_data={"trial_period_days": 5}).amount_total == 0


def test_a_bill_that_is_too_small_waits_for_the_next(seller: Seller) -> None:
    key = seller.subscribe(seller.price(10_000))
    item = seller.v1.subscriptions.retrieve(key)["items"].data[0].id
    dearer = seller.price(10_300)
    seller.v1.subscriptions.update(
        key, {"items": [{"id": item, "price": dearer}], "proration_behavior": "always_invoice"}
    )
    small = bill_of(seller, key)
    assert 0 < small.total < 500
    assert (small.status, small.amount_due, small.ending_balance) == ("paid", 0, small.total)
    assert len(seller.simulator.books.taken()) == 1
    seller.simulator.clock.advance(days=32)
    next_one = bill_of(seller, key)
    assert (next_one.total, next_one.amount_paid) == (10_300, 10_300 + small.total)
    customer = seller.v1.customers.retrieve(next_one.customer)
    assert customer.balance == 0


def test_credit_is_used_up_first(seller: Seller) -> None:
    key = seller.subscribe(seller.price(10_000))
    item = seller.v1.subscriptions.retrieve(key)["items"].data[0].id
    change = {"items": [{"id": item, "price": seller.price(4000)}], "proration_behavior": "always_invoice"}
    seller.v1.subscriptions.update(key, change)
    credit = -bill_of(seller, key).total
    seller.simulator.clock.advance(days=32)
    bill = bill_of(seller, key)
    assert (bill.amount_due, bill.ending_balance) == (max(4000 - credit, 0), min(4000 - credit, 0))


# --- coupons --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent_off": 101}, {"percent_off": 0}, {"percent_off": -5}, {"percent_off": "much"}, {},
        {"amount_off": 500}, {"amount_off": 0, "currency": "clp"}, {"percent_off": 5, "amount_off": 5},
        {"percent_off": 5, "duration": "repeating"}, {"percent_off": 5, "duration_in_months": 2},
    ],
)  # fmt: skip
def test_coupons_that_are_none(seller: Seller, wrong: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        seller.v1.coupons.create(wrong)
    assert seller.simulator.table("coupons") == []


def test_all_of_it_may_be_taken_off(seller: Seller) -> None:
    made = seller.v1.coupons.create({"percent_off": 100, "id": "ALL"})
    assert made.percent_off == 100
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        seller.v1.coupons.create({"percent_off": 100, "id": "ALL"})


def coded(seller: Seller, **coupon: Any) -> str:
    made = seller.v1.coupons.create(coupon).id
    seller.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": made}, "code": "AMIGOS"})
    return str(made)


def test_a_code_is_there_once(seller: Seller) -> None:
    coupon = coded(seller, percent_off=5)
    again = {"promotion": {"type": "coupon", "coupon": coupon}, "code": "amigos"}
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        seller.v1.promotion_codes.create(again)
    assert seller.v1.promotion_codes.create({**again, "customer": seller.customer()}).id


@pytest.mark.parametrize("limit", ["max_redemptions", "redeem_by"])
def test_coupons_come_to_an_end(seller: Seller, limit: str) -> None:
    now = seller.simulator.account.now()
    coupon = coded(seller, percent_off=5, **{limit: 1 if limit == "max_redemptions" else now + DAY})
    session = seller.session(seller.price(), allow_promotion_codes=True)
    seller.simulator.use_code(session.id, "AMIGOS")
    seller.simulator.complete_session(session.id)
    seller.simulator.clock.advance(days=2)
    assert not seller.v1.coupons.retrieve(coupon).valid
    late = seller.session(seller.price(9000), allow_promotion_codes=True)
    assert press(late.url, "code", code="AMIGOS").status_code == 422


def test_a_code_that_leaves_too_little(seller: Seller) -> None:
    coded(seller, amount_off=9900, currency="clp")
    session = seller.session(seller.price(), allow_promotion_codes=True)
    answer = press(session.url, "code", code="AMIGOS")
    assert answer.status_code == 422
    assert "too little is left" in answer.text
    assert seller.v1.checkout.sessions.retrieve(session.id).amount_total == 10_000


def test_a_page_that_takes_no_codes(seller: Seller) -> None:
    session = seller.session(seller.price())
    answer = requests.post(session.url, data={"action": "code", "code": "AMIGOS"}, timeout=5)
    assert answer.status_code == 422


# --- cards ----------------------------------------------------------------------------------------------


def test_a_card_that_is_no_test_card(seller: Seller, owing: str) -> None:
    simulator = seller.simulator
    session, bill = seller.session(seller.price(9000)), bill_of(seller, owing)
    customer = bill.customer
    tried = len(simulator.books.entries)
    for act in (
        lambda number: simulator.complete_session(session.id, number),
        lambda number: simulator.pay_invoice(bill.id, number),
        lambda number: simulator.change_card(customer, number),
    ):
        with pytest.raises(payer.NotPossible, match="1111 is no test card of Stripe's"):
            act("4111 1111 1111 1111")
    assert len(simulator.books.entries) == tried
    simulator.faults.clear()
    assert simulator.pay_invoice(bill.id, "4242-4242-4242-4242") == ""


def test_so_it_is_from_outside(seller: Seller) -> None:
    session = seller.session(seller.price())
    url = f"{seller.simulator.url}/control/sessions/{session.id}/pay"
    answers = [
        requests.post(url, json={"number": number}, timeout=5)
        for number in ("4111111111111111", cards.DECLINED, cards.OK, cards.OK)
    ]
    assert [answer.status_code for answer in answers] == [400, 200, 200, 400]
    assert "no test card" in answers[0].json()["error"]
    assert answers[1].json() == {"ok": True, "said": "generic_decline"}
    assert answers[2].json() == {"ok": True}
    assert answers[3].json()["error"] == "not possible: complete"


# --- 3-D Secure -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["subscription", "payment"])
def test_the_bank_s_question_is_failed(seller: Seller, mode: str) -> None:
    session = seller.session(seller.price(renews=mode == "subscription"), mode=mode)
    bank = f"{seller.simulator.url}{press(session.url, 'pay', number=cards.AUTHENTICATE).headers['Location']}"
    (asked,) = told(seller.simulator, "payment_intent.requires_action")
    press(bank, "fail")
    (failed,) = told(seller.simulator, "payment_intent.payment_failed")
    intent = seller.v1.payment_intents.retrieve(failed["data"]["object"]["id"])
    assert asked["data"]["object"]["id"] == intent.id
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.code == "payment_intent_authentication_failure"
    assert seller.simulator.table("charges") == []
    press(session.url, "pay", number=cards.AUTHENTICATE)
    press(bank, "authenticate")
    assert len(seller.simulator.table("intents")) == 1
    assert seller.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    assert [entry.intent for entry in seller.simulator.books.taken()] == [intent.id]


def test_so_it_is_for_a_bill(seller: Seller, owing: str) -> None:
    seller.simulator.faults.clear()
    bill = bill_of(seller, owing)
    page = press(bill.hosted_invoice_url, "pay", number=cards.AUTHENTICATE)
    bank = seller.simulator.url + page.headers["Location"]
    failed = len(told(seller.simulator, "invoice.payment_failed"))
    assert press(bank, "fail").status_code == 422
    assert len(told(seller.simulator, "invoice.payment_failed")) == failed + 1
    event = told(seller.simulator, "payment_intent.payment_failed")[-1]
    assert event["data"]["object"]["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert bill_of(seller, owing).status == "open"


def test_from_outside_by_the_control_api(seller: Seller, owing: str) -> None:
    seller.simulator.faults.clear()
    session, bill = seller.session(seller.price(9000)), bill_of(seller, owing)
    assert seller.simulator.complete_session(session.id, cards.AUTHENTICATE) == "authentication_required"
    assert seller.simulator.pay_invoice(bill.id, cards.AUTHENTICATE) == "authentication_required"
    for path in (f"sessions/{session.id}", f"invoices/{bill.id}"):
        url = f"{seller.simulator.url}/control/{path}/fail-authentication"
        assert requests.post(url, json={}, timeout=5).json() == {"ok": True}
    codes = [
        (event["data"]["object"]["last_payment_error"] or {}).get("code")
        for event in told(seller.simulator, "payment_intent.payment_failed")
    ]
    assert codes[-2:] == ["payment_intent_authentication_failure"] * 2
