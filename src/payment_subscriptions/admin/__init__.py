"""The admin: for the accountant and the operator. One noun a file; everything is read-only.

What changes anything is a verb: a page of its own that says what will happen, then does it through
the core (verb.py). Nothing here writes a status or a payment.
"""

from .customer import CustomerAdmin
from .discrepancy import DiscrepancyAdmin
from .event import EventAdmin
from .notice import NoticeAdmin
from .payment import PaymentAdmin
from .refund import RefundAdmin
from .subscription import SubscriptionAdmin

__all__ = [
    "CustomerAdmin",
    "DiscrepancyAdmin",
    "EventAdmin",
    "NoticeAdmin",
    "PaymentAdmin",
    "RefundAdmin",
    "SubscriptionAdmin",
]
