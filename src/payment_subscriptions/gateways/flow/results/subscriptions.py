"""Answers of plans/*, subscription/*, subscription_item/*, invoice/* and coupon/*.

Days that Flow writes as ``2026-08-04 00:00:00`` are dates here; a period includes both its days.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from .customers import ChargeAttempt
from .payments import PaymentStatus
from .reading import Result, hidden


@dataclass(frozen=True, kw_only=True)
class Plan(Result):
    """``interval`` 1 day, 2 week, 3 month, 4 year; ``periods_number`` 0 endless; ``status`` 1 active,
    0 deleted; ``currency_convert_option`` 1 at payment, 2 at invoice. ``plan_id`` is opaque text."""

    plan_id: str
    name: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    interval: int | None = None
    interval_count: int | None = None
    created: dt.datetime | None = None
    trial_period_days: int | None = None
    days_until_due: int | None = None
    periods_number: int | None = None
    url_callback: str | None = hidden()
    charges_retries_number: int | None = None
    currency_convert_option: int | None = None
    status: int | None = None
    public: bool | None = None


@dataclass(frozen=True, kw_only=True)
class OutsidePayment(Result):
    """An invoice paid without Flow."""

    date: dt.date
    comment: str | None = hidden()


@dataclass(frozen=True, kw_only=True)
class InvoiceItem(Result):
    """``type``: 1 plan, 2 discount, 3 pending item, 9 other."""

    id: int | None = None
    subject: str | None = None
    type: int | None = None
    currency: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Invoice(Result):
    """``status`` 0 unpaid, 1 paid, 2 void; ``error`` the last charge failed; ``attempted`` Flow will
    charge it; ``payment_link`` where it can be paid while it is not."""

    id: int
    subscription_id: str | None = None
    customer_id: str | None = None
    created: dt.datetime | None = None
    subject: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    attempt_count: int | None = None
    attempted: bool | None = None
    next_attempt_date: dt.datetime | None = None
    due_date: dt.date | None = None
    status: int | None = None
    error: bool | None = None
    error_date: dt.datetime | None = None
    error_description: str | None = hidden()
    items: tuple[InvoiceItem, ...] = ()
    payment: PaymentStatus | None = None
    outside_payment: OutsidePayment | None = None
    payment_link: str | None = hidden()
    charge_attempts: tuple[ChargeAttempt, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Coupon(Result):
    """``duration`` 1 for ``times`` periods, 0 for ever; ``discount_scope`` 0 plan, 1 plan and items."""

    id: int
    name: str | None = None
    percent_off: Decimal | None = None
    currency: str | None = None
    amount: Decimal | None = None
    created: dt.datetime | None = None
    duration: int | None = None
    times: int | None = None
    max_redemptions: int | None = None
    expires: dt.datetime | None = None
    status: int | None = None
    redemptions: int | None = None
    discount_scope: int | None = None


@dataclass(frozen=True, kw_only=True)
class Discount(Result):
    """A coupon at work. ``type``: "Subscription discount" or "Customer discount"."""

    id: int
    type: str | None = None
    created: dt.datetime | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    deleted: dt.datetime | None = None
    status: int | None = None
    coupon: Coupon | None = None


@dataclass(frozen=True, kw_only=True)
class SubscriptionItem(Result):
    """An extra of one subscription; a negative ``amount`` is a discount."""

    s_item_id: int | None = None
    item_id: int | None = None
    sub_id: str | None = None
    name: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    quantity: int | None = None
    total_amount: Decimal | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    complete_amount_format: str | None = None
    amount_format: str | None = None
    total_amount_format: str | None = None
    adjustment_type_label: str | None = None


@dataclass(frozen=True, kw_only=True)
class Subscription(Result):
    """``status`` 0 not started, 1 active, 2 trial, 4 cancelled; ``morose`` 0 all paid, 1 overdue,
    2 unpaid but not overdue: an active one is not thereby paid. ``invoices`` is () both when there
    are none and when the answer has no such field, as in lists: subscription/get tells."""

    subscription_id: str
    plan_id: str | None = None
    plan_name: str | None = None
    customer_id: str | None = None
    created: dt.datetime | None = None
    subscription_start: dt.datetime | None = None
    subscription_end: dt.date | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    next_invoice_date: dt.date | None = None
    trial_period_days: int | None = None
    trial_start: dt.date | None = None
    trial_end: dt.date | None = None
    cancel_at_period_end: bool | None = None
    cancel_at: dt.datetime | None = None
    periods_number: int | None = None
    days_until_due: int | None = None
    status: int | None = None
    discount_balance: Decimal | None = None
    new_plan_id: str | None = None
    new_plan_scheduled_change_date: dt.date | None = None
    in_new_plan_next_attempt_date: dt.datetime | None = None
    morose: int | None = None
    discount: Discount | None = None
    invoices: tuple[Invoice, ...] = ()
    items: tuple[SubscriptionItem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ItemAdditional(Result):
    """An extra that subscriptions can take; ``status`` 1 active, 0 deleted."""

    id: int
    name: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    associated_subscriptions_count: int | None = None
    status: int | None = None
    created: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ItemChange(Result):
    """An item was added to, changed on or taken off a subscription; ``quantity`` where told."""

    success: bool
    sub_id: str | None = None
    item_id: int | None = None
    quantity: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlanChange(Result):
    """A change of plan. ``balance``: positive was charged, negative is credit."""

    new_plan_id: str
    start_date_of_new_plan: dt.date | None = None
    new_amount: Decimal | None = None
    new_currency: str | None = None
    balance: Decimal | None = None
    old_amount: Decimal | None = None
    old_currency: str | None = None
    old_plan_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PreviewBalance(Result):
    """What a change would cost now (positive) or leave as credit (negative)."""

    amount: Decimal
    credit_expiration_date: dt.date | None = None
    credit_expiration_amount: Decimal | None = None
    credit_expiration_warning: str | None = None


@dataclass(frozen=True, kw_only=True)
class PreviewPlan(Result):
    """A plan as the preview shows it."""

    name: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    interval: int | None = None
    interval_count: int | None = None
    periods_number: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlanChangePreview(Result):
    """What changing the plan would do. Additional items are not counted in it."""

    balance: PreviewBalance
    balance2: Decimal | None = None
    next_invoice_date: dt.date | None = None
    old_plan: PreviewPlan | None = None
    new_plan: PreviewPlan | None = None


@dataclass(frozen=True, kw_only=True)
class PlanChangeCancelled(Result):
    """A scheduled change was called off."""

    success: bool
