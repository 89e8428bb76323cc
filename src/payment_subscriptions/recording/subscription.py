"""The truth as the provider tells it, onto our row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from ..backoff import after
from ..clock import now
from ..exceptions import BadRequest, NotPossible, PaymentsError
from ..gateways import gateways
from ..gateways.base import Gateway, PaymentSnapshot, Snapshot
from ..lifecycle import (
    ALLOWED,
    ENDED,
    OWED,
    PAYING,
    CheckoutStatus,
    Status,
    event_of_move,
    is_expected,
    latest,
    next_look,
)
from ..models import Customer, Payment, Subscription
from ..models.discrepancy import DiscrepancyKind
from ..outbox import News, write
from ..plans import Price, catalogue
from . import discrepancies, payments
from .payments import Findings

# Days of grace where the catalogue has lost the plan: Flow's own default of days until due.
DEFAULT_GRACE = 3

# What a recording writes on the subscription.
COLUMNS = (
    "status",
    "plan",
    "price_key",
    "quantity",
    "amount",
    "currency",
    "frequency",
    "next_price_key",
    "next_price_at",
    "credit",
    "reference",
    "successor_reference",
    "slot_key",
    "period_start",
    "period_end",
    "trial_end",
    "next_charge_at",
    "past_due_since",
    "dunned",
    "trial_told",
    "cancel_at_period_end",
    "cancel_requested",
    "ended_at",
    "paid_through",
    "payment_date",
    "access_until",
    "sync_tries",
    "synced_at",
    "next_sync_at",
)


class Stale(PaymentsError):
    """The row moved while the provider was asked: ask again."""


def record(subscription: Subscription, snapshot: Snapshot) -> Subscription:
    """Write what the provider says. ``subscription`` as read before the provider was asked.

    Returns the row as it is now. Raises Stale when the row has moved since: fetch again.
    """
    moved, findings = work_out(subscription, snapshot)
    try:
        with transaction.atomic(durable=True):
            bump(subscription, **{name: getattr(subscription, name) for name in COLUMNS})
            payments.write_all(moved)
            _write_card(subscription, snapshot)
            write(subscription, findings.news + discrepancies.keep(findings.discrepancies))
    except IntegrityError as error:
        raise Stale from error
    return subscription


def work_out(subscription: Subscription, snapshot: Snapshot) -> tuple[list[Payment], Findings]:
    """What recording it would write, in memory: the columns are set on ``subscription``; the payments that
    are new or differ, and what is to be told and kept."""
    findings = Findings()
    before, was_cancelling = Status(subscription.status), subscription.is_cancelling
    known, moved = payments.compare(subscription, snapshot.payments, findings)
    _follow_price(subscription, snapshot, findings)
    _take_over(subscription, snapshot, known)
    _note_move(subscription, before, was_cancelling, findings)
    _seat(subscription, findings)
    _plan_next_look(subscription, snapshot, changed=bool(moved) or before != subscription.status)
    return moved, findings


def bump(subscription: Subscription, **columns: Any) -> None:
    """Write columns if the row is still the version that was read; the row lock of every writer.

    The first statement of its transaction, so that it serialises on SQLite too. Raises Stale.
    """
    written = Subscription.objects.filter(pk=subscription.pk, version=subscription.version).update(
        version=F("version") + 1, updated_at=now(), **columns
    )
    if not written:
        raise Stale
    subscription.version += 1
    for name, value in columns.items():
        setattr(subscription, name, value)


def close(subscription: Subscription, *, order: str = "", look_at: datetime | None = None) -> None:
    """End a pending subscription that no provider will ever charge; its seat is free again. ``order``:
    one of ours that may be paid all the same, and is asked about at ``look_at``.

    Inside the caller's transaction. Raises Stale when it has moved, NotPossible where it has begun.
    """
    if subscription.status not in ALLOWED["close"]:
        raise NotPossible
    asked_once_more = look_at or (now() if subscription.reference else None)
    named = {"reference": order} if order else {}
    bump(
        subscription,
        status=Status.CANCELLED,
        slot_key=None,
        ended_at=now(),
        next_sync_at=asked_once_more,
        **named,
    )
    write(subscription, [News("subscription.abandoned")])


def adopt(subscription: Subscription, reference: str) -> None:
    """Tie it to what the provider made of its attempt, where the answer that named it never came.

    Raises Stale when the row has moved.
    """
    with transaction.atomic(durable=True):
        bump(subscription, reference=reference, next_sync_at=now())


def slot_key(payer_key: str, slot: str) -> str:
    """The seat of a payer's open subscription."""
    return f"{payer_key}|{slot}"


