"""A coupon takes something off at Flow: what is charged is less, and is paid all the same."""

from __future__ import annotations

from typing import Any

import pytest

from payment_subscriptions.billing import form_payer
from payment_subscriptions.exceptions import BadRequest, NotPossible, OutcomeUnknown, Refused
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Customer, Discrepancy, Subscription
from payment_subscriptions.models.discrepancy import DiscrepancyKind
from tests.shop import EMAIL, Shop, charged

MONTHLY = "pro_monthly_v1"


def coupon(shop: Shop, code: str = "HOLA", **terms: Any) -> int:
    """Make one at Flow and tell the shop its number."""
    terms = terms or {"percent_off": 40, "times": 1}
    number = gateways["flow"].client.coupon.create(name=code, **terms).id  # type: ignore[attr-defined]
    shop.configure(COUPONS={code: number})
    return int(number)


def begin(code: str, price: str = MONTHLY, nonce: str = "nonce") -> Checkout:
    return form_payer(nonce, EMAIL).subscribe(price, coupon=code)


def subscribe(shop: Shop, code: str = "HOLA", price: str = MONTHLY) -> Subscription:
    checkout = begin(code, price)
    shop.enter_card(checkout)
    return shop.come_back(checkout).subscription


def months(shop: Shop, number: int) -> list[int]:
    """What has been paid, after so many more months."""
    for _month in range(number):
        shop.move(months=1)
        shop.sweep()
    payments = Subscription.objects.get().payments.order_by("pk")
    assert {payment.status for payment in payments} == {PaymentStatus.PAID}
    assert not Discrepancy.objects.exists()
    return [int(payment.amount) for payment in payments]


@pytest.mark.parametrize(
    ("terms", "amounts"),
    [
        ({"percent_off": 40, "times": 1}, [6000, 10000, 10000]),
        ({"percent_off": 40, "times": 2}, [6000, 6000, 10000]),
        ({"percent_off": 33, "duration": 0}, [6700, 6700, 6700]),
        ({"amount": 2500, "currency": "CLP", "times": 1}, [7500, 10000, 10000]),
        ({"percent_off": 100, "times": 1}, [0, 10000, 10000]),
        ({"amount": 20000, "currency": "CLP", "times": 1}, [0, 10000, 10000]),
    ],
)
def test_what_is_left_is_paid_and_later_the_whole(
    shop: Shop, terms: dict[str, Any], amounts: list[int]
) -> None:
    coupon(shop, **terms)
    subscription = subscribe(shop)
    assert subscription.status == Status.ACTIVE
    assert subscription.access.allowed
    assert (subscription.coupon, int(subscription.amount)) == ("HOLA", 10000)
    assert months(shop, 2) == amounts
    assert charged(shop.flow) == sum(amounts)


def test_nothing_of_a_gift_can_be_given_back(shop: Shop) -> None:
    coupon(shop, percent_off=100, times=1)
    with pytest.raises(NotPossible):
        subscribe(shop).payments.get().refund()


def test_of_a_bill_in_uf(shop: Shop) -> None:
    coupon(shop, percent_off=50, times=1)
    subscription = subscribe(shop, price="uf_monthly_v1")
    payment = subscription.payments.get()
    assert (payment.status, float(payment.amount)) == (PaymentStatus.PAID, 0.75)
    assert not Discrepancy.objects.exists()


def test_by_link(shop: Shop) -> None:
    coupon(shop)
    shop.configure(STRATEGIES=["link"])
    begin("HOLA")
    shop.flow.pay_invoice(next(iter(shop.flow.invoices)))
    assert Subscription.objects.get().status == Status.ACTIVE
    assert charged(shop.flow) == 6000
    assert not Discrepancy.objects.exists()


REFUSED: dict[str, dict[str, Any]] = {
    "of another currency": {"amount": "0.1", "currency": "UF"},
    "expired": {"percent_off": 40, "expires": "2026-01-12"},
    "leaves less than Flow collects": {"percent_off": 99, "times": 1},
}


@pytest.mark.parametrize("terms", REFUSED.values(), ids=REFUSED)
def test_one_that_takes_nothing_off_opens_nothing(shop: Shop, terms: dict[str, Any]) -> None:
    coupon(shop, **terms)
    expect_refused("HOLA")


