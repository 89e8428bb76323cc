"""Keep what should not be, for a person: each fact once, however often it is seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from ..clock import now
from ..lifecycle import CheckoutStatus
from ..models import Checkout, Discrepancy, Subscription
from ..models.discrepancy import DiscrepancyKind
from ..outbox import News, write


def about(kind: DiscrepancyKind, subscription: Subscription, key: str, **columns: Any) -> Discrepancy:
    return Discrepancy(
        kind=kind,
        key=f"{kind}:{subscription.pk}:{key}"[:300],
        provider=subscription.provider,
        mode=subscription.mode,
        subscription=subscription,
        created_at=now(),
        **columns,
    )


def keep(discrepancies: Iterable[Discrepancy]) -> list[News]:
    """Write those that are not known yet; one event for each."""
    found = {item.key: item for item in discrepancies}
    if not found:
        return []
    known = set(Discrepancy.objects.filter(key__in=found).values_list("key", flat=True))
    new = [item for key, item in found.items() if key not in known]
    Discrepancy.objects.bulk_create(new, ignore_conflicts=True)
    return [
        News(
            "discrepancy.found",
            {"kind": str(item.kind), "amount": str(item.amount or ""), "currency": item.currency},
        )
        for item in new
    ]


def keep_foreign_payment(provider: str, mode: str, key: str, order: str, amount: Any, currency: str) -> None:
    """Keep money that arrived for an order that is not ours; nothing of ours is touched."""
    item = Discrepancy(
        kind=DiscrepancyKind.FOREIGN_PAYMENT,
        key=f"{DiscrepancyKind.FOREIGN_PAYMENT}:{provider}:{mode}:{key}"[:300],
        provider=provider,
        mode=mode,
        amount=amount,
        currency=currency,
        detail={"order": order},
        created_at=now(),
    )
    with transaction.atomic(durable=True):
        write(None, keep([item]))


def settle(discrepancy: Discrepancy, *, by: str, note: str) -> bool:
    """A person has dealt with it; their name and note are kept. False where somebody else was first."""
    settled = {"by": by, "note": note}
    return bool(
        Discrepancy.objects.filter(pk=discrepancy.pk, resolved_at__isnull=True).update(
            resolved_at=now(), detail={**discrepancy.detail, "settled": settled}
        )
    )


def keep_unordered(subscription: Subscription, attempt: Checkout) -> None:
    """Keep that a period could not be ordered: the provider refused it, or trouble held it up too long."""
    if attempt.status not in (CheckoutStatus.REFUSED, CheckoutStatus.EXPIRED):
        return
    detail = {"order": attempt.order, "reason": attempt.reason}
    found = about(DiscrepancyKind.RENEWAL, subscription, attempt.order, detail=detail)
    with transaction.atomic(durable=True):
        write(subscription, keep([found]))


def keep_lost(subscription: Subscription) -> None:
    """Keep that the provider no longer knows a subscription of ours; its status is left as it was."""
    with transaction.atomic(durable=True):
        write(subscription, keep([about(DiscrepancyKind.LOST, subscription, "")]))
