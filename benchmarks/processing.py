"""Notices worked to the end by worker processes: the gateway asked, the payment written, its event with it,
and the handler's own row.

The gateway is a stub in the worker's process, so that the figures are ours; the one that takes 100 ms a
question shows what a gateway's slowness costs. Rounds alternate with rounds of the bare limit.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from statistics import median

from django.db import connection

from payment_subscriptions.gateways.base import Received
from payment_subscriptions.inbox import store
from payment_subscriptions.models import Notice, Receipt

from . import notices, rows
from .figures import Figure, at_least, at_most
from .load import percentile, send
from .processes import cpu, gunicorn, running
from .store import Kind
from .stub_gateway import MONTH, RENEWED_AT

ROUNDS, EACH, SLOWLY = 3, 300, 20
LOAD_SECONDS = 10
COPIES = 100


def run() -> Iterator[Figure]:
    references = shop(5 * ROUNDS * EACH)
    with gunicorn(BENCH_TASKS="nowhere") as (port, pid):
        bare = Kind("bare", notices.bare, port, pid)
        bare.go(300)
        alone: list[tuple[float, float]] = []
        both: list[tuple[float, float]] = []
        for _round in range(ROUNDS):
            bare.rounds.append(bare.go(1000))
            alone.append(worked(1, take(references, EACH)))
            both.append(worked(2, take(references, EACH)))
        yield from throughput(bare, alone, both)
        slow, _cpu = worked(1, take(references, SLOWLY), BENCH_DELAY="0.1")
        yield Figure("processing", "by 1 worker, gateway answers after 100 ms", slow, "1/s")
        yield from under_load(port, references, median(rate for rate, _ in both) / 2)
        yield from copies(port, take(references, 1)[0])


def throughput(
    bare: Kind, alone: Sequence[tuple[float, float]], both: Sequence[tuple[float, float]]
) -> Iterator[Figure]:
    rate, cost = median(rate for rate, _ in alone), median(cost for _, cost in alone)
    two = median(rate for rate, _ in both)
    yield Figure("processing", "by 1 worker", rate, "1/s")
    yield Figure("processing", "by 2 workers", two, "1/s")
    yield Figure("processing", "2 workers against 1", two / rate, "×")
    yield Figure("processing", "bare: rate of one web worker", bare.rate / 2, "1/s")
    yield Figure("processing", "bare: CPU for one", bare.cpu * 1000, "ms")
    yield Figure("processing", "CPU of the worker for one", cost * 1000, "ms")
    yield at_most("processing", "CPU for one against bare", cost / bare.cpu, 4)
    yield at_least("processing", "rate of a worker against bare's", rate / (bare.rate / 2), 0.2)


def shop(size: int) -> list[str]:
    """Fill it, with nothing waiting and each first month as the stub tells it; the subscriptions that have
    a renewal to be told of."""
    rows.fill(size)
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE payment_subscriptions_notice, payment_subscriptions_receipt,"
            " payment_subscriptions_event"
        )
        cursor.execute(
            'UPDATE payment_subscriptions_payment SET "order" = %s, due_at = %s, paid_at = %s,'
            " period_start = %s, period_end = %s, status = 'paid'",
            ["", RENEWED_AT - MONTH, RENEWED_AT - MONTH, RENEWED_AT - MONTH, RENEWED_AT],
        )
        cursor.execute(
            "SELECT reference FROM payment_subscriptions_subscription WHERE provider = 'stub' ORDER BY id"
        )
        return [row[0] for row in cursor.fetchall()]


def take(references: list[str], number: int) -> list[str]:
    taken = references[-number:]
    del references[-number:]
    return taken


@contextmanager
def workers(number: int, **environment: str) -> Iterator[list[int]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(running("benchmarks.work", str(share), str(number), **environment))
            for share in range(number)
        ]


def worked(number: int, references: Sequence[str], **environment: str) -> tuple[float, float]:
    """Notices a second, and processor seconds of the workers for each."""
    with workers(number, **environment) as pids:
        warm = take_up(references[: 5 * number])
        until_idle()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        stored = take_up(references[5 * number :])
        before, begun = sum(map(cpu, pids)), time.perf_counter()
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        until_idle()
        seconds = time.perf_counter() - begun
        spent = sum(map(cpu, pids)) - before
    done = effects_of(references)
    if done != warm + stored:
        raise SystemExit(f"{warm + stored} notices had {done} effects")
    return stored / seconds, spent / stored


def take_up(references: Sequence[str]) -> int:
    for reference in references:
        token = f"{reference}:1"
        store("stub", Received(key=token, body=token))
    return len(references)


def is_idle() -> bool:
    undone = Notice.objects.filter(state="received").exists()
    return not undone and not Receipt.objects.filter(done_at=None, due_at__isnull=False).exists()


def until_idle(seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not is_idle():
        if time.monotonic() > deadline:
            raise SystemExit("The workers did not finish")
        time.sleep(0.01)


def effects_of(references: Sequence[str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM bench_effect JOIN payment_subscriptions_subscription AS it"
            " ON it.id = bench_effect.subscription WHERE it.reference = ANY(%s)",
            [list(references)],
        )
        return int(cursor.fetchone()[0])


def waits() -> list[float]:
    """Seconds from the receipt of each notice to the handler's effect."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM effect.at - notice.received_at) FROM bench_effect AS effect"
            " JOIN payment_subscriptions_notice AS notice ON notice.subscription_id = effect.subscription"
        )
        return [float(row[0]) for row in cursor.fetchall()]


def forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_effect, payment_subscriptions_notice")


def under_load(port: int, references: list[str], rate: float) -> Iterator[Figure]:
    """Web and two workers at once, at half of what the workers can."""
    number = int(rate * LOAD_SECONDS)
    with workers(2):
        take_up(take(references, 10))  # until both have started
        until_idle()
        forget()
        send(port, [notices.stub(each) for each in take(references, number)], every=1 / rate)
        until_idle()
    found = waits()
    yield Figure("processing", "under load: notices", rate, "1/s")
    yield Figure("processing", "under load: receipt to effect, p50", percentile(found, 50) * 1000, "ms")
    yield Figure("processing", "under load: receipt to effect, p99", percentile(found, 99) * 1000, "ms")


def copies(port: int, reference: str) -> Iterator[Figure]:
    """The same notice a hundred times at once, and again when it has long been worked."""
    forget()
    request = notices.stub(reference)
    with workers(2):
        for _time in range(2):
            send(port, [request] * COPIES)
            until_idle()
    arrivals = Notice.objects.get().arrivals
    found = effects_of([reference])
    name = f"effects of {arrivals} copies of a notice"
    yield Figure("processing", name, found, "", "exactly 1", found == 1)
