"""From a charge to the bill that it paid: a charge itself does not name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .shapes import Thing

if TYPE_CHECKING:
    from .client import Client


def bill_paid_by(client: Client, intent: str) -> Thing | None:
    """The bill that a payment intent paid or is to pay, whole; None where it is of none.

    https://docs.stripe.com/api/invoice-payment/list
    """
    payments = client.call(
        client.v1.invoice_payments.list,
        params={
            "payment": {"type": "payment_intent", "payment_intent": intent},
            "expand": ["data.invoice"],
        },
    )["data"]
    bills = [each["invoice"] for each in payments if isinstance(each.get("invoice"), Mapping)]
    return bills[0] if bills else None
