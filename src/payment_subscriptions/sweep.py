"""Find what is due and have it done: the normal path of everything that nobody calls for.

A renewal whose notice never came, an attempt in doubt, a process that was killed, a handler that
failed. Two sweeps at once do no harm: each piece of work is claimed by the one that does it.

Where workers do it, what is due is given to them once and then waits in their queue: it is given again
only when it has come due anew, or when nobody has begun it for so long that it must have been lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.lookups import LessThanOrEqual

from . import conf, dispatch
from .clock import now
from .models import Checkout, Heartbeat, Notice, Receipt, Refund, Subscription
from .pruning import prune
from .reminders import remind


@dataclass(frozen=True)
class Swept:
    """How much was found due; with workers, how much of it was theirs to be given now."""

    notices: int
    checkouts: int
    subscriptions: int
    refunds: int
    receipts: int
    reminders: int = 0
    pruned: int = 0

    @property
    def total(self) -> int:
        """What was due: what is pruned is not work that anybody waits for."""
        work = self.notices + self.checkouts + self.subscriptions + self.refunds
        return work + self.reminders + self.receipts


def sweep(limit: int = 1000) -> Swept:
    """Dispatch what is due, oldest first, at most ``limit`` of each kind."""
    each = _do if dispatch.is_inline() else _give
    swept = Swept(
        notices=each("process_notice", Notice.objects.due(), limit),
        checkouts=each("go_on_with_checkout", Checkout.objects.due(), limit),
        subscriptions=each(
            "sync_due_subscription", Subscription.objects.due_for_sync(), limit, "next_sync_at"
        ),
        refunds=each("go_on_with_refund", Refund.objects.due(), limit),
        reminders=remind(limit),  # by what has just been asked
        receipts=each("deliver", Receipt.objects.due(), limit),
        pruned=prune(limit),
    )
    Heartbeat.objects.beat("sweep")  # of one that was killed, or failed, nothing tells
    return swept


def _do(task: str, queryset: QuerySet[Any], limit: int, order: str = "due_at") -> int:
    due = list(queryset.order_by(order).values_list("pk", flat=True)[:limit])
    for pk in due:
        dispatch.run(task, pk)
    return len(due)


def _give(task: str, queryset: QuerySet[Any], limit: int, order: str = "due_at") -> int:
    """To the workers; as soon as their queue is down, the rest stays to be given."""
    taken = _take(unswept(queryset, order).order_by(order), limit)
    for number, pk in enumerate(taken):
        if not dispatch.give(task, pk):
            queryset.model.objects.filter(pk__in=taken[number:]).update(swept_at=None)
            break
    return len(taken)


def _take(queryset: QuerySet[Any], limit: int) -> list[int]:
    """Their keys, marked as given in the same transaction: of two sweeps at once one has each."""
    skips = connection.features.has_select_for_update_skip_locked
    with transaction.atomic(durable=True):
        free = queryset.select_for_update(skip_locked=skips)
        taken = list(free.values_list("pk", flat=True)[:limit])
        if taken:
            queryset.model.objects.filter(pk__in=taken).update(swept_at=now())
    return taken


def unswept(queryset: QuerySet[Any], order: str = "due_at") -> QuerySet[Any]:
    """Without what has been given to the workers since it came due, and may still wait for its turn there.

    How long it may wait doubles with each time that it is given, so that workers who lag do not drown in
    what they have already.
    """
    moment = now()
    long_ago = Q(swept_at__lte=moment - timedelta(seconds=conf.get("REQUEUE_SECONDS")))
    twice_as_late = LessThanOrEqual(F("swept_at") - F(order), Value(moment) - F("swept_at"))
    lost = long_ago & Q(twice_as_late)
    return queryset.filter(Q(swept_at__isnull=True) | Q(swept_at__lt=F(order)) | lost)
