"""A run: renewals of which notices come, some of them several times, and what was left of it all."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from django.db import connection
from django_tasks_db.models import DBTaskResult

from benchmarks import notices, processing
from benchmarks.load import send
from benchmarks.processes import gunicorn
from benchmarks.stub_gateway import RENEWED_AT
from payment_subscriptions.models import (
    Checkout,
    Discrepancy,
    Event,
    Notice,
    Payment,
    Receipt,
    Refund,
    Subscription,
)

from .crew import at_work
from .site import LETTERS

# One in so many notices comes again: at once, and some time later.
COPIED = 5
# One in so many subscriptions is past due until its renewal is known; for one the sweep asks by itself.
PAST_DUE, ASKED = 10, 7
# Seconds in which something must be done, beside those that the run has taken, or it is given up.
PATIENCE = 60
# Notices a second: what comes faster only waits.
RATE = 100


Task: TypeAlias = DBTaskResult[Any, Any]


@dataclass(frozen=True)
class Outcome:
    """What a run came to. ``tasks``: of the queue, by their status; ``taken_up``: of those that a killed
    worker left as running for good, how many were done by another one; ``wrong``: what is not as it must be.
    """

    notices: int
    posted: int
    killed: int
    sweeps: int
    seconds: float
    tasks: dict[str, int]
    taken_up: int
    letters: int
    written_again: int
    wrong: tuple[str, ...]


def run(number: int, seed: int, folder: Path) -> Outcome:
    """Renew so many subscriptions while workers are killed, in a database of its own."""
    chance = random.Random(seed)
    written = folder / "letters"
    written.touch()
    os.environ[LETTERS] = str(written)
    references = shop(number)
    requests = posts(references, chance)
    begun = time.monotonic()
    with gunicorn() as (port, _pid), at_work(chance) as crew:
        sent = send(port, requests, every=1 / RATE)
        wait_until_done(begun)
    letters = written.read_text().splitlines()
    stuck = list(DBTaskResult.objects.running())
    wrong = [*crew.complaints, *([f"{sent.failures} notices were not answered 200"] if sent.failures else [])]
    return Outcome(
        notices=number,
        posted=len(requests),
        killed=crew.killed,
        sweeps=crew.sweeps,
        seconds=time.monotonic() - begun,
        tasks=dict(Counter(DBTaskResult.objects.values_list("status", flat=True))),
        taken_up=taken_up(stuck),
        letters=len(letters),
        written_again=len(letters) - len(set(letters)),
        wrong=(*wrong, *wrong_with(references, letters, len(requests), crew.killed, stuck)),
    )


def shop(number: int) -> list[str]:
    """So many subscriptions of the stub's, each with one payment and one to be told of."""
    processing.shop(2 * number + 10)
    for model in (Discrepancy, Refund, Checkout):
        model.objects.all().delete()
    stubs = Subscription.objects.filter(provider="stub").order_by("pk")
    references = list(stubs.values_list("reference", flat=True)[:number])
    Payment.objects.exclude(subscription__reference__in=references).delete()
    Subscription.objects.exclude(reference__in=references).delete()
    Subscription.objects.update(next_sync_at=None)
    Subscription.objects.filter(reference__in=references[::ASKED]).update(next_sync_at=RENEWED_AT)
    Subscription.objects.filter(reference__in=references[::PAST_DUE]).update(status="past_due")
    return [str(reference) for reference in references]


def posts(references: Sequence[str], chance: random.Random) -> list[bytes]:
    """A notice of each renewal; of some copies beside it, and one anywhere behind it."""
    requests: list[bytes] = []
    late: list[bytes] = []
    for reference in references:
        request = notices.stub(reference)
        requests.append(request)
        if chance.randrange(COPIED) == 0:
            requests += [request] * chance.randint(1, 3)
            late.append(request)
    for request in late:
        requests.insert(chance.randint(requests.index(request) + 1, len(requests)), request)
    return requests


def wait_until_done(begun: float) -> None:
    """Until nothing is left, or nothing has been done for so long that nothing will be: what is given again
    is given at twice its age at the latest."""
    done, since = -1, time.monotonic()
    while left() and time.monotonic() - since < PATIENCE + (since - begun):
        time.sleep(0.2)
        if (found := worked() if rows_left() else DBTaskResult.objects.finished().count()) != done:
            done, since = found, time.monotonic()


def left() -> int:
    """How much is still to be done: rows, and tasks in the queue."""
    return rows_left() + DBTaskResult.objects.filter(status="READY").count()


def rows_left() -> int:
    undone = Notice.objects.filter(state__in=("received", "dead")).count()
    owed = Receipt.objects.filter(done_at=None).count()
    return undone + owed + Subscription.objects.due_for_sync().count()


def worked() -> int:
    notices_done = Notice.objects.filter(state="done").count()
    return notices_done + Receipt.objects.filter(done_at__isnull=False).count()


def wrong_with(
    references: Sequence[str], letters: Sequence[str], posted: int, killed: int, stuck: Sequence[Task]
) -> list[str]:
    """In words, what is not as it must be after a run."""
    number, late = len(references), len(references[::PAST_DUE])
    events = Counter(Event.objects.values_list("name", flat=True))
    paid = dict(Event.objects.filter(name="payment.paid").values_list("pk", "payload__payment"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT event FROM bench_effect ORDER BY event")
        effects = [row[0] for row in cursor.fetchall()]
    found = {
        "left over": (left(), 0),
        "notices": (Notice.objects.filter(state="done").count(), number),
        "arrivals": (sum(Notice.objects.values_list("arrivals", flat=True)), posted),
        "payments": (Payment.objects.filter(status="paid").count(), 2 * number),
        "payments of all": (Payment.objects.count(), 2 * number),
        "discrepancies": (Discrepancy.objects.count(), 0),
        "events": (dict(events), {"payment.paid": number, "subscription.recovered": late}),
        "payments told of once": (len(set(paid.values())), number),
        "receipts": (Receipt.objects.filter(done_at__isnull=False).count(), 2 * number),
        "effects in this database": (effects, sorted(paid)),
        "letters": (set(letters), {f"{event} {payment}" for event, payment in paid.items()}),
    }
    wrong = [f"{name}: {shown(is_)}, not {shown(must)}" for name, (is_, must) in found.items() if is_ != must]
    if len(stuck) > killed:
        wrong.append(f"{len(stuck)} tasks stand as running, but {killed} workers were killed")
    return wrong


def taken_up(stuck: Sequence[Task]) -> int:
    """Of how many tasks that died with their worker the work was done by another task."""
    return sum(
        DBTaskResult.objects.successful()
        .filter(task_path=task.task_path, args_kwargs=task.args_kwargs, finished_at__gt=task.started_at)
        .exists()
        for task in stuck
    )


def shown(what: object) -> str:
    return str(what) if len(str(what)) < 200 else f"{str(what)[:200]}…"
