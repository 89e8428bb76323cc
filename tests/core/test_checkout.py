"""An attempt: a row before the call, one call at a time, the next strategy only after a refusal."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction

from payment_subscriptions.billing import billing
from payment_subscriptions.checkout import (
    AlreadySubscribed,
    Payer,
    advance,
    by_token,
    expire,
    go_on,
    open_card_change,
    open_checkout,
    resolve,
    retry,
)
from payment_subscriptions.exceptions import BadRequest, Busy, ConfigurationError, NotPossible, OutcomeUnknown
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import CheckoutStatus, PaymentStatus, Status
from payment_subscriptions.models import Checkout, Customer, Discrepancy, Event, Payment, Subscription
from payment_subscriptions.plans import catalogue
from tests.foreign import (
    BUG,
    EMAIL,
    KILLED_AFTER,
    KILLED_BEFORE,
    LOST_AFTER,
    LOST_BEFORE,
    MISCONFIGURED,
    MONTHLY,
    NOT_SENT,
    REFUSED_REQUEST,
    REFUSED_STRATEGY,
    UNKNOWN_TO_IT,
    ForeignProvider,
    Killed,
    at_once,
    clock,
    come_back,
    foreign_settings,
    from_elsewhere,
    only,
    payer,
    reopened,
    subscribe,
    sweep_later,
)
from tests.kills import killed_at_statement

BOTH = ["page", "invoice"]
CHANGING = ["customer", "page", "mandate", "charge"]


def names() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("name", flat=True))


def expect_one_paid_subscription(foreign: ForeignProvider) -> None:
    """Whatever happened on the way: charged once, told once, nothing left over."""
    subscription = Subscription.objects.get()
    assert subscription.status == Status.ACTIVE
    assert subscription.access.allowed
    assert subscription.payments.get().status == PaymentStatus.PAID
    assert [charge.reference for charge in foreign.charges] == [subscription.reference]
    assert len(foreign.subscriptions) == len(foreign.customers) == 1
    assert names().count("payment.paid") == names().count("subscription.activated") == 1
    assert not Checkout.objects.running().exists()
    assert not Discrepancy.objects.exists()


# Invariant 3: a row exists before the first call; order and keys are reused on every retry


def test_the_row_is_committed_with_call_begun_before_every_call(foreign: ForeignProvider) -> None:
    seen = []

    def look(verb: str) -> None:
        row = from_elsewhere(lambda: Checkout.objects.select_related("customer", "subscription").get())
        begun = row.call_begun_at is not None or verb == "fetch"
        seen.append((verb, row.order, row.customer.external_id, row.subscription.status, begun))

    foreign.watch = look
    subscribe()
    assert [verb for verb, *_ in seen] == ["customer", "page", "mandate", "charge", "fetch"]
    assert all(begun for *_, begun in seen)
    assert {status for *_, status, _ in seen} == {Status.PENDING}
    assert len({(order, customer) for _, order, customer, _, _ in seen}) == 1


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER, NOT_SENT, MISCONFIGURED])
def test_a_retry_bears_the_same_order_and_key(foreign: ForeignProvider, fault: str) -> None:
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("charge", fault)
    try:
        come_back(checkout)
    except ConfigurationError:
        assert fault == MISCONFIGURED
    sweep_later()
    charged = [subject for verb, subject in foreign.calls if verb == "charge"]
    assert set(charged) == {checkout.order}
    assert len(charged) == (1 if fault == LOST_AFTER else 2)
    assert [known for known, _ in foreign.customers] == [Customer.objects.get().external_id]
    expect_one_paid_subscription(foreign)


def test_orders_and_keys_of_two_attempts_differ(foreign: ForeignProvider) -> None:
    first, second = payer("a").subscribe(MONTHLY), payer("b").subscribe(MONTHLY)
    assert first.order != second.order
    assert first.customer.external_id != second.customer.external_id
    assert len(first.order) <= 45


# Invariant 4: the next strategy only after a refusal of scope "strategy"


def test_a_refused_strategy_makes_way_for_the_next_and_both_attempts_stay(
    foreign: ForeignProvider, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"STRATEGIES": BOTH})
    foreign.fault("page", REFUSED_STRATEGY)
    checkout = payer().subscribe(MONTHLY)
    first, second = Checkout.objects.all()
    assert checkout == second
    assert (first.strategy, first.status, first.reason) == ("page", CheckoutStatus.REFUSED, "no_contract")
    assert (second.strategy, second.status) == ("invoice", CheckoutStatus.DONE)
    assert first.order != second.order
    assert Subscription.objects.get().strategy == "invoice"
    assert Event.objects.get(name="checkout.refused").payload["strategy"] == "page"
    foreign.pay(checkout.subscription.reference or "")
    checkout.subscription.sync()
    expect_one_paid_subscription(foreign)


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER, NOT_SENT, BUG])
@pytest.mark.parametrize("step", CHANGING)
def test_anything_but_a_refusal_never_reaches_the_next_strategy(
    foreign: ForeignProvider, settings: Any, step: str, fault: str
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"STRATEGIES": BOTH})
    foreign.fault(step, fault)
    with suppress(RuntimeError):
        come_back(payer().subscribe(MONTHLY))
    sweep_later()
    come_back(Checkout.objects.get())
    sweep_later()
    assert Checkout.objects.get().strategy == "page"
    assert foreign.called("invoice") == 0
    expect_one_paid_subscription(foreign)


def test_a_refused_request_stops_and_nobody_else_is_tried(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"STRATEGIES": BOTH})
    foreign.fault("customer", REFUSED_REQUEST)
    checkout = payer().subscribe(MONTHLY)
    assert (checkout.status, checkout.reason) == (CheckoutStatus.REFUSED, "bad_request")
    assert Checkout.objects.count() == 1
    assert foreign.called("invoice") == 0
    assert not payer().access("team")


def test_the_last_strategy_refused_is_no_success(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"STRATEGIES": BOTH})
    foreign.fault("customer", REFUSED_STRATEGY, times=2)
    checkout = payer().subscribe(MONTHLY)
    assert [c.status for c in Checkout.objects.all()] == [CheckoutStatus.REFUSED] * 2
    assert checkout.subscription.status == Status.PENDING
    assert not foreign.charges


def test_a_wrong_key_is_no_refusal_the_operator_hears_and_the_attempt_waits(
    foreign: ForeignProvider, settings: Any
) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"STRATEGIES": BOTH})
    foreign.fault("customer", MISCONFIGURED)
    with pytest.raises(ConfigurationError):
        payer().subscribe(MONTHLY)
    checkout = Checkout.objects.get()
    assert (checkout.status, checkout.call_begun_at) == (CheckoutStatus.OPEN, None)
    sweep_later()
    assert reopened(checkout).status == CheckoutStatus.WAITING


def test_a_doubt_is_visible_and_told_once(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("charge", LOST_AFTER)
    foreign.fault("resolve", LOST_BEFORE, LOST_BEFORE, UNKNOWN_TO_IT)
    checkout = come_back(checkout)
    assert checkout.is_in_doubt
    assert list(Checkout.objects.in_doubt()) == [checkout]
    since = checkout.in_doubt_since
    for _look in range(3):
        sweep_later(1, minutes=5)
        assert reopened(checkout).in_doubt_since == since
    sweep_later(1, minutes=5)
    assert names() == [
        "subscription.opened",
        "checkout.in_doubt",
        "checkout.resolved",
        "payment.paid",
        "subscription.activated",
    ]
    expect_one_paid_subscription(foreign)


def test_a_page_that_refreshes_does_not_ask_at_every_turn(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("charge", LOST_BEFORE)
    foreign.fault("resolve", LOST_BEFORE)
    checkout = come_back(checkout)
    for _refresh in range(5):
        checkout = go_on(checkout)
    assert foreign.called("resolve") == 0
    clock.move(seconds=11)
    go_on(checkout)
    assert foreign.called("resolve") == 1


# Invariant 5: no call inside a transaction; killed anywhere, finished once


def test_inside_a_transaction_of_the_caller_nothing_is_asked(foreign: ForeignProvider) -> None:
    """Rolled back later, "call begun" would be lost together with the money."""
    waiting = payer("waiting").subscribe(MONTHLY)
    active = subscribe("active")
    asked = len(foreign.calls)
    verbs: list[Callable[[], Any]] = [
        lambda: payer("new").subscribe(MONTHLY),
        lambda: come_back(waiting),
        lambda: advance(waiting),
        lambda: expire(waiting),
        lambda: active.sync(),
        lambda: active.cancel(),
    ]
    for verb in verbs:
        with pytest.raises(RuntimeError), transaction.atomic():
            verb()
    assert len(foreign.calls) == asked


@pytest.mark.parametrize("fault", [KILLED_BEFORE, KILLED_AFTER])
@pytest.mark.parametrize("step", [*CHANGING, "fetch"])
def test_killed_at_a_call_the_sweep_finishes_exactly_once(
    foreign: ForeignProvider, step: str, fault: str
) -> None:
    foreign.fault(step, fault)
    with pytest.raises(Killed):
        come_back(payer().subscribe(MONTHLY))
    sweep_later()
    come_back(Checkout.objects.get())
    sweep_later()
    expect_one_paid_subscription(foreign)


def test_before_the_lease_is_over_nobody_takes_the_work_of_a_silent_process(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("charge", KILLED_AFTER)
    with pytest.raises(Killed):
        come_back(checkout)
    sweep_later(seconds=30)
    assert foreign.called("resolve") == 0
    advance(checkout)
    assert foreign.called("charge") == 1
    sweep_later(minutes=1)
    expect_one_paid_subscription(foreign)


def for_every_statement(action: Callable[[str], object]) -> Iterator[str]:
    """Do it again and again for payers "0", "1" ..., each time dying one statement later; the payer."""
    for number in itertools.count():
        with killed_at_statement(number):
            try:
                action(str(number))
            except Killed:
                pass
            else:
                assert number > 5, "no statement was met"
                return
        yield str(number)


@pytest.mark.slow
def test_killed_at_any_statement_of_the_first_steps(foreign: ForeignProvider) -> None:
    for nonce in for_every_statement(lambda nonce: payer(nonce).subscribe(MONTHLY)):
        sweep_later()
        expect_charged_once(foreign, come_back(payer(nonce).subscribe(MONTHLY)), nonce)


@pytest.mark.slow
def test_killed_at_any_statement_after_the_return(foreign: ForeignProvider) -> None:
    begun = {str(number): payer(str(number)).subscribe(MONTHLY) for number in range(80)}
    for nonce in for_every_statement(lambda nonce: come_back(begun[nonce])):
        sweep_later()
        expect_charged_once(foreign, come_back(begun[nonce]), nonce)


def expect_charged_once(foreign: ForeignProvider, checkout: Checkout, nonce: str) -> None:
    checkout = reopened(checkout)
    subscription = checkout.subscription
    where = f"killed at statement {nonce}"
    assert checkout.status == CheckoutStatus.DONE, where
    assert subscription.status == Status.ACTIVE, where
    charges = [charge for charge in foreign.charges if charge.reference == subscription.reference]
    assert len(charges) == 1, where
    told = list(subscription.events.values_list("name", flat=True))
    assert sorted(told) == ["payment.paid", "subscription.activated", "subscription.opened"], where
    assert len([known for known, _ in foreign.customers if known == checkout.customer.external_id]) == 1, (
        where
    )


# Invariant 6: one open subscription per payer and slot


def test_a_double_click_is_one_attempt(foreign: ForeignProvider) -> None:
    first = payer().subscribe(MONTHLY)
    assert payer().subscribe(MONTHLY) == first
    assert (Subscription.objects.count(), Checkout.objects.count()) == (1, 1)
    assert foreign.called("customer") == foreign.called("page") == 1


@pytest.mark.parametrize("turn", range(3))
def test_two_tabs_at_once_are_one_attempt(foreign: ForeignProvider, threads: None, turn: int) -> None:
    found = only(at_once([lambda: payer().subscribe(MONTHLY)] * 4))
    assert len({checkout.pk for checkout in found}) == 1
    sweep_later()
    assert (Subscription.objects.count(), Checkout.objects.count()) == (1, 1)
    assert len(foreign.customers) == 1
    come_back(found[0])
    expect_one_paid_subscription(foreign)


def test_a_double_click_that_is_faster_than_we_are_is_one_attempt(
    foreign: ForeignProvider, threads: None
) -> None:
    """The other click orders between our look for an open order and ours."""
    others: list[Checkout] = []

    def overtaken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if sql.startswith("SELECT") and "slot_key" in sql and not others:
            from_elsewhere(lambda: others.append(payer().subscribe(MONTHLY)))
        return found

    with connection.execute_wrapper(overtaken):
        assert [payer().subscribe(MONTHLY)] == others
    assert (Subscription.objects.count(), Checkout.objects.count()) == (1, 1)
    assert len(foreign.customers) == 1


def test_two_returns_at_once_charge_once(foreign: ForeignProvider, threads: None) -> None:
    checkout = payer().subscribe(MONTHLY)
    only(at_once([lambda: come_back(checkout)] * 4))
    sweep_later()
    assert foreign.called("charge") == 1
    expect_one_paid_subscription(foreign)


def test_who_returns_while_the_charge_is_under_way_charges_nothing(
    foreign: ForeignProvider, threads: None
) -> None:
    checkout = payer().subscribe(MONTHLY)
    others: list[Checkout] = []

    def overtaken(verb: str) -> None:
        if verb == "charge" and not others:
            others.append(checkout)
            from_elsewhere(lambda: come_back(checkout))

    foreign.watch = overtaken
    come_back(checkout)
    sweep_later()
    assert others
    assert foreign.called("charge") == 1
    expect_one_paid_subscription(foreign)


@pytest.mark.parametrize("fault", ["", NOT_SENT])
def test_a_step_that_another_process_has_just_taken_is_not_taken_again(
    foreign: ForeignProvider, threads: None, fault: str
) -> None:
    """The other one is done and gone between our reading the row and our claim of it; or it took one
    step and put the next one off."""
    checkout = open_checkout(payer().payer, catalogue().price(MONTHLY), gateways["foreign"])
    foreign.fault("page", fault)
    others: list[Checkout] = []

    def overtaken(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and "call_begun_at" in sql and not others:
            others.append(checkout)
            from_elsewhere(lambda: advance(checkout))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(overtaken):
        advance(checkout)
    assert others
    assert len(foreign.customers) == foreign.called("customer") == 1
    assert foreign.called("page") == (2 if fault else 1)
    assert reopened(checkout).next_step == "go"


def test_a_new_choice_first_expires_the_old_one_at_the_gateway(foreign: ForeignProvider) -> None:
    old = payer().subscribe(MONTHLY)
    new = payer().subscribe("desk_monthly_v1")
    assert new.pk != old.pk
    assert foreign.called("expire") == 1
    assert reopened(old).status == CheckoutStatus.EXPIRED
    assert reopened(old.subscription).status == Status.CANCELLED
    assert list(Subscription.objects.open()) == [new.subscription]
    assert "subscription.abandoned" in names()


def test_a_choice_that_was_charged_after_all_is_not_given_up(foreign: ForeignProvider) -> None:
    old = payer().subscribe(MONTHLY)
    foreign.open(old.order, "C1", catalogue().price(MONTHLY))
    with pytest.raises(Busy):
        payer().subscribe("desk_monthly_v1")
    assert Subscription.objects.open().get() == old.subscription


def test_while_the_old_one_is_in_doubt_nothing_new_is_begun(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("charge", LOST_AFTER)
    come_back(checkout)
    with pytest.raises(Busy):
        payer().subscribe("desk_monthly_v1")
    sweep_later()
    with pytest.raises(AlreadySubscribed):
        payer().subscribe("desk_monthly_v1")
    expect_one_paid_subscription(foreign)


@pytest.mark.parametrize("fault", [LOST_BEFORE, NOT_SENT])
def test_what_cannot_be_expired_now_stays(foreign: ForeignProvider, fault: str) -> None:
    old = payer().subscribe(MONTHLY)
    foreign.fault("expire", fault)
    with pytest.raises(OutcomeUnknown):
        payer().subscribe("desk_monthly_v1")
    assert reopened(old).status == CheckoutStatus.WAITING
    payer().subscribe("desk_monthly_v1")
    assert reopened(old).status == CheckoutStatus.EXPIRED


def test_who_has_one_gets_no_second_in_the_same_slot_but_one_in_another(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    with pytest.raises(AlreadySubscribed) as caught:
        payer().subscribe("desk_monthly_v1")
    assert caught.value.subscription == subscription
    come_back(payer().subscribe("extra_monthly_v1"))
    assert payer().subscriptions.active().count() == 2


def test_after_its_end_the_seat_is_free(foreign: ForeignProvider) -> None:
    subscribe().cancel(at_period_end=False)
    assert subscribe().status == Status.ACTIVE
    assert Subscription.objects.count() == 2


def test_an_unproved_email_gets_a_new_customer_each_time(foreign: ForeignProvider) -> None:
    first, second = subscribe("one"), subscribe("two")
    assert first.email == second.email == EMAIL
    assert first.customer_id != second.customer_id
    assert len({known for known, _ in foreign.customers}) == 2


def test_the_same_form_again_after_its_end_is_a_new_customer_too(foreign: ForeignProvider) -> None:
    subscribe().cancel(at_period_end=False)
    subscribe()
    assert Customer.objects.count() == 2


def test_a_proved_payer_keeps_their_customer_and_card(
    foreign: ForeignProvider, django_user_model: Any
) -> None:
    user = django_user_model.objects.create_user("ana", "ana@mail.example")
    first = come_back(billing(user).subscribe(MONTHLY)).subscription
    first.cancel(at_period_end=False)
    second = come_back(billing(user).subscribe(MONTHLY)).subscription
    assert first.customer == second.customer
    assert second.user == user
    assert len(foreign.customers) == 1
    assert Customer.objects.get().payer_key == f"user:{user.pk}"


def test_a_typed_email_does_not_reach_a_proved_payers_customer(
    foreign: ForeignProvider, django_user_model: Any
) -> None:
    user = django_user_model.objects.create_user("ana", EMAIL)
    theirs = come_back(billing(user).subscribe(MONTHLY)).subscription
    stranger = payer("stranger", EMAIL).subscribe(MONTHLY)
    assert stranger.customer != theirs.customer
    assert payer("stranger", EMAIL).subscription() != theirs


def test_two_attempts_of_one_customer_never_call_at_once(foreign: ForeignProvider) -> None:
    """Two creates at once could not be told apart afterwards."""
    who = Payer("email:bob@mail.example", EMAIL)
    first = go_on(open_checkout(who, catalogue().price(MONTHLY), gateways["foreign"]))
    second = open_checkout(who, catalogue().price("extra_monthly_v1"), gateways["foreign"])
    assert first.customer == second.customer
    foreign.fault("charge", KILLED_AFTER)
    with pytest.raises(Killed):
        come_back(first)
    calls = len(foreign.calls)
    assert go_on(second).status == CheckoutStatus.OPEN
    assert len(foreign.calls) == calls
    sweep_later()
    assert reopened(first).status == CheckoutStatus.DONE
    sweep_later()
    assert reopened(second).status == CheckoutStatus.WAITING


# The payer stays away, is turned down, comes again


def test_an_abandoned_attempt_frees_its_seat_after_a_day(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    for _hour in range(26):
        sweep_later(2, hours=1)
    assert reopened(checkout).status == CheckoutStatus.EXPIRED
    assert reopened(checkout.subscription).status == Status.CANCELLED
    assert reopened(checkout.subscription).next_sync_at is None
    assert payer().subscribe(MONTHLY).subscription != checkout.subscription
    assert names().count("subscription.abandoned") == 1


def test_a_refused_attempt_frees_its_seat_after_a_day(foreign: ForeignProvider) -> None:
    foreign.fault("customer", REFUSED_REQUEST)
    checkout = payer().subscribe(MONTHLY)
    sweep_later(2, hours=25)
    assert reopened(checkout.subscription).status == Status.CANCELLED


def test_after_a_refusal_the_payer_tries_again_by_a_new_order(foreign: ForeignProvider) -> None:
    foreign.fault("customer", REFUSED_REQUEST)
    refused = payer().subscribe(MONTHLY)
    again = retry(refused)
    assert again.status == CheckoutStatus.WAITING
    assert again.order != refused.order
    assert again.subscription == refused.subscription
    assert retry(refused) == again
    come_back(again)
    expect_one_paid_subscription(foreign)


def test_another_card_is_an_attempt_of_its_own(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    checkout = advance(open_card_change(subscription))
    assert open_card_change(subscription) == checkout
    assert (checkout.purpose, checkout.status) == ("card", CheckoutStatus.WAITING)
    assert come_back(checkout).status == CheckoutStatus.DONE
    assert len(foreign.charges) == 1
    assert names().count("card.changed") == 1


def test_no_card_where_there_is_no_subscription_to_pay(foreign: ForeignProvider) -> None:
    pending = payer().subscribe(MONTHLY).subscription
    with pytest.raises(NotPossible):
        open_card_change(pending)


def test_a_payer_is_recognised_by_the_providers_token(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    token = checkout.url.rpartition("/")[2]
    assert by_token("foreign", token) == by_token(None, token) == checkout
    assert by_token("other", token) is None
    assert by_token("foreign", "") is None
    assert token not in checkout.token_hash


@pytest.mark.parametrize("address", ["", "bob", "bob@", "a@b@c.example"])
def test_what_is_no_address_is_refused_before_any_row(foreign: ForeignProvider, address: str) -> None:
    with pytest.raises(BadRequest):
        payer("nonce", address).subscribe(MONTHLY)
    assert not Subscription.objects.exists()
    assert not foreign.calls


def test_demo_shows_pages_and_is_never_paid(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(foreign={"STRATEGIES": ["page", "demo"]})
    foreign.fault("customer", REFUSED_STRATEGY)
    checkout = payer().subscribe(MONTHLY)
    assert (checkout.mode, checkout.status) == ("demo", CheckoutStatus.WAITING)
    assert checkout.customer.mode == checkout.subscription.mode == "demo"
    sweep_later(days=2)
    assert not payer().access("team")
    assert not Payment.objects.exists()
    assert {c.mode for c in Customer.objects.all()} == {"demo", "sandbox"}


def test_resolve_leaves_alone_what_is_in_no_doubt(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    assert resolve(checkout) == checkout
    assert foreign.called("resolve") == 0
