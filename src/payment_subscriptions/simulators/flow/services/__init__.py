"""Flow's services, one family a file. Importing this fills the table."""

from . import (
    change_plan,
    charges,
    collect,
    coupon,
    customer,
    invoice,
    item,
    merchant,
    payment,
    plans,
    refund,
    settlement,
    subscription,
)
from .registry import SERVICES, Service

__all__ = [
    "SERVICES", "Service", "change_plan", "charges", "collect", "coupon", "customer", "invoice", "item",
    "merchant", "payment", "plans", "refund", "settlement", "subscription",
]  # fmt: skip
