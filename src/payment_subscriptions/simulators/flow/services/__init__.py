"""Flow's services, one family a file. Importing this fills the table."""

from . import (
    absent,
    change_plan,
    charges,
    coupon,
    customer,
    invoice,
    item,
    payment,
    plans,
    refund,
    subscription,
)
from .registry import SERVICES, Service

__all__ = [
    "SERVICES", "Service", "absent", "change_plan", "charges", "coupon", "customer", "invoice", "item",
    "payment", "plans", "refund", "subscription",
]  # fmt: skip
