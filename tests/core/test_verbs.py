"""sync and cancel: the wish is stored before the call, and carried out by somebody in the end."""

from __future__ import annotations

from typing import Any

import pytest

from payment_subscriptions import verbs
from payment_subscriptions.exceptions import Busy, ConfigurationError, NotPossible, OutcomeUnknown, Refused
from payment_subscriptions.gateways.base import Capabilities
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Event, Payment, Subscription
from tests.core.test_checkout import for_every_statement
from tests.foreign import (
    KILLED_AFTER,
    KILLED_BEFORE,
    LOST_AFTER,
    LOST_BEFORE,
    MISCONFIGURED,
    MONTHLY,
    NOT_SENT,
    REFUSED_REQUEST,
    ForeignGateway,
    ForeignProvider,
    Killed,
    clock,
    come_back,
    foreign_settings,
    from_elsewhere,
    payer,
    reopened,
    subscribe,
    sweep_later,
)


def told(name: str) -> int:
    return Event.objects.filter(name=name).count()


def test_cancelled_with_the_period(foreign: ForeignProvider) -> None:
    row = subscribe().cancel()
    assert row.is_cancelling
    assert row.access.why == "leaving"
    assert row.access.until == row.paid_through
    assert told("subscription.cancel_scheduled") == 1
    assert row.cancel() == row
    assert foreign.called("cancel") == 1


def test_cancelled_now_with_all_that_is_owed(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.renew("S1", PaymentStatus.FAILED)
    row = subscription.sync().cancel(at_period_end=False)
    assert (row.status, row.owed, row.cancel_requested) == (Status.CANCELLED, [], "")
    assert told("subscription.cancelled") == told("payment.cancelled") == 1
    assert not row.access.allowed


def test_the_wish_is_committed_before_the_call(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    seen = []
    foreign.watch = lambda verb: seen.append(
        (verb, from_elsewhere(lambda: Subscription.objects.get().cancel_requested))
    )
    subscription.cancel()
    assert seen == [("cancel", "period_end"), ("fetch", "period_end")]
    assert reopened(subscription).cancel_requested == ""


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER, NOT_SENT, KILLED_BEFORE, KILLED_AFTER])
@pytest.mark.parametrize("verb", ["cancel", "fetch"])
@pytest.mark.parametrize("at_period_end", [True, False])
def test_a_wish_whose_answer_is_lost_is_carried_out_by_the_sweep(
    foreign: ForeignProvider, verb: str, fault: str, at_period_end: bool
) -> None:
    subscription = subscribe()
    foreign.fault(verb, fault)
    with pytest.raises((OutcomeUnknown, Killed)):
        subscription.cancel(at_period_end=at_period_end)
    sweep_later()
    row = reopened(subscription)
    assert row.cancel_requested == ""
    assert row.is_cancelling if at_period_end else row.status == Status.CANCELLED
    assert told("subscription.cancel_scheduled" if at_period_end else "subscription.cancelled") == 1


@pytest.mark.slow
def test_killed_at_any_statement_of_a_cancellation(foreign: ForeignProvider) -> None:
    rows = {str(number): subscribe(str(number)) for number in range(30)}
    for nonce in for_every_statement(lambda nonce: rows[nonce].cancel(at_period_end=False)):
        sweep_later()
        row = reopened(rows[nonce])
        asked = (Status.CANCELLED, "")
        never_begun = (Status.ACTIVE, "")
        assert (row.status, row.cancel_requested) in (asked, never_begun), nonce
        ended = foreign.subscriptions[row.reference].status
        assert row.status == ended, nonce


