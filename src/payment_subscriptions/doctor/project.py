"""What is the project's own: its database, its settings, and whether the machinery is at work."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.checks import ERROR, CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router
from django.db.migrations.executor import MigrationExecutor
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import clock, conf, dispatch
from ..checks import check_settings
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..lifecycle import RefundStatus
from ..models import Checkout, Heartbeat, Notice, Receipt, Refund, Subscription
from ..plans import catalogue
from .findings import Area, Because, Code, Examined, Severity

APP = "payment_subscriptions"
MACHINERY = (Area.SWEEP, Area.BACKLOG, Area.GIVEN_UP, Area.DOUBT)
#: The sweep is to run each minute: so long without one that came to its end is too long.
SWEEP_WITHIN = timedelta(minutes=10)
#: What is due is done within a minute or two; so long after that it is a backlog.
BACKLOG_AFTER = timedelta(minutes=15)
#: The most that a doubt takes by itself is ten minutes and a few questions; one so old waits for something.
DOUBT_SHOULD_END = timedelta(hours=1)
#: So many of what is counted are named.
SOME = 5
#: How many seconds a worker is given to take a task, and how often it is looked for.
WORKER_SECONDS = 10.0
LOOK_EVERY = 0.2


class ProjectExam:
    def __init__(self) -> None:
        self.examined = Examined()

    @property
    def no_rows(self) -> Because | None:
        """Why our tables cannot be read, None where they can."""
        if self.examined.is_wrong(Area.DATABASE):
            return Because.DATABASE
        return None if settings.USE_TZ else Because.SETTINGS

    def database(self) -> None:
        connection = connections[router.db_for_write(Notice)]
        self.examined.see(Area.DATABASE)
        try:
            executor = MigrationExecutor(connection)
            targets = [key for key in executor.loader.graph.leaf_nodes() if key[0] == APP]
            missing = [migration for migration, _back in executor.migration_plan(targets)]
        except DatabaseError as error:
            self.examined.find(Code.DATABASE_UNREACHABLE, [type(error).__name__])
            return
        ours = [f"{each.app_label}.{each.name}" for each in missing if each.app_label == APP]
        if ours:
            self.examined.find(Code.MIGRATIONS_MISSING, ours)

    def can_work(self) -> bool:
        """Whether the settings can be read at all. Where not, that is told, and nothing else can be."""
        try:
            if isinstance(conf.get("GATEWAYS"), dict) and clock.now():
                return True
        except (ConfigurationError, ImportError):
            pass
        self._settings(set())
        self.examined.leave(Because.SETTINGS, *MACHINERY, Area.KEYS)
        return False

    def rest(self, told: Iterable[str]) -> None:
        """Settings, but for the messages that an account has ``told`` already; then the machinery."""
        self._settings(set(told))
        self._times()
        if self.no_rows:
            self.examined.leave(self.no_rows, *MACHINERY)
            return
        self._sweep()
        self._workers()
        self._backlog()
        self._given_up()
        self._doubt()

    def _settings(self, told: set[str]) -> None:
        self.examined.see(Area.SETTINGS)
        messages = check_settings()
        tell_messages(self.examined, [each for each in messages if each.msg not in told])
        if not messages and not _sells():
            self.examined.find(Code.NOTHING_SOLD)

    def _times(self) -> None:
        self.examined.see(Area.TIME_ZONE)
        if not settings.USE_TZ:
            self.examined.find(Code.NAIVE_TIMES)

    def _sweep(self) -> None:
        self.examined.see(Area.SWEEP)
        last = Heartbeat.objects.last_beat("sweep")
        if last is None:
            self.examined.find(Code.SWEEP_NOT_RUNNING, [_("none has ever come to its end")])
        elif timezone.now() - last > SWEEP_WITHIN:
            self.examined.find(
                Code.SWEEP_NOT_RUNNING, [_("the last one: %(moment)s") % {"moment": told(last)}]
            )

    def _workers(self) -> None:
        """A task that does nothing is given to them, and looked for."""
        if dispatch.is_inline():
            return
        try:
            dispatch.backend()
        except ImproperlyConfigured:  # the settings' own check says so
            self.examined.leave(Because.SETTINGS, Area.WORKERS)
            return
        self.examined.see(Area.WORKERS)
        before = Heartbeat.objects.last_beat("workers")
        if not dispatch.give("beat"):
            self.examined.find(Code.QUEUE_DOWN)
        elif not _is_changed(before):
            self.examined.find(
                Code.WORKERS_SILENT, [_("waited %(n)s seconds") % {"n": round(WORKER_SECONDS)}]
            )

    def _backlog(self) -> None:
        """Not where nobody is there to do it: that has been told."""
        if self.examined.is_wrong(Area.SWEEP):
            self.examined.leave(Because.SWEEP, Area.BACKLOG)
            return
        if self.examined.is_wrong(Area.WORKERS):
            self.examined.leave(Because.WORKERS, Area.BACKLOG)
            return
        self.examined.see(Area.BACKLOG)
        long_ago = clock.now() - BACKLOG_AFTER
        found = [f"{noun}: {n}" for noun, rows in _due(long_ago) if (n := rows.count())]
        if found:
            self.examined.find(Code.BACKLOG, found)

    def _given_up(self) -> None:
        self.examined.see(Area.GIVEN_UP)
        dead = Notice.objects.dead()
        if number := dead.count():
            oldest = dead.order_by("received_at").values_list("received_at", flat=True)[0]
            some = dead.order_by("-pk")[:SOME].values_list("pk", "provider", "error")
            names = [f"{pk} {provider}: {error}" for pk, provider, error in some]
            self.examined.find(Code.NOTICES_DEAD, [_counted(number, oldest), *names])
        lost = Receipt.objects.filter(done_at__isnull=True, due_at__isnull=True)
        if number := lost.count():
            names = sorted(set(lost.values_list("handler", flat=True)[:100]))
            self.examined.find(
                Code.HANDLERS_DEAD, [_("%(n)s, of: %(names)s") % {"n": number, "names": ", ".join(names)}]
            )

    def _doubt(self) -> None:
        self.examined.see(Area.DOUBT)
        details, oldest = [], clock.now()
        for noun, rows in (
            (_("attempts"), Checkout.objects.in_doubt()),
            (_("refunds"), Refund.objects.filter(status=RefundStatus.IN_DOUBT)),
        ):
            first = rows.order_by("in_doubt_since").values_list("in_doubt_since", flat=True).first()
            if first:
                details.append(f"{noun}: {_counted(rows.count(), first)}")
                some = rows.order_by("in_doubt_since")[:SOME].values_list("provider", "order")
                details += [f"{provider} {order}" for provider, order in some]
                oldest = min(oldest, first)
        if details:
            is_old = clock.now() - oldest > DOUBT_SHOULD_END
            self.examined.find(Code.IN_DOUBT, details, severity=Severity.ERROR if is_old else None)


def tell_messages(examined: Examined, messages: Iterable[CheckMessage]) -> None:
    """What the system checks say: errors as one finding, the rest as another."""
    heard = [message for message in messages if not message.is_silenced()]
    for severity in Severity:
        said = [each for each in heard if (each.level >= ERROR) == (severity == Severity.ERROR)]
        if said:
            examined.find(Code.SETTINGS, [_as_detail(each) for each in said], severity=severity)


def _as_detail(message: CheckMessage) -> str:
    return " ".join(str(part) for part in (message.msg, message.hint) if part)


def _sells() -> bool:
    return bool(list(gateways) and catalogue().prices())


def _is_changed(before: datetime | None) -> bool:
    """Whether a worker has given a sign within the time that it has."""
    ends_at = time.monotonic() + WORKER_SECONDS
    while Heartbeat.objects.last_beat("workers") == before:
        if time.monotonic() >= ends_at:
            return False
        time.sleep(LOOK_EVERY)
    return True


def _due(moment: datetime) -> Iterator[tuple[str, QuerySet[Any]]]:
    yield _("notices"), Notice.objects.due().filter(due_at__lte=moment)
    yield _("attempts"), Checkout.objects.due().filter(due_at__lte=moment)
    yield _("subscriptions"), Subscription.objects.due_for_sync().filter(next_sync_at__lte=moment)
    yield _("refunds"), Refund.objects.due().filter(due_at__lte=moment)
    yield _("event handlers"), Receipt.objects.due().filter(due_at__lte=moment)


def _counted(number: int, oldest: datetime) -> str:
    return _("%(n)s, the oldest of %(moment)s") % {"n": number, "moment": told(oldest)}


def told(moment: datetime) -> str:
    """To the minute, in TIME_ZONE."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return f"{local:%Y-%m-%d %H:%M}"
