"""coupon/* and the discount that a subscription has from one."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from .. import money, wire, wire_extras
from ..account import Account
from ..coupons import PLAN_AND_ITEMS, PLAN_ONLY, Coupon, Discount
from ..errors import business
from ..formats import Json
from ..parameters import Params
from ..periods import boundary
from ..records import Subscription
from .registry import listed, named, service


@service("POST", "coupon/create", "name")
def create(account: Account, params: Params) -> Json:
    percent, amount, currency = _worth(account, params)
    coupon = Coupon(
        id=account.ids.small(),
        name=params.text("name"),
        created=account.clock.local(),
        percent=percent,
        amount=amount,
        currency=currency,
        times=_times(params),
        max_redemptions=_at_least(params, "max_redemptions", 0, 0),
        expires=params.maybe_day("expires"),
        scope=_scope(params),
    )
    account.coupons[coupon.id] = coupon
    return wire_extras.coupon(coupon)


def _worth(account: Account, params: Params) -> tuple[Decimal | None, Decimal | None, str | None]:
    """A percentage, or an amount with its currency: one of them."""
    by_percent, by_amount = params.maybe("percent_off"), params.maybe("amount")
    if bool(by_percent) == bool(by_amount):
        raise business("Either percent_off or amount is needed")
    if by_percent:
        percent = params.amount("percent_off")
        if not 0 < percent <= 100 or percent != percent.quantize(Decimal("0.01")):
            raise business("percent_off is not valid")
        return percent, None, None
    currency = money.accepted_currency(account.options, params.maybe("currency"), uf=True)
    amount = money.check_decimals(params.amount(), currency)
    if amount <= 0:
        raise business("amount is not valid")
    return None, amount, currency


def _times(params: Params) -> int:
    """How many invoices; 0 for a coupon without end (``duration`` 0)."""
    definite = params.whole("duration", 1 if params.maybe("times") else 0)
    if definite not in (0, 1):
        raise business("duration is not valid")
    return _at_least(params, "times", 0, 1) if definite else 0


def _at_least(params: Params, name: str, default: int, least: int) -> int:
    value = params.whole(name, default)
    if value < least:
        raise business(f"{name} is not valid")
    return value


def _scope(params: Params) -> int:
    scope = params.whole("discount_scope", PLAN_ONLY)
    if scope not in (PLAN_ONLY, PLAN_AND_ITEMS):
        raise business("discount_scope is not valid")
    return scope


def _coupon(account: Account, params: Params) -> Coupon:
    return account.coupon(params.whole("couponId", 0))


@service("POST", "coupon/edit", "couponId", "name")
def edit(account: Account, params: Params) -> Json:
    coupon = _coupon(account, params)
    coupon.name = params.text("name")
    return wire_extras.coupon(coupon)


@service("POST", "coupon/delete", "couponId")
def delete(account: Account, params: Params) -> Json:
    coupon = _coupon(account, params)
    coupon.status = 0
    return wire_extras.coupon(coupon)


@service("GET", "coupon/get", "couponId")
def get(account: Account, params: Params) -> Json:
    return wire_extras.coupon(_coupon(account, params))


@service("GET", "coupon/list")
def coupons(account: Account, params: Params) -> Json:
    status = params.maybe_whole("status")
    found = [c for c in account.coupons.values() if named(params, c.name) and status in (None, c.status)]
    return listed(params, [wire_extras.coupon(each) for each in found])


# --- on a subscription ----------------------------------------------------------------------


def take(account: Account, params: Params, currency: str) -> Coupon:
    """The coupon that a call names, if it may be applied."""
    coupon = _coupon(account, params)
    reason = coupon.refusal(account.clock.local().date(), currency)
    if reason:
        raise business(reason)
    return coupon


def apply(account: Account, subscription: Subscription, coupon: Coupon) -> None:
    """From the next invoice on; what was there before is replaced."""
    coupon.redeemed += 1
    first = subscription.turns_on or subscription.start + timedelta(days=subscription.trial_days)
    subscription.discount = Discount(
        id=account.ids.small(),
        coupon=coupon,
        created=account.clock.local(),
        start=first,
        end=_end(account, subscription, coupon, first),
    )


def _end(account: Account, subscription: Subscription, coupon: Coupon, first: date) -> date | None:
    if not coupon.times:
        return None
    plan = account.plans[subscription.plan_id]
    return boundary(first, plan.interval, plan.interval_count, coupon.times) - timedelta(days=1)


@service("POST", "subscription/addCoupon", "subscriptionId", "couponId")
def add(account: Account, params: Params) -> Json:
    subscription = account.live_subscription(params.text("subscriptionId"))
    currency = account.plans[subscription.plan_id].currency
    apply(account, subscription, take(account, params, currency))
    return wire.subscription(account, subscription)


@service("POST", "subscription/deleteCoupon", "subscriptionId")
def remove(account: Account, params: Params) -> Json:
    subscription = account.subscription(params.text("subscriptionId"))
    if subscription.discount is None:
        raise business("The subscription has no discount")
    subscription.discount.deleted = account.clock.local()
    subscription.discount = None
    return wire.subscription(account, subscription)
