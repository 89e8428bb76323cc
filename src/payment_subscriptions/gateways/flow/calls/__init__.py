"""Flow's services, a module a family; every operation of Flow's reference has its method."""

from .coupon import CouponCalls
from .customer import CollectRow, CustomerCalls
from .invoice import InvoiceCalls
from .merchant import MerchantCalls
from .payment import PaymentCalls
from .plans import PlansCalls
from .refund import RefundCalls
from .settlement import SettlementCalls
from .subscription import SubscriptionCalls
from .subscription_item import SubscriptionItemCalls

__all__ = [
    "CollectRow",
    "CouponCalls",
    "CustomerCalls",
    "InvoiceCalls",
    "MerchantCalls",
    "PaymentCalls",
    "PlansCalls",
    "RefundCalls",
    "SettlementCalls",
    "SubscriptionCalls",
    "SubscriptionItemCalls",
]
