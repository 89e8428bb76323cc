"""Coupons, and the discount that one of them gives to a subscription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from .money import rounded

PLAN_ONLY, PLAN_AND_ITEMS = 0, 1


@dataclass
class Coupon:
    """``percent`` or ``amount`` (of ``currency``); ``times`` counts invoices, 0 is without end."""

    id: int
    name: str
    created: datetime
    percent: Decimal | None
    amount: Decimal | None
    currency: str | None
    times: int
    max_redemptions: int  # 0: as often as one likes
    expires: date | None
    scope: int = PLAN_ONLY
    status: int = 1
    redeemed: int = 0

    def refusal(self, today: date, currency: str) -> str | None:
        """Why it cannot be given to a subscription of this currency any more."""
        if self.status == 0:
            return "The coupon is not active"
        if self.expires is not None and today > self.expires:
            return "The coupon has expired"
        if self.max_redemptions and self.redeemed >= self.max_redemptions:
            return "The coupon has reached its maximum of redemptions"
        if self.currency not in (None, currency):
            return "The coupon is of another currency"
        return None


@dataclass
class Discount:
    """Goes on when its coupon is deleted or expires: those only stop new ones."""

    id: int
    coupon: Coupon
    created: datetime
    start: date
    end: date | None
    used: int = 0  # invoices
    deleted: datetime | None = None

    @property
    def active(self) -> bool:
        return self.deleted is None and (not self.coupon.times or self.used < self.coupon.times)

    def off(self, plan: Decimal, items: Decimal, currency: str) -> Decimal:
        """What it takes off an invoice, at most all of what it applies to."""
        base = plan + items if self.coupon.scope == PLAN_AND_ITEMS else plan
        base = max(base, Decimal(0))
        if self.coupon.percent is not None:
            return rounded(base * self.coupon.percent / 100, currency)
        return min(self.coupon.amount or Decimal(0), base)