def test_a_refused_cancel_is_what_the_provider_then_says(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.fault("cancel", REFUSED_REQUEST)
    with pytest.raises(Refused):
        subscription.cancel()
    row = Subscription.objects.get(pk=subscription.pk)
    assert not row.is_cancelling
    assert row.cancel_requested == ""


def test_what_ended_cannot_be_cancelled(foreign: ForeignProvider) -> None:
    row = subscribe().cancel(at_period_end=False)
    with pytest.raises(NotPossible):
        row.cancel()


class AtOnceGateway(ForeignGateway):
    """It ends a subscription at once, or not at all."""

    capabilities = Capabilities(cancel_now=True)


def test_what_the_gateway_cannot_do_is_refused_before_any_call(
    foreign: ForeignProvider, settings: Any
) -> None:
    subscription = subscribe()
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(
        foreign={"BACKEND": "tests.core.test_verbs.AtOnceGateway"}
    )
    with pytest.raises(NotPossible):
        subscription.cancel()
    assert foreign.called("cancel") == 0
    assert reopened(subscription).cancel_requested == ""


# Pending


def test_a_pending_one_is_cancelled_by_giving_up_its_attempt(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    assert checkout.subscription.cancel().status == Status.CANCELLED
    assert reopened(checkout).status == CheckoutStatus.EXPIRED
    assert foreign.called("expire") == 1


def test_a_pending_one_in_doubt_is_not_given_up(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("charge", LOST_AFTER)
    come_back(checkout)
    with pytest.raises(Busy):
        checkout.subscription.cancel()


def test_a_pending_one_that_the_provider_has_is_ended_there(foreign: ForeignProvider) -> None:
    """The attempt is done, the first fetch got no answer: the payer has been charged already."""
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("fetch", LOST_BEFORE)
    subscription = come_back(checkout).subscription
    assert (subscription.status, subscription.reference) == (Status.PENDING, "S1")
    row = subscription.cancel(at_period_end=False)
    assert foreign.subscriptions["S1"].status == Status.CANCELLED
    assert row.status == Status.CANCELLED
    assert Payment.objects.get().status == PaymentStatus.PAID


def test_one_that_waits_for_its_first_payment_is_ended_at_the_provider(
    foreign: ForeignProvider, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"STRATEGIES": ["invoice"]})
    subscription = payer().subscribe(MONTHLY).subscription
    assert (subscription.status, subscription.reference) == (Status.PENDING, "S1")
    row = subscription.cancel(at_period_end=False)
    assert foreign.subscriptions["S1"].status == row.status == Status.CANCELLED
    assert [p.status for p in row.payments.all()] == [PaymentStatus.CANCELLED]
    assert row.slot_key is None


# sync


def test_a_fetch_without_an_answer_is_asked_again_later_and_later(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.fault("fetch", LOST_BEFORE, times=3)
    waits = []
    for _try in range(3):
        with pytest.raises(OutcomeUnknown):
            subscription.sync()
        row = reopened(subscription)
        waits.append((row.next_sync_at - clock.moment).total_seconds())
        assert row.status == Status.ACTIVE
    assert waits == sorted(set(waits))
    sweep_later(minutes=3)
    assert reopened(subscription).sync_tries == 0


def test_a_wrong_key_changes_nothing(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    foreign.fault("fetch", MISCONFIGURED)
    with pytest.raises(ConfigurationError):
        subscription.sync()
    assert reopened(subscription).status == Status.ACTIVE


def test_one_that_others_keep_writing_is_left_to_the_sweep(foreign: ForeignProvider) -> None:
    subscription = subscribe()

    def meddle(verb: str) -> None:
        if verb == "fetch":
            row = reopened(subscription)
            Subscription.objects.filter(pk=row.pk).update(version=row.version + 1)

    foreign.watch = meddle
    with pytest.raises(Busy):
        subscription.sync()


def test_two_sweeps_ask_once(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    clock.move(days=31)
    asked = foreign.called("fetch")
    verbs.sync_due(subscription)
    verbs.sync_due(subscription)
    assert foreign.called("fetch") == asked + 1


# Live and sandbox rows never meet


@pytest.mark.parametrize("verb", ["sync", "cancel"])
def test_a_row_of_the_other_mode_is_refused_and_kept(
    foreign: ForeignProvider, settings: Any, verb: str
) -> None:
    subscription = subscribe()
    waiting = payer("waiting").subscribe(MONTHLY)
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"MODE": "real"})
    calls = len(foreign.calls)
    with pytest.raises(ConfigurationError, match="sandbox"):
        getattr(subscription, verb)()
    with pytest.raises(ConfigurationError, match="sandbox"):
        come_back(waiting)
    assert len(foreign.calls) == calls
    assert reopened(subscription).status == Status.ACTIVE
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    sweep_later()
    assert Checkout.objects.get(pk=waiting.pk).status == CheckoutStatus.DONE


def test_one_reference_in_two_modes_is_two_rows(foreign: ForeignProvider, settings: Any) -> None:
    subscribe("sandboxed")
    foreign.clear()
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"MODE": "real"})
    subscribe("real")
    assert list(Subscription.objects.order_by("pk").values_list("mode", "reference")) == [
        ("sandbox", "S1"),
        ("real", "S1"),
    ]
    token = foreign.renew("S1")
    from django.test import Client

    Client().post("/pagos/api/foreign/webhook/", {"token": token})
    sandboxed, real = Subscription.objects.order_by("pk")
    assert (sandboxed.payments.count(), real.payments.count()) == (1, 2)
