"""Periods that are ours: where the provider takes orders and keeps no subscription.

Each period is one order, named after the subscription and the period's first day, so that it
exists once however often it is asked for. What the orders say at the provider, laid on our
calendar, is the snapshot of such a subscription; the calendar is the project's ``TIME_ZONE``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from . import checkout, conf, recording
from .backoff import after
from .clock import now
from .exceptions import NotFound
from .gateways import gateways
from .gateways.base import PaymentSnapshot, Snapshot
from .lifecycle import FOR_GOOD, GIVEN_BACK, OPEN, OWED, PAYING, PaymentStatus, Status
from .models import Checkout, Payment, Subscription
from .money import Money
from .plans import Price

# --- what is ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Charge:
    """One order as it stands: told by the provider just now, or settled and on our books (``known``), or
    both."""

    attempt: Checkout
    status: PaymentStatus
    paid_at: datetime | None
    told: PaymentSnapshot | None = None
    known: Payment | None = None

    @property
    def is_settled(self) -> bool:
        return self.known is not None and self.known.status in PAYING | GIVEN_BACK

    @property
    def pays(self) -> bool:
        """Another amount than was ordered pays for nothing: a person decides."""
        if self.status not in PAYING:
            return False
        return self.is_settled or self.told is None or _asked(self.told) == self.attempt.money


def _asked(told: PaymentSnapshot) -> Money:
    """What the order came to before the provider's own discounts."""
    less = told.list_amount is not None and told.amount < told.list_amount
    return told.list_amount if less and told.list_amount is not None else told.amount


@dataclass(frozen=True)
class Period:
    """From the first moment of its first day to the first after its last."""

    start: datetime
    end: datetime


def snapshot(row: Subscription) -> Snapshot:
    """The subscription as its orders and our calendar have it. Asks about each order that is not
    settled. Raises OutcomeUnknown or ConfigurationError."""
    attempts = _attempts(row)
    charges = _charges(row, attempts)
    anchor = _anchor(charges)
    periods = {charge.attempt.pk: _period(charge, anchor) for charge in charges}
    paying = [charge for charge in charges if charge.pays]
    last = max((periods[charge.attempt.pk] for charge in paying), key=_end, default=None)
    state = _State.of(row, attempts, charges, last)
    return Snapshot(
        reference=row.reference or "",
        status=state.status,
        price_id=gateways[row.provider].price_id(_price_now(row)),
        quantity=row.quantity,
        customer_reference=row.customer.reference or "",
        period_start=last.start if last else None,
        period_end=last.end if last else None,
        next_charge_at=state.next_charge_at,
        cancel_at_period_end=state.leaves,
        ended_at=state.ended_at,
        payments=tuple(_told(row, charges, periods)),
        next_price_id=_next_price_id(row),
        next_price_at=row.next_price_at if row.next_price_at and row.next_price_at > now() else None,
        look_at=state.look_at,
    )


def _attempts(row: Subscription) -> list[Checkout]:
    """Those that make orders; another strategy that was refused before made none."""
    found = row.checkouts.select_related("subscription", "customer")
    return list(found.filter(purpose__in=("open", "renew"), strategy=row.strategy))


def _charges(row: Subscription, attempts: list[Checkout]) -> list[Charge]:
    known = {payment.reference: payment for payment in row.payments.all()}
    found = (_charge(attempt, known.get(attempt.order)) for attempt in attempts)
    return [charge for charge in found if charge]


def _charge(attempt: Checkout, payment: Payment | None) -> Charge | None:
    """None for an order that the provider never heard of. One that is settled is asked about only while
    another of its name could be paid too."""
    settled = payment if payment and payment.status in PAYING | GIVEN_BACK else None
    lapsed = attempt.purpose == "renew" or attempt.expires_at <= now()
    if settled and lapsed and not attempt.price.is_once:
        return Charge(attempt, PaymentStatus(settled.status), settled.paid_at, known=settled)
    try:
        told = gateways.of(attempt).fetch_order(checkout.attempt_of(attempt))
    except NotFound:
        told = None
    if settled:
        return Charge(attempt, _after(settled, told), settled.paid_at, told, settled)
    return Charge(attempt, told.status, told.paid_at, told, payment) if told else None


def _after(settled: Payment, told: PaymentSnapshot | None) -> PaymentStatus:
    """What a settled order is by now: it stays settled, and may have been given back or taken back."""
    if told is None or told.status not in PAYING | GIVEN_BACK:
        return PaymentStatus(settled.status)
    return recording.standing(settled, told, told.status)[0]


