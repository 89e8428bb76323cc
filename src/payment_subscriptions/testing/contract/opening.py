"""From the button to the first payment, and all that can happen on the way."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

import pytest

from payment_subscriptions.checkout import newest_attempt, retry
from payment_subscriptions.gateways.base import Attempt, Step
from payment_subscriptions.lifecycle import CheckoutStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.sweep import sweep

from .bench import Bench, TooLate
from .living import recover
from .steps import (
    PAYERS_TURN,
    again,
    begin,
    come_back,
    expect_nothing_more,
    expect_paid,
    expect_unpaid,
    go_through,
    needs,
    price_of,
    subscribe,
    sweep_for,
    sweep_until,
    told,
)


@pytest.mark.django_db(transaction=True)
class Opening:
    #: The calls that change something at the provider between the button and the first payment, by the
    #: names that ``lose_answer`` and ``lose_request`` know.
    opening_calls: ClassVar[tuple[str, ...]] = ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Each of the calls is lost in a test of its own."""
        if "opening_call" in metafunc.fixturenames:
            metafunc.parametrize("opening_call", self.opening_calls or ("",))

    def test_who_has_chosen_has_a_page_and_nothing_else_yet(self, bench: Bench) -> None:
        checkout = begin(bench.monthly)
        assert checkout.status == CheckoutStatus.WAITING
        assert checkout.next_step in PAYERS_TURN
        assert checkout.url
        assert checkout.subscription.status == Status.PENDING
        expect_unpaid(bench)

    def test_paid_and_back_before_anything_was_told(self, bench: Bench) -> None:
        checkout = begin(bench.monthly)
        bench.pay(checkout)
        assert come_back(checkout).status == CheckoutStatus.DONE
        expect_paid(bench)
        bench.deliver_new()
        sweep()
        expect_paid(bench)
        assert told("subscription.activated") == 1

    def test_told_before_the_payer_is_back(self, bench: Bench) -> None:
        checkout = begin(bench.monthly)
        bench.pay(checkout)
        needs(bench.notices(), "nothing is told before the payer is back")
        assert {answer.status_code for answer in bench.deliver_new()} == {200}
        expect_paid(bench)
        come_back(checkout)
        bench.deliver_new()
        expect_paid(bench)

    def test_paid_and_nobody_comes_back_or_tells(self, bench: Bench) -> None:
        needs(not bench.charges_on_return, "nothing is charged before the payer is back")
        checkout = begin(bench.monthly)
        bench.pay(checkout)
        sweep_for(bench, hours=2, step=timedelta(minutes=10))
        expect_paid(bench)

    def test_turned_down_nothing_is_granted_and_the_payer_may_try_again(self, bench: Bench) -> None:
        checkout = begin(bench.monthly)
        bench.turn_down(checkout)
        checkout = come_back(checkout)
        bench.deliver_new()
        expect_unpaid(bench)
        row = again(checkout.subscription)
        if row.is_pending:
            checkout = retry(newest_attempt(checkout))
            bench.pay(checkout)
            come_back(checkout)
        else:
            recover(bench, row)
        bench.deliver_new()
        sweep()
        expect_paid(bench)

    def test_left_and_expired_nothing_can_be_paid_any_more(self, bench: Bench) -> None:
        checkout = begin(bench.monthly)
        bench.leave(checkout)
        bench.deliver_new()
        while newest_attempt(checkout).is_running:
            sweep_until(bench, newest_attempt(checkout).expires_at, step=timedelta(days=30))
        row = again(checkout.subscription)
        assert (row.status, row.slot_key) == (Status.CANCELLED, None)
        with suppress(TooLate):
            bench.pay(checkout)
        come_back(checkout)
        bench.deliver_new()
        sweep_for(bench, days=40, step=timedelta(days=10))
        expect_unpaid(bench)
        assert begin(bench.monthly).subscription_id != row.pk

    def test_another_choice_gives_the_first_one_up(self, bench: Bench) -> None:
        needs(bench.dearer, "sells one price in this way")
        first = begin(bench.monthly)
        second = begin(bench.dearer)
        assert again(first.subscription).status == Status.CANCELLED
        with suppress(TooLate):
            bench.pay(first)
        bench.deliver_new()
        bench.pay(second)
        come_back(second)
        bench.deliver_new()
        assert again(second.subscription).is_active
        expect_nothing_more(bench, price_of(bench.dearer))

    def test_a_trial_is_access_before_the_first_charge(self, bench: Bench) -> None:
        needs(bench.trial, "has no trials in this way")
        row = subscribe(bench, bench.trial)
        assert (row.status, row.access.why) == (Status.TRIALING, "trial")
        assert bench.charges() == []
        bench.renew(row)
        bench.deliver_new()
        sweep()
        assert again(row).access.why == "paid"
        expect_paid(bench, bench.trial)

    def test_what_is_sold_once_is_charged_once(self, bench: Bench) -> None:
        needs(bench.once, "sells nothing once")
        row = subscribe(bench, bench.once)
        expect_paid(bench, bench.once)
        sweep_for(bench, days=70, step=timedelta(days=14))
        assert again(row).status == Status.PAID
        assert bench.charges() == [price_of(bench.once)]
        assert told("payment.paid") == 1

    # What is lost on the way

    def test_a_call_whose_answer_is_lost(self, bench: Bench, opening_call: str) -> None:
        """Done, though we never heard of it: one subscription, one charge."""
        needs(opening_call, "no answer of it can be lost")
        bench.lose_answer(opening_call)
        go_through(bench, begin(bench.monthly))
        assert bench.faults_left() == 0
        expect_paid(bench)

    def test_a_call_that_never_arrives(self, bench: Bench, opening_call: str) -> None:
        """Not done, though nobody can tell: it is found out, and the payer gets what they chose."""
        needs(opening_call, "no request to it can be lost")
        bench.lose_request(opening_call)
        go_through(bench, begin(bench.monthly))
        assert bench.faults_left() == 0
        expect_paid(bench)

    def test_a_step_changes_one_thing_at_most(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is between two changes is stored by the core: a step that makes two would lose one."""
        made = _count_changes(bench, monkeypatch)
        checkout = begin(bench.monthly)
        bench.pay(checkout)
        come_back(checkout)
        sweep()
        expect_paid(bench)
        assert max(made) == 1

    def test_both_tabs_of_a_payer_are_one_attempt(self, bench: Bench) -> None:
        assert begin(bench.monthly).pk == begin(bench.monthly).pk
        assert Checkout.objects.count() == Subscription.objects.count() == 1


def _count_changes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of each step that is taken from now on; the steps themselves are left as they are."""
    gateway, made = bench.gateway, list[int]()
    advance = gateway.advance

    def watched(attempt: Attempt) -> Step:
        before = bench.changes()
        try:
            return advance(attempt)
        finally:
            made.append(bench.changes() - before)

    monkeypatch.setattr(gateway, "advance", watched)
    return made