def schedule_change(subscription: Subscription, price: Price | None, at: datetime | None) -> None:
    """Note the price from which our own calendar goes on, or (None) that there is none any more.

    Inside the caller's transaction; for periods that are ours. Raises Stale when the row has moved.
    """
    name = "subscription.change_scheduled" if price else "subscription.change_undone"
    news = News(name, {"next_price": price.key if price else subscription.next_price_key})
    bump(subscription, next_price_key=price.key if price else "", next_price_at=at, next_sync_at=now())
    write(subscription, [news])


def _follow_price(subscription: Subscription, snapshot: Snapshot, findings: Findings) -> None:
    """The price that the provider charges, where the payer agreed to it, and the one that is to come."""
    gateway = gateways[subscription.provider]
    agreed = (gateway.price_id(subscription.agreed_price), subscription.quantity)
    if snapshot.price_id and (snapshot.price_id, snapshot.quantity) != agreed:
        _change_price(subscription, snapshot, gateway, findings)
    scheduled = _price_of(gateway, snapshot.next_price_id)
    before, found = subscription.next_price_key, scheduled.key if scheduled else ""
    subscription.next_price_key = found
    subscription.next_price_at = snapshot.next_price_at if scheduled else None
    if found and found != before:
        findings.news.append(News("subscription.change_scheduled", {"next_price": found}))
    if before and not found and subscription.price_key != before:
        findings.news.append(News("subscription.change_undone", {"next_price": before}))


def _change_price(
    subscription: Subscription, snapshot: Snapshot, gateway: Gateway, findings: Findings
) -> None:
    asked = subscription.checkouts.filter(purpose="change").last()  # an older wish agrees to nothing
    agreed = {(subscription.next_price_key, subscription.quantity)}
    if asked and asked.status != CheckoutStatus.REFUSED:
        agreed.add((asked.price_key, asked.data.get("quantity", 1)))
    price = _price_of(gateway, snapshot.price_id)
    if price is None or (price.key, snapshot.quantity) not in agreed:
        findings.discrepancies.append(
            discrepancies.about(
                DiscrepancyKind.PRICE,
                subscription,
                snapshot.price_id if snapshot.quantity == 1 else f"{snapshot.price_id}:{snapshot.quantity}",
                detail={
                    "agreed": _times(subscription.quantity, subscription.price_key),
                    "charged": _times(snapshot.quantity, snapshot.price_id),
                },
            )
        )
        return
    was = subscription.price_key
    subscription.quantity = snapshot.quantity
    subscription.plan = catalogue().plan_of(price).key
    subscription.price_key = price.key
    subscription.amount, subscription.currency = price.amount.amount * snapshot.quantity, price.currency
    subscription.frequency = price.frequency
    told = {"was": was, "price": price.key} | (
        {"quantity": snapshot.quantity} if snapshot.quantity > 1 else {}
    )
    findings.news.append(News("subscription.plan_changed", told))


def _times(quantity: int, price: str) -> str:
    return price if quantity == 1 else f"{quantity} × {price}"


def _price_of(gateway: Gateway, price_id: str) -> Price | None:
    """The catalogue's price of that id at the provider."""
    return next((p for p in catalogue().prices() if price_id and gateway.price_id(p) == price_id), None)


