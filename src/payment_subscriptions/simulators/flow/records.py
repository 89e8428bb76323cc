"""What Flow remembers. Times are naive wall times of the merchant's country, as Flow prints them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .cards import Card
from .coupons import Discount
from .items import AddedItem

PENDING, PAID, REJECTED, ANNULLED = 1, 2, 3, 4
NOT_STARTED, ACTIVE, TRIAL, CANCELLED = 0, 1, 2, 4
UNPAID, SETTLED, VOID = 0, 1, 2
AT_PAYMENT, AT_INVOICE = 1, 2  # when UF become pesos


@dataclass
class Customer:
    id: str
    name: str
    email: str
    external_id: str
    created: datetime
    status: str = "1"
    card: Card | None = None
    registered: datetime | None = None


@dataclass
class Merchant:
    """A shop of an integrator: status 0 pending, 1 approved, 2 rejected."""

    id: str
    name: str
    url: str
    created: datetime
    status: int = 0
    verified: datetime | None = None


@dataclass
class Enrolment:
    token: str
    customer_id: str
    url_return: str
    status: str = "0"
    result: str = "open"  # open, accepted, rejected, cancelled
    card: Card | None = None


@dataclass
class Plan:
    id: str
    name: str
    currency: str
    amount: Decimal
    interval: int
    interval_count: int
    created: datetime
    trial_days: int
    days_until_due: int
    periods: int
    callback: str | None
    retries: int
    convert_option: int
    status: int = 1


@dataclass(frozen=True)
class Rate:
    """Pesos for a UF, of a day."""

    pesos: Decimal
    day: date


@dataclass
class Receipt:
    """How an order was paid."""

    date: datetime
    media: str
    media_type: str
    amount: Decimal
    currency: str
    fee: Decimal
    rate: Rate | None
    card: Card | None
    authorisation: str


@dataclass
class Order:
    token: str
    flow_order: int
    commerce_order: str
    subject: str
    currency: str
    amount: Decimal
    payer: str
    created: datetime
    kind: str  # order, charge, collect, invoice
    url_confirmation: str | None = None
    url_return: str | None = None
    optional: str | None = None
    status: int = PENDING
    customer_id: str | None = None
    invoice_id: int | None = None
    subscription_id: str | None = None
    pending_media: str | None = None
    pending_date: datetime | None = None
    receipt: Receipt | None = None
    error: tuple[int, str] | None = None
    checkout_timeout: int | None = None
    reversed_at: datetime | None = None
    merchant_id: str | None = None
    rate: Rate | None = None  # where it was settled before the payment

    @property
    def payable(self) -> bool:
        """A rejected order can be tried again."""
        return self.status in (PENDING, REJECTED)


@dataclass
class Attempt:
    """A charge that the bank refused."""

    id: int
    date: datetime
    customer_id: str
    invoice_id: int | None
    commerce_order: str
    currency: str
    amount: Decimal
    code: int
    message: str


@dataclass
class Item:
    id: int
    subject: str
    type: int
    currency: str
    amount: Decimal


@dataclass
class Invoice:
    id: int
    subscription_id: str
    customer_id: str
    plan_id: str
    created: datetime
    subject: str
    currency: str
    amount: Decimal
    period_start: date
    period_end: date
    due: date
    items: list[Item]
    status: int = UNPAID
    tries: int = 0
    next_try: datetime | None = None
    error: tuple[datetime, str] | None = None
    paid_by: str | None = None  # token of an order
    outside: tuple[date, str] | None = None
    link: str | None = None  # token of the order behind the payment link
    rate: Rate | None = None  # where the plan settles it with the invoice
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.status == UNPAID


@dataclass
class Subscription:
    id: str
    number: int  # another id of it, which its items tell
    plan_id: str
    customer_id: str
    created: datetime
    start: date
    trial_days: int
    periods: int
    status: int = NOT_STARTED
    anchor: date | None = None
    period: int = 0  # how many periods of this anchor have gone by
    billed: int = 0  # how many periods have been billed in all
    period_start: date | None = None
    period_end: date | None = None
    turns_on: date | None = None  # when the next period would begin
    trial_start: date | None = None
    trial_end: date | None = None
    ended_on: date | None = None
    cancel_at_period_end: bool = False
    cancel_at: datetime | None = None
    credit: Decimal = Decimal(0)
    next_plan_id: str | None = None
    next_plan_on: date | None = None
    discount: Discount | None = None
    items: list[AddedItem] = field(default_factory=list)
    invoices: list[int] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return self.status != CANCELLED

    @property
    def last_period(self) -> bool:
        return bool(self.periods) and self.billed >= self.periods


@dataclass
class Refund:
    token: str
    flow_order: int
    commerce_order: str
    date: datetime
    email: str
    amount: Decimal
    fee: Decimal
    callback: str
    order: str | None = None  # token of the order that is given back
    status: str = "created"
