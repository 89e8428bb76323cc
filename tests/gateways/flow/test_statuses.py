"""What odd answers of Flow mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from payment_subscriptions.gateways.base import Card, Snapshot
from payment_subscriptions.gateways.flow import results, statuses
from payment_subscriptions.gateways.flow.results.reading import read
from payment_subscriptions.lifecycle import Status

NOW = datetime(2026, 1, 13, 12, tzinfo=UTC)
DECLINED = {"id": 1, "status": 0, "error": 1, "amount": "10000", "currency": "CLP"}


def told(customer: dict[str, Any] | None = None, **subscription: Any) -> Snapshot:
    found = read(results.Subscription, {"subscriptionId": "sus_1", **subscription})
    payer = read(results.Customer, {"customerId": "cus_1", **customer}) if customer else None
    return statuses.snapshot(found, payer, NOW)


def test_a_status_that_flow_does_not_document_does_not_hide_a_debt() -> None:
    assert told(status=3, morose=1, invoices=[DECLINED]).status == Status.PAST_DUE
    assert told(status=3, morose=0).status == Status.ACTIVE


def test_a_text_longer_than_its_column_keeps_no_payment_from_being_recorded() -> None:
    """PostgreSQL refuses it, SQLite does not."""
    attempt = {"id": 1, "errorCode": "x" * 200}
    snapshot = told(
        customer={"creditCardType": "V" * 60, "last4CardDigits": "**** **** **** 6623"},
        status=1,
        invoices=[{**DECLINED, "chargeAttemps": [attempt]}],
    )
    assert snapshot.card == Card("V" * 40, "6623")
    assert len(snapshot.payments[0].failure_code) == 100
