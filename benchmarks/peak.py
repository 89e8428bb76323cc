"""The first of the month: everybody renews, faster than the workers work. What piles up, and how long it
takes to be worked off: web and two workers, one machine, each gateway's answer after 50 ms."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from django.db import connection

from payment_subscriptions.models import Notice

from . import notices
from .figures import Figure
from .load import percentile, send
from .processes import gunicorn
from .processing import effects_of, forget, shop, take, until_idle, waits, workers

SUBSCRIBERS, SECONDS, WORKERS = 1500, 10, 2
DELAY = "0.05"


def run() -> Iterator[Figure]:
    references = take(shop(SUBSCRIBERS * 2), SUBSCRIBERS)
    forget()
    over, backlog = threading.Event(), Backlog()
    with gunicorn(BENCH_TASKS="nowhere") as (port, _pid), workers(WORKERS, BENCH_DELAY=DELAY):
        watching = threading.Thread(target=backlog.watch, args=(over,))
        watching.start()
        requests = [notices.stub(each) for each in references]
        sent = send(port, requests, every=SECONDS / SUBSCRIBERS)
        begun = time.perf_counter()
        until_idle(seconds=600)
        drained = time.perf_counter() - begun
        over.set()
        watching.join()
    yield Figure("peak", "notices in the burst", len(references))
    yield Figure("peak", "stored", sent.rate, "1/s")
    yield Figure("peak", "stored: p99", sent.percentile(99), "ms")
    yield Figure("peak", "most that waited at once", backlog.most)
    yield Figure("peak", "worked off after the burst in", drained, "s")
    yield Figure("peak", "worked by 2 workers", len(references) / (sent.seconds + drained), "1/s")
    yield Figure("peak", "receipt to effect, p99", percentile(waits(), 99), "s")
    done = effects_of(references)
    yield Figure("peak", "effects", done, "", f"exactly {len(references)}", done == len(references))


class Backlog:
    """The most notices that waited at one moment."""

    most = 0

    def watch(self, over: threading.Event) -> None:
        while not over.wait(0.25):
            self.most = max(self.most, Notice.objects.filter(state="received").count())
        connection.close()
