"""What Stripe says of a subscription, in whichever shape it says it, and what that is for us."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import Snapshot
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.simulators.stripe.shapes import older

from .merchant import Merchant


def told(merchant: Merchant, reference: str | None, **fields: Any) -> Snapshot:
    """What is fetched while Stripe says those."""
    fault = merchant.stripe.faults.add("subscriptions/retrieve", "set", times=None, fields=fields)
    found = gateways["stripe"].fetch(reference or "")
    merchant.stripe.faults.clear(fault.id)
    return found


def as_before(merchant: Merchant, thing: Any) -> Any:
    """The library reads decimals as such; on the wire they are texts."""
    return older(merchant.stripe.account, json.loads(json.dumps(thing, default=str)))


def test_each_status_of_stripe_s(merchant: Merchant) -> None:
    reference = merchant.subscribe().reference
    means = {
        "incomplete": Status.PENDING,
        "incomplete_expired": Status.FAILED,
        "trialing": Status.TRIALING,
        "active": Status.ACTIVE,
        "past_due": Status.PAST_DUE,
        "unpaid": Status.PAST_DUE,
        "paused": Status.PAUSED,
        "canceled": Status.CANCELLED,
    }
    assert {word: told(merchant, reference, status=word).status for word in means} == means


def test_ended_for_want_of_money_is_not_left(merchant: Merchant) -> None:
    reference = merchant.subscribe().reference
    failed = told(merchant, reference, status="canceled", cancellation_details={"reason": "payment_failed"})
    assert failed.status == Status.FAILED


def test_the_shapes_of_before_say_the_same(merchant: Merchant) -> None:
    """Periods on the subscription, payments on the invoice: as before 2025-03-31."""
    reference = merchant.subscribe().reference or ""
    merchant.stripe.refund_charge(merchant.stripe.table("charges")[0]["id"], 400)
    now = gateways["stripe"].fetch(reference)
    assert now.period_end is not None
    assert now.payments[0].refunded is not None
    assert now.payments[0].refunded.amount == 4
    client = gateways["stripe"].client  # type: ignore[attr-defined]
    expanded = ["default_payment_method", "customer.invoice_settings.default_payment_method"]
    whole = client.call(client.v1.subscriptions.retrieve, reference, params={"expand": expanded})
    bills = client.every(client.v1.invoices.list, {"subscription": reference})
    merchant.stripe.faults.add(
        "invoices/list", "set", times=None, fields={"data": [as_before(merchant, bill) for bill in bills]}
    )
    assert told(merchant, reference, **as_before(merchant, whole)) == now


@pytest.mark.parametrize(("after", "status"), [("unpaid", Status.PAST_DUE), ("past_due", Status.PAST_DUE)])
def test_never_paid_and_kept_it_is_late(merchant: Merchant, after: str, status: Status) -> None:
    """The account may keep what nobody paid for: no access then, and it has not ended."""
    merchant.stripe.options.after_retries = after
    row = merchant.subscribe()
    merchant.stripe.decline_next(times=None)
    merchant.move(months=1, hours=2)
    merchant.move(days=20)
    row.refresh_from_db()
    assert (row.status, row.has_access) == (status, False)
