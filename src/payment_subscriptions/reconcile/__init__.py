"""Compare the accounts at the gateways with our rows, both ways; say it in people and money; repair.

``reconcile(dry_run=True)`` writes nothing, to no database, and needs no row of ours: it also audits an
account that this project has never heard of. Otherwise what differs is asked about once more and recorded
as any notice would be; nothing is ever moved, cancelled or given back at a provider.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db import connections

from .. import recording, verbs
from ..clock import now
from ..exceptions import Busy, ConfigurationError, GatewayError
from ..gateways import gateways
from ..gateways.base import Gateway
from ..models import Subscription
from ..transactions import refuse_inside_one
from .comparing import Comparison
from .findings import Account, Cause, Finding, Kind, Line, Others, Outcome, Report
from .notebook import BATCH, Notebook, Payment
from .orphans import Orphan, Orphans, name_of

__all__ = [
    "SINCE",
    "Account",
    "Cause",
    "Finding",
    "Kind",
    "Line",
    "Others",
    "Outcome",
    "Report",
    "Stage",
    "WroteSomething",
    "reconcile",
]

T = TypeVar("T")
#: A little more than a month: every monthly charge is in it once.
SINCE = timedelta(days=35)
#: Told as it goes on: the account, what is being done, how much of it, and of how many (0: nobody knows).
Stage = Callable[[str, str, int, int], None]


class WroteSomething(RuntimeError):
    """A comparison that was to write nothing was about to: it is stopped before it does."""


def reconcile(
    providers: Iterable[str] = (),
    *,
    since: datetime | None = None,
    dry_run: bool = False,
    progress: Stage = lambda provider, stage, done, of: None,
) -> Report:
    """Compare each of those accounts, all by default. ``since``: charges from then on, ``SINCE`` ago by
    default; subscriptions and customers are compared whatever their age.

    An account that cannot be listed to its end is not compared at all, and the report says why. Raises
    ConfigurationError for a provider that is not in GATEWAYS.
    """
    refuse_inside_one()
    report = Report(since or now() - SINCE, dry_run)
    chosen = [gateways[alias] for alias in providers] or gateways.all()
    with reading_only() if dry_run else ExitStack():
        for gateway in chosen:
            _Run(gateway, report, progress).go()
    order = list(Kind)
    report.findings.sort(key=lambda found: order.index(found.kind))
    return report


@contextmanager
def reading_only() -> Iterator[None]:
    """Whatever would write to any database raises WroteSomething instead."""

    def look(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if not str(sql).lstrip("( \n").upper().startswith("SELECT"):
            raise WroteSomething(f"This was to write nothing: {str(sql)[:80]}")
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(look))
        yield


class _Run:
    """One account."""

    def __init__(self, gateway: Gateway, report: Report, progress: Stage) -> None:
        self.gateway = gateway
        self.report = report
        self.account = Account(gateway.alias, gateway.mode)
        self._progress = progress
        report.accounts.append(self.account)

    def go(self) -> None:
        if not self.gateway.lists:
            self.account.reason = "cannot list"
            return
        listed = Notebook()
        try:
            self._read(listed)
            self._compare(listed)
        except (GatewayError, ConfigurationError, Busy) as error:
            self.account.reason = str(error)
        finally:
            listed.close()

    def tell(self, stage: str, done: int, of: int = 0) -> None:
        self._progress(self.account.provider, stage, done, of)

    def _read(self, listed: Notebook) -> None:
        """All of it, before anything is compared: half a list would tell of things as gone that are there."""
        rows = Subscription.objects.filter(provider=self.gateway.alias, mode=self.gateway.mode)
        self.account.rows = rows.count()
        self._note("customers", self.gateway.list_customers(), listed.add_customers)
        self._note("subscriptions", self.gateway.list_subscriptions(), listed.add_subscriptions)
        self._note("payments", self.gateway.list_payments(self.report.since), listed.add_payments)
        for name in ("customers", "subscriptions", "payments"):
            setattr(self.account, name, listed.count(name[:-1]))

    def _note(self, stage: str, listed: Iterator[T], add: Callable[[Sequence[T]], None]) -> None:
        done = 0
        while batch := list(islice(listed, BATCH)):
            add(batch)
            done += len(batch)
            self.tell(stage, done, self.account.rows if stage == "subscriptions" else 0)

    def _compare(self, listed: Notebook) -> None:
        comparison = Comparison(self.gateway, listed, self.report.since)
        suspects = comparison.suspects()
        orphans = self._orphans = Orphans(comparison, self.account.others)
        found = [*orphans.doubles(), *orphans.customers()]
        self.report.findings += [each if self.report.dry_run else each.left() for each in found]
        for done, orphan in enumerate([*orphans.subscriptions(), *orphans.payments()], 1):
            self.tell("orphans", done)
            self.report.findings += self._settled(orphan)
        for done, pk in enumerate(sorted(suspects.pks), 1):
            self.tell("rows that differ", done, len(suspects.pks))
            self.report.findings += self._differences(comparison, pk, frozenset(suspects.unseen.get(pk, ())))

    def _differences(self, comparison: Comparison, pk: int, unseen: frozenset[str]) -> list[Finding]:
        try:
            found = comparison.differences(pk, unseen)
        except (GatewayError, ConfigurationError, Busy):
            self.account.unanswered.append(str(Subscription.objects.get(pk=pk).public_id))
            return []
        if self.report.dry_run or not found:
            return found
        return self._told(found, Subscription.objects.get(pk=pk))

    def _told(self, found: Iterable[Finding], row: Subscription) -> list[Finding]:
        """After it was asked about once more, and recorded."""
        try:
            verbs.sync(row)
        except (GatewayError, ConfigurationError, Busy):
            return [each.left() for each in found]
        return [each.repaired() for each in found]

    def _settled(self, orphan: Orphan) -> list[Finding]:
        """What is provably ours is tied to its row; money for what is not is kept for a person."""
        if self.report.dry_run:
            return list(orphan.findings)
        if orphan.row is not None:
            row = Subscription.objects.get(pk=orphan.row)
            try:
                recording.adopt(row, orphan.reference)
            except recording.Stale:  # somebody has just found it
                return [each.left() for each in orphan.findings]
            return self._told(orphan.findings, row)
        known = set(self._orphans.kept(orphan.paid).values_list("detail__order", flat=True))
        for paid in orphan.paid:
            if name_of(paid) not in known:
                self._keep(paid)
        return [each.left() for each in orphan.findings]

    def _keep(self, paid: Payment) -> None:
        money = paid.paid
        recording.keep_foreign_payment(
            *(self.gateway.alias, self.gateway.mode, paid.reference, name_of(paid)),
            amount=money.amount,
            currency=money.currency.code,
        )