def expect_refused(code: str) -> None:
    before = (Subscription.objects.count(), Checkout.objects.count(), Customer.objects.count())
    with pytest.raises(BadRequest) as caught:
        begin(code, nonce="refused")
    assert caught.value.field == "coupon"
    assert (Subscription.objects.count(), Checkout.objects.count(), Customer.objects.count()) == before


def test_a_wrong_code_opens_nothing(shop: Shop) -> None:
    coupon(shop)
    expect_refused("ADIOS")


def test_one_that_flow_does_not_know_opens_nothing(shop: Shop) -> None:
    shop.configure(COUPONS={"HOLA": 424242})
    expect_refused("HOLA")


def test_one_that_was_deleted_opens_nothing(shop: Shop) -> None:
    gateways["flow"].client.coupon.delete(coupon(shop))  # type: ignore[attr-defined]
    expect_refused("HOLA")


def test_one_that_is_used_up_opens_nothing(shop: Shop) -> None:
    coupon(shop, percent_off=40, times=1, max_redemptions=1)
    subscribe(shop)
    expect_refused("HOLA")


def test_its_last_day_counts(shop: Shop) -> None:
    coupon(shop, percent_off=40, times=1, expires="2026-01-13")
    subscribe(shop)
    assert charged(shop.flow) == 6000


def test_an_order_has_no_coupon(shop: Shop) -> None:
    coupon(shop)
    shop.configure(STRATEGIES=["order"])
    expect_refused("HOLA")
    shop.configure(STRATEGIES=["order", "card"])
    assert begin("HOLA").strategy == "card"


def test_where_the_card_is_refused_no_order_takes_the_whole_price(shop: Shop) -> None:
    coupon(shop)
    shop.configure(STRATEGIES=["card", "order"])
    shop.flow.options.card_contract = False
    checkout = begin("HOLA")
    assert (checkout.strategy, checkout.status) == ("card", CheckoutStatus.REFUSED)
    assert shop.flow.orders == {}


def test_while_flow_is_down_nothing_is_opened(shop: Shop) -> None:
    coupon(shop)
    shop.flow.faults.add("coupon/get", "http_error", times=None)
    with pytest.raises(OutcomeUnknown):
        begin("HOLA")
    assert not Checkout.objects.exists()


@pytest.mark.slow
def test_used_up_between_the_form_and_the_card_nobody_is_charged_the_whole(shop: Shop) -> None:
    number = coupon(shop)
    checkout = begin("HOLA")
    shop.flow.coupons[number].status = 0
    shop.enter_card(checkout)
    checkout = shop.come_back(checkout)
    for _look in range(30):
        shop.flow.clock.advance(hours=1)
        shop.sweep(1)
    checkout.refresh_from_db()
    assert checkout.status in (CheckoutStatus.REFUSED, CheckoutStatus.EXPIRED, CheckoutStatus.IN_DOUBT)
    assert charged(shop.flow) == 0


def test_a_discount_off_another_price_is_a_discrepancy(shop: Shop) -> None:
    coupon(shop)
    shop.flow.plans[MONTHLY].amount += 1000
    subscription = subscribe(shop)
    assert subscription.payments.get().status == PaymentStatus.PENDING
    assert Discrepancy.objects.get().kind == DiscrepancyKind.AMOUNT


# --- taken up again -----------------------------------------------------------------------------


def test_a_discount_that_is_at_work_goes_on_with_the_successor(shop: Shop) -> None:
    coupon(shop, percent_off=40, duration=0)
    subscribe(shop).cancel().resume()
    assert months(shop, 2) == [6000, 6000, 6000]


def test_one_that_is_over_is_not_given_anew(shop: Shop) -> None:
    coupon(shop, percent_off=40, times=1)
    subscribe(shop).cancel().resume()
    assert months(shop, 2) == [6000, 10000, 10000]


def test_one_that_is_no_longer_given_is_no_reason_to_charge_the_whole(shop: Shop) -> None:
    number = coupon(shop, percent_off=40, duration=0)
    subscription = subscribe(shop).cancel()
    shop.flow.coupons[number].status = 0
    with pytest.raises(Refused):
        subscription.resume()
    assert len(shop.flow.subscriptions) == 1
    assert Subscription.objects.get().is_cancelling
