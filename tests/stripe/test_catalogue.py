"""Our prices and our address at Stripe, as the commands make them."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
import stripe
from django.core.management import CommandError, call_command

from payment_subscriptions.models import Notice

from .merchant import MONTHLY, PLANS, Merchant


def run(*words: str) -> str:
    out = StringIO()
    try:
        call_command(*words, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def price(merchant: Merchant, key: str = MONTHLY) -> dict[str, Any]:
    found = [each for each in merchant.stripe.table("prices") if each["lookup_key"] == key]
    assert len(found) == 1
    return found[0]


def test_pushed_again_nothing_is_made_twice(merchant: Merchant) -> None:
    before = [each["id"] for each in merchant.stripe.table("prices")]
    run("payments_plans", "push")
    assert [each["id"] for each in merchant.stripe.table("prices")] == before
    assert [each["id"] for each in merchant.stripe.table("products")] == [plan.key for plan in PLANS]
    assert len(before) == sum(len(plan.prices) for plan in PLANS)


def test_what_was_agreed_is_never_changed(merchant: Merchant) -> None:
    """A price that is another at Stripe is told of, and left as its payers agreed to it."""
    price(merchant)["unit_amount"] = 700
    before = merchant.stripe.table("prices")
    said = run("payments_plans", "push")
    assert merchant.stripe.table("prices") == before
    assert price(merchant)["unit_amount"] == 700
    assert "amount" in said


@pytest.mark.parametrize("kind", ["reset_before_commit", "reset_after_commit"])
def test_an_answer_to_the_push_is_lost(merchant: Merchant, kind: str) -> None:
    merchant.stripe.account.prices.pop(price(merchant)["id"])
    merchant.stripe.faults.add("prices/create", kind)
    run("payments_plans", "push")
    run("payments_plans", "push")
    assert price(merchant)["unit_amount"] == 1000


def test_the_endpoint_hears_what_matters(merchant: Merchant) -> None:
    """In the shapes of the library's version, whichever the account's is."""
    assert [each["api_version"] for each in merchant.stripe.table("endpoints")] == [stripe.api_version]
    row = merchant.subscribe()
    merchant.stripe.refund_charge(merchant.stripe.table("charges")[0]["id"], 400)
    merchant.stripe.open_dispute(merchant.stripe.table("charges")[0]["id"])
    merchant.stripe.decline_next()
    merchant.move(months=1, hours=2)
    row.cancel(at_period_end=False)
    merchant.stripe.settle()
    told = {delivery.kind for delivery in merchant.stripe.deliveries}
    assert told == {
        "charge.dispute.created",
        "charge.refunded",
        "checkout.session.completed",
        "customer.subscription.created",
        "customer.subscription.deleted",
        "customer.subscription.updated",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_failed",
        "invoice.voided",
    }


@pytest.mark.slow
def test_an_endpoint_that_was_switched_off_is_switched_on(merchant: Merchant) -> None:
    endpoint = merchant.stripe.table("endpoints")[0]
    endpoint |= {"status": "disabled", "enabled_events": ["customer.created"]}
    assert "disabled" in run("payments_webhook", "diff")
    run("payments_webhook", "push")
    merchant.pay(merchant.begin())
    assert Notice.objects.exists()
    assert len(merchant.stripe.table("endpoints")) == 1