def _anchor(charges: list[Charge]) -> date | None:
    """The day on which the first period began: the first that was paid by an opening order."""
    paid = [
        charge.paid_at
        for charge in charges
        if charge.attempt.purpose == "open" and charge.status in PAYING | GIVEN_BACK and charge.paid_at
    ]
    return timezone.localdate(min(paid), timezone.get_default_timezone()) if paid else None


def _period(charge: Charge, anchor: date | None) -> Period | None:
    """What the order pays for; None while nobody has paid a first one. What was paid stays as it was
    booked, also where the catalogue has lost its price."""
    known = charge.known
    if charge.is_settled and known and known.period_start and known.period_end:
        return Period(known.period_start, known.period_end)
    price = charge.attempt.price
    if charge.attempt.period_start:
        start = timezone.localdate(charge.attempt.period_start, timezone.get_default_timezone())
    elif anchor:
        start = anchor
    else:
        return None
    if price.is_once:
        ends = _begin(start + timedelta(days=price.access_days)) if price.access_days else FOR_GOOD
        return Period(_begin(start), ends)
    return Period(_begin(start), _begin(price.following(start, anchor.day if anchor else None)))


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def _end(period: Period | None) -> datetime:
    return period.end if period else datetime.min.replace(tzinfo=FOR_GOOD.tzinfo)


def _told(
    row: Subscription, charges: list[Charge], periods: dict[int, Period | None]
) -> list[PaymentSnapshot]:
    """What the provider told, with the period of each; what is paid twice or too late is marked."""
    left = row.is_ended and row.status == Status.CANCELLED and row.payment_date is not None
    paid = {periods[charge.attempt.pk] for charge in charges if charge.pays and charge.is_settled}
    found = []
    for charge in charges:
        if charge.told is None or _is_left(charge):
            continue
        period = periods[charge.attempt.pk]
        told = replace(
            charge.told,
            period_start=period.start if period else None,
            period_end=period.end if period else None,
            due_at=due_at(charge.attempt),
        )
        if charge.pays and not charge.is_settled:
            if period in paid:
                told = replace(told, oddity="double")
            elif left and not told.oddity:
                told = replace(told, oddity="late")
            paid.add(period)
        found.append(told)
    return found


def _is_left(charge: Charge) -> bool:
    """An opening order that its payer left unpaid: nobody owes anything for it."""
    return charge.attempt.purpose == "open" and charge.known is None and charge.status not in PAYING


def _price_now(row: Subscription) -> Price:
    changed = row.next_price_at is not None and row.next_price_at <= now()
    return (row.next_price if changed else None) or row.agreed_price


def _next_price_id(row: Subscription) -> str:
    """Of a change that is still to come."""
    price = None if row.next_price_at is not None and row.next_price_at <= now() else row.next_price
    return gateways[row.provider].price_id(price) if price else ""


# --- what it is by the calendar -----------------------------------------------------------------


def due_at(attempt: Checkout) -> datetime:
    """Until when an order may stand unpaid before its payer is late."""
    if attempt.period_start is None:
        return attempt.expires_at
    return _due(attempt.period_start, attempt.created_at, attempt.price)


def _due(period_start: datetime, made_at: datetime, price: Price) -> datetime:
    return max(period_start, made_at) + timedelta(days=price.days_until_due)


def _last_day(due: datetime) -> datetime:
    return due + timedelta(days=conf.get("UNPAID_ENDS_AFTER_DAYS"))


