"""Another price for a subscription: previewed to the peso, then applied as it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from .. import checkout, recording, renewals
from ..clock import now
from ..exceptions import BadRequest, Busy, NotPossible
from ..gateways import gateways
from ..gateways.base import ChangePreview, Gateway
from ..lifecycle import ALLOWED
from ..models import Checkout, Subscription
from ..money import Money
from ..plans import Price, catalogue
from ..transactions import refuse_inside_one
from .syncing import read, sync


class PreviewChanged(NotPossible):
    """What it costs has changed since it was shown: look at the new preview."""

    def __init__(self, preview: ChangePreview) -> None:
        self.preview = preview
        super().__init__(_("What the change costs is not what it was a moment ago. Look at it once more."))


def preview_change(
    subscription: Subscription, price_key: str, *, at_period_end: bool, quantity: int | None = None
) -> ChangePreview:
    """What the change to that price would charge or credit, as the provider works it out; changes
    nothing. ``at_period_end``: it takes effect when the paid period ends, else now. ``quantity``: how often
    the price is charged from then on, as now unless given.

    Raises BadRequest for a price that it cannot change to, NotPossible, Refused, OutcomeUnknown.
    """
    refuse_inside_one()
    row = read(subscription.pk)
    return _preview(row, price_key, at_period_end, row.quantity if quantity is None else quantity)


def _preview(
    row: Subscription,
    price_key: str,
    at_period_end: bool,
    quantity: int,
    seen: Mapping[str, Any] | None = None,
) -> ChangePreview:
    price = catalogue().price(price_key)
    gateway = gateways.of(row)
    _check(row, gateway, price, at_period_end, quantity)
    if gateway.renews(row.strategy):
        return gateway.preview_change(
            row.reference or "",
            price,
            period_end=row.period_end,
            at_period_end=at_period_end,
            quantity=quantity,
            seen=seen,
        )
    nothing = Money(0, price.currency)
    starts = renewals.next_unordered(row)
    return ChangePreview(price, nothing, nothing, starts, starts)


def change_plan(subscription: Subscription, preview: ChangePreview) -> Checkout | None:
    """Apply a preview that the payer has seen: the provider is asked for it once more, and nothing is
    changed where it now says something else.

    Returns the attempt, which tells what came of it; None where the periods are ours and it is settled
    at once. Raises PreviewChanged, Busy, and what ``preview_change`` raises.
    """
    refuse_inside_one()
    row = read(subscription.pk)  # what is opened below is Busy where it moves after this
    fresh = _preview(row, preview.price.key, preview.at is not None, preview.quantity, preview.data)
    if fresh != preview:
        raise PreviewChanged(fresh)
    if gateways.of(row).renews(row.strategy):
        return checkout.go_on(checkout.open_plan_change(row, preview))
    try:
        with transaction.atomic(durable=True):
            recording.schedule_change(row, preview.price, preview.at)
    except recording.Stale:
        raise Busy from None
    return None


def undo_change(subscription: Subscription) -> Subscription:
    """Call off a change that has not taken effect. Returns the row as the provider then reports it.

    Raises NotPossible where none is scheduled, Refused, or OutcomeUnknown: then the sweep asks.
    """
    refuse_inside_one()
    row = read(subscription.pk)
    if not row.next_price_key:
        raise NotPossible(_("No change is scheduled."))
    if gateways.of(row).renews(row.strategy):
        Subscription.objects.filter(pk=row.pk).update(next_sync_at=now())
        gateways.of(row).undo_change(row.reference or "")
    elif renewals.is_ordered(row, row.next_price_at):
        raise NotPossible(_("The next period has been billed at the new price already."))
    else:
        try:
            with transaction.atomic(durable=True):
                recording.schedule_change(row, None, None)
        except recording.Stale:
            raise Busy from None
    return sync(row)


def _check(row: Subscription, gateway: Gateway, price: Price, at_period_end: bool, quantity: int) -> None:
    checkout.check_quantity(gateway, row.strategy, quantity)
    able = gateway.capabilities_of(row.strategy)
    if not (able.change_at_period_end if at_period_end else able.change_now):
        raise NotPossible(_("The plan of this subscription cannot be changed then."))
    if row.status not in ALLOWED["change_plan"] or row.cancel_at_period_end or row.cancel_requested:
        raise NotPossible(_("The plan can be changed while the subscription is active and goes on."))
    if row.successor_reference:
        raise NotPossible(_("It was taken up again: the plan can be changed once its next period has begun."))
    if row.next_price_key:
        raise NotPossible(_("A change is scheduled already: undo it first, or wait for it."))
    if row.checkouts.running().filter(purpose__in=("change", "resume")).exists():
        raise Busy(_("Your earlier change is being confirmed. Wait for its result."))
    of_more_or_fewer = price.key == row.price_key and quantity != row.quantity
    if not of_more_or_fewer and not _fits(row, gateway, price):
        raise BadRequest(
            _("This subscription cannot change to that plan."), field="price", code="unfit_price"
        )


def _fits(row: Subscription, gateway: Gateway, price: Price) -> bool:
    """Another price, of the same currency and slot, charged by the period by the same gateway."""
    if price.key == row.price_key or price.currency != row.currency or price.is_once:
        return False
    same_slot = catalogue().plan_of(price).slot == row.slot
    return (
        same_slot and row.provider in gateways.taking(price) and row.strategy in gateway.strategies_for(price)
    )


def choices(subscription: Subscription) -> list[Price]:
    """The prices that it could change to: of each plan and interval the newest."""
    gateway = gateways.of(subscription)
    newest = {
        (plan.key, price.interval, price.interval_count, price.currency): price
        for plan in catalogue()
        for price in plan.prices
    }
    return [price for price in newest.values() if _fits(subscription, gateway, price)]
