"""Paused: nothing is charged, what is paid is used up, and it goes on when somebody lets it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from payment_subscriptions import verbs
from payment_subscriptions.exceptions import NotPossible, OutcomeUnknown
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Discrepancy, Subscription
from tests import foreign as plain
from tests.able import ONCE, subscribe
from tests.foreign import (
    KILLED_AFTER,
    LOST_AFTER,
    LOST_BEFORE,
    MONTH,
    MONTHLY,
    ForeignProvider,
    Killed,
    clock,
    payer,
    reopened,
    sweep_later,
)


def told(row: Subscription) -> list[str]:
    names = row.events.filter(name__contains="paused").order_by("pk")
    return list(names.values_list("name", flat=True))


def test_paused_and_let_go_on(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY).pause()
    assert (row.status, row.has_access) == (Status.PAUSED, True)
    row = row.unpause()
    assert row.status == Status.ACTIVE
    assert told(row) == ["subscription.paused", "subscription.unpaused"]
    assert not Discrepancy.objects.exists()


def test_twice_is_once(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY).pause().pause()
    assert (row.status, able.called("pause")) == (Status.PAUSED, 1)
    row = row.unpause().unpause()
    assert (row.status, able.called("unpause")) == (Status.ACTIVE, 1)
    assert told(row) == ["subscription.paused", "subscription.unpaused"]


def test_a_pause_is_no_grace(able: ForeignProvider) -> None:
    """Grace is for who is late; who stands still has what is paid."""
    row = subscribe(MONTHLY)
    with_grace = row.access_until
    row = row.pause()
    assert row.access_until == row.paid_through
    assert with_grace is not None
    assert row.paid_through is not None
    assert row.paid_through < with_grace
    clock.moment += MONTH
    assert not reopened(row).has_access


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER])
def test_a_lost_answer_is_told_and_asked_about(able: ForeignProvider, fault: str) -> None:
    row = subscribe(MONTHLY)
    able.fault("pause", fault)
    with pytest.raises(OutcomeUnknown):
        row.pause()
    sweep_later()
    assert reopened(row).status == (Status.PAUSED if fault == LOST_AFTER else Status.ACTIVE)
    assert reopened(row).pause().status == Status.PAUSED


def test_a_process_that_dies_after_the_call_leaves_it_to_the_sweep(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY)
    able.fault("pause", KILLED_AFTER)
    with pytest.raises(Killed):
        row.pause()
    assert reopened(row).status == Status.ACTIVE
    sweep_later()
    assert reopened(row).status == Status.PAUSED


@pytest.mark.parametrize("verb", [verbs.pause, verbs.unpause])
def test_where_it_cannot_be(able: ForeignProvider, verb: Callable[[Subscription], object]) -> None:
    able.fault("page", plain.NOT_SENT)
    pending = payer("pending").subscribe(MONTHLY).subscription
    bought = payer("bought").subscribe(ONCE).subscription
    for row in (pending, bought):
        with pytest.raises(NotPossible):
            verb(row)
    assert able.called("pause") == able.called("unpause") == 0


def test_a_gateway_that_cannot(foreign: ForeignProvider) -> None:
    row = plain.subscribe()
    with pytest.raises(NotPossible):
        row.pause()


def test_one_that_is_to_end_is_not_paused(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY).cancel()
    with pytest.raises(NotPossible):
        row.pause()
    assert reopened(row).is_cancelling


def test_a_paused_one_can_be_cancelled(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY).pause().cancel(at_period_end=False)
    assert row.status == Status.CANCELLED
    assert not Discrepancy.objects.exists()


def test_it_is_looked_after_while_it_stands_still(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY).pause()
    assert row.next_sync_at is not None
    able.change("S1", status=Status.ACTIVE)
    sweep_later(days=31)
    assert reopened(row).status == Status.ACTIVE


def test_the_payer_lets_it_go_on(able: ForeignProvider, client: Client) -> None:
    row = subscribe(MONTHLY).pause()
    attempt = row.checkouts.get().public_id
    result, unpause = reverse("payments:result", args=[attempt]), reverse("payments:unpause", args=[attempt])
    assert f'action="{unpause}"' in client.get(result).content.decode()
    answer = client.post(unpause)
    assert (answer.status_code, answer["Location"]) == (303, result)
    assert reopened(row).status == Status.ACTIVE
    assert unpause not in client.get(result).content.decode()


def test_the_providers_own_page(able: ForeignProvider, client: Client) -> None:
    row = subscribe(MONTHLY)
    attempt = row.checkouts.get().public_id
    result, portal = reverse("payments:result", args=[attempt]), reverse("payments:portal", args=[attempt])
    assert f'href="{portal}"' in client.get(result).content.decode()
    answer = client.get(portal)
    assert answer.status_code == 303
    assert answer["Location"] == f"https://portal.example/C1?to=https://shop.example{result}"
    able.fault("portal", LOST_BEFORE)
    assert client.get(portal).status_code == 503


def test_no_page_where_the_gateway_has_none(foreign: ForeignProvider, client: Client) -> None:
    attempt = plain.subscribe().checkouts.get().public_id
    portal = reverse("payments:portal", args=[attempt])
    assert portal not in client.get(reverse("payments:result", args=[attempt])).content.decode()
    assert client.get(portal).status_code == 409


def test_taken_up_again_where_the_provider_takes_a_cancellation_back(able: ForeignProvider) -> None:
    row = subscribe(MONTHLY).cancel()
    assert row.is_cancelling
    row = row.resume()
    assert (row.status, row.is_cancelling, row.successor_reference) == (Status.ACTIVE, False, "")
    assert row.reference == "S1"
    assert row.events.filter(name="subscription.resumed").count() == 1
    assert not Discrepancy.objects.exists()
