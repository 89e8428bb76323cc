"""Coupons, discounts, additional items and merchants as Flow's JSON."""

from __future__ import annotations

from .coupons import Coupon, Discount
from .formats import Json, midnight, moment, number
from .items import AddedItem, AdditionalItem
from .money import thousands
from .records import Merchant


def coupon(record: Coupon) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "percent_off": number(record.percent) if record.percent is not None else None,
        "currency": record.currency,
        "amount": number(record.amount) if record.amount is not None else None,
        "created": moment(record.created),
        "duration": 1 if record.times else 0,
        "times": record.times or None,
        "max_redemptions": record.max_redemptions or None,
        "expires": midnight(record.expires),
        "status": record.status,
        "redemtions": record.redeemed,
        "discount_scope": record.scope,
    }


def discount(record: Discount) -> Json:
    return {
        "id": record.id,
        "type": "Subscription discount",
        "created": moment(record.created),
        "start": midnight(record.start),
        "end": midnight(record.end),
        "deleted": moment(record.deleted),
        "status": int(record.active),
        "coupon": coupon(record.coupon),
    }


def merchant(record: Merchant) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "url": record.url,
        "createdate": f"{record.created:%d-%m-%Y %H:%M}",
        "status": record.status,
        "verifydate": f"{record.verified:%d-%m-%Y %H:%M}" if record.verified else None,
    }


def additional_item(record: AdditionalItem, subscriptions: int) -> Json:
    return {
        "id": record.id,
        "name": record.name,
        "amount": number(record.amount),
        "currency": record.currency,
        "associatedSubscriptionsCount": subscriptions,
        "status": record.status,
        "created": moment(record.created),
    }


def added_item(record: AddedItem, subscription_number: int) -> Json:
    return {
        "s_item_id": record.id,
        "item_id": record.item_id,
        "sub_id": subscription_number,
        "name": record.name,
        "currency": record.currency,
        "amount": number(record.amount),
        "quantity": record.quantity,
        "totalAmount": number(record.total),
        "created_at": moment(record.created),
        "updated_at": moment(record.updated),
        "completeAmountFormat": f"$ {thousands(record.amount)} {record.currency}",
        "amountFormat": thousands(record.amount),
        "totalAmountFormat": thousands(record.total),
        "adjustmentTypeLabel": "Aumenta" if record.amount > 0 else "Disminuye",
    }
