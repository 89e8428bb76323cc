"""What a coupon of Flow takes off a price, and whether it still does."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from ...plans import Price
from . import results, statuses


def takes_off(coupon: results.Coupon, price: Price, now: datetime) -> bool:
    """Whether Flow would give it to a new subscription. Its last day counts. What would leave less than
    Flow collects is not given: nobody could pay it."""
    used_up = bool(coupon.max_redemptions) and (coupon.redemptions or 0) >= (coupon.max_redemptions or 0)
    expired = coupon.expires is not None and coupon.expires + timedelta(days=1) <= now
    other = bool(coupon.amount) and coupon.currency not in (None, statuses.flow_currency(price.currency))
    left = price.amount.amount - _off(coupon, price.amount.amount)
    too_little = 0 < left < statuses.LEAST.get(price.currency, 0)
    return coupon.status != 0 and not (used_up or expired or other or too_little)


def _off(coupon: results.Coupon, amount: Decimal) -> Decimal:
    if coupon.percent_off:
        return amount * coupon.percent_off / 100
    return min(coupon.amount or Decimal(0), amount)


def is_at_work(discount: results.Discount | None, day: date) -> bool:
    """Whether a discount would still be given on that day."""
    if discount is None or discount.coupon is None or discount.deleted or discount.status == 0:
        return False
    return discount.end is None or discount.end >= day
