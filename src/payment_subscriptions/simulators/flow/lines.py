"""What an invoice of a period is made of: the plan, the items, the discount; never less than nothing.

What takes off takes at most what is there, so that the lines always add up to the invoice.
"""

from __future__ import annotations

from decimal import Decimal

from .records import Plan, Subscription

#: Kinds of lines.
PLAN, DISCOUNT, PENDING_ITEM, OTHER = 1, 2, 3, 9
Line = tuple[str, int, Decimal]


def of_period(subscription: Subscription, plan: Plan, subject: str) -> list[Line]:
    added = [(item.subject, OTHER, item.total) for item in subscription.items]
    added.sort(key=lambda line: line[2] < 0)
    lines = [(subject, PLAN, plan.amount), *added]
    discount = subscription.discount
    if discount and discount.active:
        items = sum((amount for _, _, amount in added), Decimal(0))
        lines.append((discount.coupon.name, DISCOUNT, -discount.off(plan.amount, items, plan.currency)))
        discount.used += 1
    return _not_below_zero(lines)


def _not_below_zero(lines: list[Line]) -> list[Line]:
    kept, left = [], Decimal(0)
    for subject, kind, amount in lines:
        amount = max(amount, -left)
        left += amount
        if amount or kind == PLAN:
            kept.append((subject, kind, amount))
    return kept
