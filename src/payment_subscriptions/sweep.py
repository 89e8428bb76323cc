"""Find what is due and have it done: the normal path of everything that nobody calls for.

A renewal whose notice never came, an attempt in doubt, a process that was killed, a handler that
failed. Two sweeps at once do no harm: each piece of work is claimed by the one that does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from . import dispatch
from .models import Checkout, Notice, Receipt, Refund, Subscription
from .pruning import prune


@dataclass(frozen=True)
class Swept:
    """How much was found due."""

    notices: int
    checkouts: int
    subscriptions: int
    refunds: int
    receipts: int
    pruned: int = 0

    @property
    def total(self) -> int:
        """What was due: what is pruned is not work that anybody waits for."""
        return self.notices + self.checkouts + self.subscriptions + self.refunds + self.receipts


def sweep(limit: int = 1000) -> Swept:
    """Dispatch what is due, oldest first, at most ``limit`` of each kind."""
    return Swept(
        notices=_each("process_notice", Notice.objects.due(), limit),
        checkouts=_each("go_on_with_checkout", Checkout.objects.due(), limit),
        subscriptions=_each(
            "sync_due_subscription", Subscription.objects.due_for_sync(), limit, "next_sync_at"
        ),
        refunds=_each("go_on_with_refund", Refund.objects.due(), limit),
        receipts=_each("deliver", Receipt.objects.due(), limit),
        pruned=prune(limit),
    )


def _each(task: str, queryset: QuerySet[Any], limit: int, order: str = "due_at") -> int:
    due = list(queryset.order_by(order).values_list("pk", flat=True)[:limit])
    for pk in due:
        dispatch.run(task, pk)
    return len(due)