@dataclass(frozen=True)
class _State:
    """Where a subscription of ours stands today."""

    status: Status
    next_charge_at: datetime | None = None
    leaves: bool = False
    ended_at: datetime | None = None
    look_at: tuple[datetime, ...] = ()

    @classmethod
    def of(
        cls, row: Subscription, attempts: list[Checkout], charges: list[Charge], last: Period | None
    ) -> _State:
        """What has ended is looked after until its orders have lapsed: they cannot be taken back."""
        found = cls._of(row, attempts, charges, last)
        if found.status in OPEN:
            return found
        return replace(found, look_at=tuple(c.attempt.expires_at for c in charges if c.status in OWED))

    @classmethod
    def _of(
        cls, row: Subscription, attempts: list[Checkout], charges: list[Charge], last: Period | None
    ) -> _State:
        if last is None:
            given_back = any(charge.status in GIVEN_BACK for charge in charges)
            left = given_back or row.is_ended or row.cancel_requested
            return cls.ended(row, Status.CANCELLED) if left else cls(Status.PENDING)
        if row.agreed_price.is_once:
            return cls(Status.PAID)
        if row.status == Status.CANCELLED and row.payment_date:  # who has left has left, whatever is paid
            return cls.ended(row, Status.CANCELLED)
        if row.cancel_requested == "now":
            return cls.ended(row, Status.CANCELLED)
        if row.cancel_requested == "period_end" or row.cancel_at_period_end or row.is_double:
            return cls.leaving(last.end)
        return cls.going_on(row, attempts, last.end)

    @classmethod
    def ended(cls, row: Subscription, status: Status) -> _State:
        return cls(status, ended_at=row.ended_at or now(), leaves=row.cancel_at_period_end)

    @classmethod
    def leaving(cls, paid_through: datetime) -> _State:
        if paid_through <= now():
            return cls(Status.CANCELLED, leaves=True, ended_at=paid_through)
        return cls(Status.ACTIVE, leaves=True, look_at=(paid_through,))

    @classmethod
    def going_on(cls, row: Subscription, attempts: list[Checkout], paid_through: datetime) -> _State:
        """Late once the next order is past its day, ended once nobody paid it long after. Who has not been
        asked to pay is not late, and an order that we were late to make is late no sooner for it."""
        order = next((attempt for attempt in attempts if attempt.period_start == paid_through), None)
        if order is None:
            return cls(Status.ACTIVE, paid_through, look_at=(opens_at(paid_through),))
        late = due_at(order)
        last = _last_day(late)
        if last <= now():
            return cls(Status.FAILED, ended_at=row.ended_at or now())
        return cls(
            Status.ACTIVE if now() < late else Status.PAST_DUE,
            paid_through,
            look_at=tuple(moment for moment in (late, last) if moment > now()),
        )


# --- what is to come ----------------------------------------------------------------------------


def opens_at(period_start: datetime) -> datetime:
    """When the order of a period is made."""
    return period_start - timedelta(days=conf.get("RENEW_DAYS_BEFORE"))


def order_of(row: Subscription, period_start: datetime) -> str:
    """The name of a period's order: 41 characters of the 45 that Flow takes."""
    day = timezone.localdate(period_start, timezone.get_default_timezone())
    return f"{row.public_id.hex}-{day:%Y%m%d}"


def next_unordered(row: Subscription) -> datetime | None:
    """The start of the first period that nobody has been asked to pay: what can still be changed."""
    if row.paid_through is None:
        return None
    if not is_ordered(row, row.paid_through):
        return row.paid_through
    start = timezone.localdate(row.paid_through, timezone.get_default_timezone())
    anchor = _anchor(_charges(row, [attempt for attempt in _attempts(row) if attempt.purpose == "open"]))
    return _begin(row.agreed_price.following(start, anchor.day if anchor else None))


def is_ordered(row: Subscription, period_start: datetime | None) -> bool:
    """Whether somebody has been asked to pay that period."""
    return period_start is not None and Checkout.objects.filter(order=order_of(row, period_start)).exists()


def keep_due(row: Subscription) -> None:
    """After a look at a row whose next period is still to be ordered: that waits for us and for nobody
    else, so that a look by a notice or a page puts the sweep's off by little, however many there are."""
    start = _opening(row)
    if start is not None and not is_ordered(row, start):
        due = Subscription.objects.filter(pk=row.pk, version=row.version)
        due.update(next_sync_at=after(row.sync_tries))


def open_due(row: Subscription) -> Checkout | None:
    """Order the next period, if its day has come: once, however often and by whomever it is tried."""
    start = _opening(row)
    if start is None:
        return None
    order = order_of(row, start)
    made = Checkout.objects.filter(order=order).first()
    if made is not None:
        recording.keep_unordered(row, made)
        return None
    price = _price_of(row, start)
    columns = {
        "order": order,
        "period_start": start,
        "price_key": price.key,
        "closes_at": _last_day(_due(start, now(), price)),
    }
    try:
        with transaction.atomic(durable=True):
            recording.bump(row)  # nobody cancels it, or orders the same, in the same moment
            attempt = checkout.new_attempt(row, row.strategy, "renew", **columns)
    except (IntegrityError, recording.Stale):
        return None
    return checkout.go_on(attempt)


def _opening(row: Subscription) -> datetime | None:
    """The start of the period whose day to be ordered has come."""
    start = row.paid_through
    if start is None or row.cancel_at_period_end or row.cancel_requested or opens_at(start) > now():
        return None
    if row.status not in (Status.ACTIVE, Status.PAST_DUE) or gateways.of(row).renews(row.strategy):
        return None
    return start


def _price_of(row: Subscription, period_start: datetime) -> Price:
    changed = row.next_price_at is not None and row.next_price_at <= period_start
    return (row.next_price if changed else None) or row.agreed_price
