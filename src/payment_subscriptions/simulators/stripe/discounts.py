"""Coupons and promotion codes: what they take off a bill."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .periods import end_after

if TYPE_CHECKING:
    from .account import Account, Thing


def coupon_of(account: Account, code: Thing) -> Thing:
    return account.coupons[code["promotion"]["coupon"]]


def is_given(account: Account, code: Thing, currency: str) -> bool:
    """Whether a promotion code may still be used for a bill in that currency."""
    coupon = coupon_of(account, code)
    over = code["expires_at"] is not None and code["expires_at"] <= account.now()
    used_up = code["max_redemptions"] is not None and code["times_redeemed"] >= code["max_redemptions"]
    fits = coupon["percent_off"] is not None or coupon["currency"] == currency
    return code["active"] and coupon["valid"] and not over and not used_up and fits


def redeem(account: Account, code: Thing) -> None:
    coupon = coupon_of(account, code)
    code["times_redeemed"] += 1
    coupon["times_redeemed"] += 1
    if coupon["times_redeemed"] == coupon["max_redemptions"]:
        coupon["valid"] = False


def taken_off(coupon: Thing | None, amount: int) -> int:
    if coupon is None:
        return 0
    if coupon["percent_off"] is not None:
        return min(amount, round(amount * float(coupon["percent_off"]) / 100))
    return min(amount, int(coupon["amount_off"]))


def is_at_work(coupon: Thing, started: int, moment: int) -> bool:
    """Whether a subscription's discount still holds for a bill of that moment."""
    if coupon["duration"] == "forever":
        return True
    if coupon["duration"] == "once":
        return moment <= started
    months = {"interval": "month", "interval_count": int(coupon["duration_in_months"])}
    return moment < end_after(started, started, months)
