"""coupon/*: discounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from ..results import Coupon, Page
from .family import Amount, Family


class CouponCalls(Family):
    """``client.coupon``."""

    name = "coupon"

    def create(
        self,
        *,
        name: str,
        percent_off: Decimal | int | None = None,
        currency: str | None = None,
        amount: Amount | None = None,
        duration: int | None = None,
        times: int | None = None,
        max_redemptions: int | None = None,
        expires: dt.date | None = None,
        discount_scope: int | None = None,
    ) -> Coupon:
        """``percent_off``, or ``amount`` in ``currency``; ``duration`` 1 for ``times`` periods, 0 for
        ever; ``discount_scope`` 0 the plan, 1 the plan and its items."""
        return self._post(
            "create",
            Coupon,
            {
                "name": name,
                "percent_off": percent_off,
                "currency": currency,
                "amount": amount,
                "duration": duration,
                "times": times,
                "max_redemptions": max_redemptions,
                "expires": expires,
                "discount_scope": discount_scope,
            },
        )

    def edit(self, coupon_id: int, *, name: str) -> Coupon:
        """Another name: nothing else can change."""
        return self._post("edit", Coupon, {"couponId": coupon_id, "name": name})

    def delete(self, coupon_id: int) -> Coupon:
        """No new use of it."""
        return self._post("delete", Coupon, {"couponId": coupon_id})

    def get(self, coupon_id: int) -> Coupon:
        """A coupon by its number."""
        return self._get("get", Coupon, {"couponId": coupon_id})

    def list(
        self,
        *,
        start: int | None = None,
        limit: int | None = None,
        filter: str | None = None,
        status: int | None = None,
    ) -> Page[Coupon]:
        """One page of coupons."""
        return self._page("list", Coupon, start, limit, {"filter": filter, "status": status})

    def iterate(self, *, filter: str | None = None, status: int | None = None) -> Iterator[Coupon]:
        """All coupons."""
        return self._every("list", Coupon, {"filter": filter, "status": status})
