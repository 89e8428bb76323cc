"""What the tests of ``link``, ``order`` and one-time plans do and look at."""

from __future__ import annotations

from payment_subscriptions.lifecycle import PaymentStatus
from payment_subscriptions.models import Checkout, Discrepancy, Event, Subscription
from payment_subscriptions.simulators.flow.records import Order
from payment_subscriptions.views.result import facts_of
from payment_subscriptions.views.states import State, state_of
from tests.shop import Shop, token_in

LOST_BEFORE = ["reset_before_commit", "timeout_before_commit", "http_error"]
LOST_AFTER = ["reset_after_commit", "timeout_after_commit", "html_200"]


def told(name: str) -> int:
    return Event.objects.filter(name=name).count()


def kinds() -> list[str]:
    """Of all discrepancies, oldest first."""
    return [str(kind) for kind in Discrepancy.objects.order_by("pk").values_list("kind", flat=True)]


def state(checkout: Checkout) -> State:
    """What the payer's page says."""
    return state_of(facts_of(Checkout.objects.select_related("subscription").get(pk=checkout.pk)))


def again(subscription: Subscription) -> Subscription:
    return Subscription.objects.select_related("customer").get(pk=subscription.pk)


def calls(shop: Shop, service: str) -> int:
    return [call.service for call in shop.flow.calls].count(service)


def orders_of(shop: Shop, name: str) -> list[Order]:
    """Flow's orders of that name, oldest first."""
    return [order for order in shop.flow.orders.values() if order.commerce_order == name]


def pay(shop: Shop, checkout: Checkout) -> None:
    """On Flow's page; the callback is delivered, nobody comes back."""
    shop.flow.pay(token_in(Checkout.objects.get(pk=checkout.pk).url))


def statuses(subscription: Subscription) -> list[PaymentStatus]:
    return [PaymentStatus(payment.status) for payment in subscription.payments.order_by("pk")]


def pass_time(shop: Shop, minutes: int, step: int = 1) -> None:
    """A sweep each ``step`` minutes."""
    for _look in range(minutes // step):
        shop.move(minutes=step)
        shop.sweep(1)


def pass_days(shop: Shop, days: int) -> None:
    """Two sweeps each day."""
    for _day in range(days):
        shop.move(days=1)
        shop.sweep(2)
