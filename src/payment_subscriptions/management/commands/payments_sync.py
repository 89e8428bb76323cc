from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from ... import verbs
from ...models import Subscription
from ..errors import told_plainly


class Command(BaseCommand):
    help = "Ask the provider about one subscription and record what it says."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="its public id, or the provider's reference")

    def handle(self, *args: Any, **options: Any) -> None:
        subscription = one(options["name"])
        if not subscription.reference:
            raise CommandError("The provider does not have it yet: its payer has not finished.")
        asked = subscription.synced_at
        with told_plainly():
            subscription = verbs.sync(subscription)
        if subscription.synced_at == asked:
            raise CommandError("The provider no longer knows it. Its row is left as it was.")
        until = subscription.access_until
        self.stdout.write(
            f"{subscription.public_id}: {subscription.status}, "
            f"access until {until.isoformat() if until else 'never'}."
        )


def one(name: str) -> Subscription:
    """Raises CommandError where there is none, or more than one."""
    wanted = Q(reference=name)
    with suppress(ValueError):
        wanted |= Q(public_id=UUID(name))
    found = list(Subscription.objects.filter(wanted)[:20])
    if not found:
        raise CommandError(f"No subscription has {name!r} as its public id or reference.")
    if len(found) > 1:
        ids = ", ".join(f"{row.public_id} ({row.provider}, {row.mode})" for row in found)
        raise CommandError(f"{len(found)} subscriptions have that reference; give a public id: {ids}.")
    return found[0]