def _take_over(subscription: Subscription, snapshot: Snapshot, known: list[Payment]) -> None:
    """Set the row's columns from the snapshot and from all payments, in memory."""
    subscription.status = _standing(subscription, snapshot)
    subscription.reference = snapshot.reference
    subscription.successor_reference = snapshot.successor_reference
    subscription.credit = snapshot.credit.amount if snapshot.credit else Decimal(0)
    subscription.period_start = snapshot.period_start
    subscription.period_end = snapshot.period_end
    _note_trial(subscription, snapshot.trial_end or _past(subscription.trial_end))
    _note_debt(subscription)
    subscription.next_charge_at = snapshot.next_charge_at
    subscription.cancel_at_period_end = snapshot.cancel_at_period_end
    subscription.ended_at = _first_end(subscription.ended_at, snapshot.ended_at)
    _pay(subscription, known)


def _note_trial(subscription: Subscription, end: datetime | None) -> None:
    """Another end is told anew."""
    if subscription.trial_end != end:
        subscription.trial_end, subscription.trial_told = end, False


def _note_debt(subscription: Subscription) -> None:
    """One debt lasts as long as the subscription is past due, whatever falls due meanwhile."""
    if subscription.status != Status.PAST_DUE:
        subscription.past_due_since, subscription.dunned = None, 0
    elif subscription.past_due_since is None:
        subscription.past_due_since = now()


def _past(moment: datetime | None) -> datetime | None:
    """What has been stays: a successor knows nothing of the trial before it."""
    return moment if moment and moment <= now() else None


def _pay(subscription: Subscription, known: Iterable[Payment]) -> None:
    """What all its payments pay for."""
    paying = [payment for payment in known if payment.status in PAYING]
    ends = (payment.period_end or subscription.period_end for payment in paying)
    subscription.paid_through = latest(ends)
    subscription.payment_date = latest(payment.paid_at for payment in paying) or subscription.payment_date
    subscription.grant(_grace(subscription))


def pay_out(subscription: Subscription) -> None:
    """What is left paid after money was given back, and the access that it gives; asked about soon.

    Inside the caller's transaction, after its ``bump``.
    """
    _pay(subscription, Payment.objects.filter(subscription=subscription))
    Subscription.objects.filter(pk=subscription.pk).update(
        paid_through=subscription.paid_through, access_until=subscription.access_until, next_sync_at=now()
    )


def _standing(subscription: Subscription, snapshot: Snapshot) -> Status:
    """What has begun is not pending again: a successor that has yet to begin, or whose first charge has
    yet to be paid, goes on what was."""
    if snapshot.status != Status.PENDING or not (subscription.payment_date or subscription.trial_end):
        return snapshot.status
    return Status.PAST_DUE if any(_is_late(payment) for payment in snapshot.payments) else Status.ACTIVE


def _is_late(payment: PaymentSnapshot) -> bool:
    """Declined, or unpaid after its day; a bill whose day has not come is no debt yet."""
    overdue = payment.due_at is None or payment.due_at <= now()
    return payment.status in OWED and (payment.attempts > 0 or overdue)


def _first_end(known: datetime | None, told: datetime | None) -> datetime | None:
    """When it ended: of a provider that does not tell, the first moment at which we learned of it."""
    return min(known, told) if known and told else told


def _grace(subscription: Subscription) -> int:
    try:
        return subscription.plan_in_catalogue.grace(subscription.price)
    except BadRequest:
        return DEFAULT_GRACE


def _note_move(
    subscription: Subscription, before: Status, cancelling_before: bool, findings: Findings
) -> None:
    found = Status(subscription.status)
    if event := event_of_move(before, found):
        findings.news.append(News(event, {"was": before.value}))
    if subscription.is_cancelling and not cancelling_before:
        findings.news.append(News("subscription.cancel_scheduled"))
    if not is_expected(before, found) and not _is_won_back(before, found, findings):
        findings.discrepancies.append(
            discrepancies.about(
                DiscrepancyKind.UNEXPECTED_MOVE,
                subscription,
                f"{before}>{found}:{subscription.version}",
                detail={"was": before.value, "is": found.value},
            )
        )


