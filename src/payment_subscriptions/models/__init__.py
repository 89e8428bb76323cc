"""The rows. One noun a file; recording.py is the only writer of status and payments."""

from .checkout import Checkout
from .customer import Customer
from .discrepancy import Discrepancy
from .event import Event, Receipt
from .heartbeat import Heartbeat
from .notice import Notice
from .payment import Payment
from .refund import Refund
from .subscription import Access, Subscription

__all__ = [
    "Access",
    "Checkout",
    "Customer",
    "Discrepancy",
    "Event",
    "Heartbeat",
    "Notice",
    "Payment",
    "Receipt",
    "Refund",
    "Subscription",
]
