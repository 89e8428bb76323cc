"""What the API can do: one file a family, each operation with the parameters that it takes."""

from __future__ import annotations

from . import catalogue, checkout, customers, endpoints, invoices, payments, portal, subscriptions
from .registry import Operation, found

OPERATIONS: tuple[Operation, ...] = (
    *customers.OPERATIONS,
    *catalogue.OPERATIONS,
    *checkout.OPERATIONS,
    *subscriptions.OPERATIONS,
    *invoices.OPERATIONS,
    *payments.OPERATIONS,
    *portal.OPERATIONS,
    *endpoints.OPERATIONS,
)

__all__ = ["OPERATIONS", "Operation", "found"]
