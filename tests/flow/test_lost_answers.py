"""A timeout at each call that changes something for what exists: nothing twice, in doubt, then true."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest

from payment_subscriptions import verbs
from payment_subscriptions.checkout import advance, open_card_change
from payment_subscriptions.exceptions import Busy, NotPossible, OutcomeUnknown
from payment_subscriptions.lifecycle import RUNNING, CheckoutStatus, RefundStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Payment, Refund, Subscription
from tests.shop import Shop, charged

BEFORE = ["timeout_before_commit", "reset_before_commit"]
AFTER = ["timeout_after_commit", "reset_after_commit"]


def row() -> Subscription:
    return Subscription.objects.get()


# --- how far it has come before the call -------------------------------------------------------


def paid(shop: Shop) -> None:
    shop.subscribe("basic_monthly_v1")


def paid_days_ago(shop: Shop) -> None:
    paid(shop)
    shop.move(days=3)


def offered(shop: Shop) -> None:
    paid_days_ago(shop)
    Payment.objects.get().refund()


def scheduled(shop: Shop) -> None:
    paid_days_ago(shop)
    row().change_plan(row().preview_change("pro_monthly_v1", at_period_end=True))


def leaving(shop: Shop) -> None:
    paid_days_ago(shop)
    row().cancel()


def resumed(shop: Shop) -> None:
    leaving(shop)
    row().resume()


def late(shop: Shop) -> None:
    paid(shop)
    shop.flow.decline_next(times=None)
    shop.move(months=1)
    shop.move(hours=1)
    shop.sweep()
    shop.flow.faults.clear()
    assert row().status == Status.PAST_DUE


# --- what is asked for -------------------------------------------------------------------------


def refund(shop: Shop) -> None:
    Payment.objects.get().refund()


def call_off(shop: Shop) -> None:
    verbs.call_off_refund(Refund.objects.get())


def change(shop: Shop) -> None:
    row().change_plan(row().preview_change("pro_monthly_v1"))


def undo(shop: Shop) -> None:
    row().undo_change()


def resume(shop: Shop) -> None:
    row().resume()


def cancel(shop: Shop) -> None:
    row().cancel()


def cancel_now(shop: Shop) -> None:
    row().cancel(at_period_end=False)


def new_card(shop: Shop) -> None:
    checkout = advance(open_card_change(row()))
    shop.enter_card(checkout)
    shop.come_back(checkout)


@dataclass(frozen=True)
class Case:
    """``most``: how often the call may be made: once where a second might do it twice, or where it is
    for the person who asked to ask again."""

    service: str
    given: Callable[[Shop], None]
    verb: Callable[[Shop], None]
    most: int


CASES = [
    Case("customer/reverseCharge", paid, refund, most=2),
    Case("refund/create", paid_days_ago, refund, most=1),
    Case("refund/cancel", offered, call_off, most=1),
    Case("subscription/changePlan", paid_days_ago, change, most=1),
    Case("subscription/changePlanCancel", scheduled, undo, most=1),
    Case("subscription/create", leaving, resume, most=2),
    Case("subscription/cancel", paid_days_ago, cancel, most=2),
    Case("subscription/cancel", paid_days_ago, cancel_now, most=2),
    Case("subscription/cancel", resumed, cancel, most=2),
    Case("subscription/cancel", late, cancel_now, most=2),
    Case("invoice/cancel", late, cancel_now, most=2),
    Case("invoice/retryToCollect", late, new_card, most=1),
]


@pytest.mark.slow
@pytest.mark.parametrize("fault", BEFORE + AFTER)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.service}-{case.given.__name__}")
def test_a_lost_answer(shop: Shop, case: Case, fault: str) -> None:
    case.given(shop)
    shop.configure(TIMEOUT=0.4)
    made = calls(shop, case.service)
    planned = shop.flow.faults.add(case.service, fault)
    with suppress(OutcomeUnknown):
        case.verb(shop)
    assert planned.hits == 1
    expect_shown()
    with suppress(OutcomeUnknown, Busy, NotPossible):
        if case.most > 1:
            case.verb(shop)  # the impatient click
    for _minute in range(30):
        shop.flow.clock.advance(minutes=1)
        shop.sweep(1)
    assert calls(shop, case.service) - made <= case.most
    expect_settled(shop, doubtful=case.service == "refund/create")


def calls(shop: Shop, service: str) -> int:
    return [call.service for call in shop.flow.calls].count(service)


def expect_shown() -> None:
    """Whoever looks sees that something is not known, or what holds until it is."""
    doubt = Checkout.objects.in_doubt().exists() or Refund.objects.filter(status="in_doubt").exists()
    wish = row().cancel_requested
    due = row().next_sync_at is not None or Refund.objects.due().exists()
    assert doubt or wish or due


def expect_settled(shop: Shop, *, doubtful: bool) -> None:
    """Nothing twice, nothing in doubt but what nobody can be asked about, and the row is Flow's."""
    assert shop.flow.books.twice() == []
    assert not Discrepancy.objects.exists()
    assert not Checkout.objects.filter(status__in=RUNNING - {CheckoutStatus.WAITING}).exists()
    in_doubt = Refund.objects.filter(status=RefundStatus.IN_DOUBT).exists()
    assert in_doubt == doubtful
    assert len(shop.flow.account.refunds) <= 1
    ours = sum(payment.amount for payment in Payment.objects.exclude(paid_at=None))
    back = sum(payment.refunded_amount for payment in Payment.objects.all())
    assert ours - back == charged(shop.flow)
    before, known = row(), row().sync()
    for name in ("status", "price_key", "next_price_key", "cancel_at_period_end", "reference"):
        assert getattr(before, name) == getattr(known, name), name
    live = [each for each in shop.flow.subscriptions.values() if each.live and not each.cancel_at_period_end]
    assert len(live) == (1 if known.is_open and not known.is_cancelling else 0)
    assert known.cancel_requested == ""