def _is_won_back(before: Status, found: Status, findings: Findings) -> bool:
    """A one-time plan ended by a dispute, and the dispute was won."""
    won = any(item.name == "payment.dispute_won" for item in findings.news)
    return (before, found) == (Status.CANCELLED, Status.PAID) and won


def _seat(subscription: Subscription, findings: Findings) -> None:
    """Free the seat of one that ended; give it to one that came back, once nobody else has it."""
    if subscription.status in ENDED:
        subscription.slot_key = None
    elif subscription.slot_key is None:
        key = slot_key(subscription.payer_key, subscription.slot)
        if Subscription.objects.filter(slot_key=key).exists():
            findings.discrepancies.append(
                discrepancies.about(
                    DiscrepancyKind.DUPLICATE,
                    subscription,
                    "",
                    amount=subscription.amount,
                    currency=subscription.currency,
                )
            )
        else:
            subscription.slot_key = key


def _plan_next_look(subscription: Subscription, snapshot: Snapshot, *, changed: bool) -> None:
    moment = now()
    subscription.synced_at = moment
    if _is_done(subscription, snapshot):
        subscription.cancel_requested = ""
    promised = _promised(snapshot)
    expected = bool(subscription.cancel_requested) or not all(found > moment for found in promised if found)
    in_vain = not changed and (expected or not any(promised))
    subscription.sync_tries = min(subscription.sync_tries + 1, 30) if in_vain else 0
    subscription.next_sync_at = (
        after(subscription.sync_tries + 1)
        if subscription.cancel_requested
        else next_look(
            Status(subscription.status),
            promised,
            moment,
            subscription.sync_tries,
            owes=any(payment.status in OWED for payment in snapshot.payments),
        )
    )


def _promised(snapshot: Snapshot) -> list[datetime | None]:
    """The moments at which something should happen at the provider without our asking."""
    owed = [payment for payment in snapshot.payments if payment.status in OWED]
    again = [payment.next_attempt_at for payment in owed]
    if snapshot.status in ENDED:  # a bill may be paid by its link without any attempt
        bills = [payment.due_at for payment in owed if payment.next_attempt_at is None]
        return [*again, *bills, *snapshot.look_at]
    trial_end = snapshot.trial_end if snapshot.status == Status.TRIALING else None
    end = snapshot.period_end if snapshot.cancel_at_period_end else None
    return [snapshot.next_charge_at, snapshot.next_price_at, trial_end, end, *again, *snapshot.look_at]


def _is_done(subscription: Subscription, snapshot: Snapshot) -> bool:
    """Whether the cancellation that was asked for has taken effect, open charges included."""
    if subscription.cancel_requested == "period_end":
        leaves = snapshot.cancel_at_period_end and not _may_change(subscription, snapshot)
        return leaves or snapshot.status in ENDED
    return snapshot.status in ENDED and not any(payment.status in OWED for payment in snapshot.payments)


def _may_change(subscription: Subscription, snapshot: Snapshot) -> bool:
    """Whether a change of plan that the provider has, or may have, would still take its balance."""
    if not gateways[subscription.provider].renews(subscription.strategy):
        return False
    changing = subscription.checkouts.running().filter(purpose="change")
    return bool(snapshot.next_price_id) or changing.exists()


def _write_card(subscription: Subscription, snapshot: Snapshot) -> None:
    card, customer = snapshot.card, subscription.customer
    if card is None or customer.erased_at:  # their wish stands
        return
    found = {"card_brand": card.brand, "card_last4": card.last4, "card_expires": card.expires}
    if all(getattr(customer, name) == value for name, value in found.items()):
        return
    Customer.objects.filter(pk=customer.pk).update(card_warned=False, **found)
    for name, value in found.items():
        setattr(customer, name, value)
