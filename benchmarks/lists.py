"""Every list of the admin, with each of its filters and searches, and every query of the sweep: what a
million rows cost against a thousand, and OFFSET beside the key that a page begins at."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import setup_test_environment
from django.urls import reverse

from payment_subscriptions.admin.keyset import AFTER, written
from payment_subscriptions.models import Checkout, Notice, Payment, Receipt, Refund, Subscription

from . import rows
from .figures import Figure, at_most

SMALL, LARGE = 1_000, 1_000_000
TIMES = 9
PAGES = 10_000


def run() -> Iterator[Figure]:
    setup_test_environment()  # so that an answer tells its list
    User.objects.get_or_create(username="staff", is_staff=True, is_superuser=True)
    rows.fill(SMALL)
    small = costs(SMALL)
    begun = time.perf_counter()
    rows.fill(LARGE)
    yield Figure("lists", "making a million subscriptions", time.perf_counter() - begun, "s")
    large = costs(LARGE)
    for name in large:
        yield Figure("lists", f"{name}: at a million", large[name] * 1000, "ms")
        yield at_most("lists", f"{name}: a million against a thousand", large[name] / small[name], 2)
    yield from offsets()
    for table, size in rows.bytes_of().items():
        yield Figure("lists", f"bytes of a {table}, indexes and all", size / LARGE)


def costs(size: int) -> dict[str, float]:
    """Seconds in the database, by what is asked."""
    client = Client()
    client.force_login(User.objects.get(username="staff"))
    found = {f"admin {name}": cost(asked) for name, asked in pages(client, size)}
    return found | {f"sweep {name}": cost(asked) for name, asked in sweeps()}


def cost(ask: Callable[[], object]) -> float:
    """The median of several times, the first ones not counted."""
    spent = []
    for _time in range(TIMES + 2):
        with timed() as seconds:
            ask()
        spent.append(sum(seconds))
    return median(spent[2:])


@contextmanager
def timed() -> Iterator[list[float]]:
    seconds: list[float] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            seconds.append(time.perf_counter() - begun)

    with connection.execute_wrapper(wrapper):
        yield seconds


def pages(client: Client, size: int) -> Iterator[tuple[str, Callable[[], object]]]:
    for name, address in addresses(client, size):
        yield name, lambda address=address: got(client, address)  # type: ignore[misc]


def got(client: Client, address: str) -> Any:
    answer = client.get(address)
    if answer.status_code != 200:
        raise SystemExit(f"{address} was answered {answer.status_code}")
    return answer


def addresses(client: Client, size: int) -> Iterator[tuple[str, str]]:
    """Each list as it opens, in its middle, by each choice of each filter, and by a search."""
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label != "payment_subscriptions":
            continue
        noun = str(model._meta.model_name)
        home = reverse(f"admin:payment_subscriptions_{noun}_changelist")
        yield noun, home
        changelist = got(client, home).context["cl"]
        yield f"{noun} in its middle", f"{home}?{urlencode({AFTER: middle(changelist, home)})}"
        for spec in changelist.filter_specs:
            for choice in list(spec.choices(changelist))[1:5]:
                yield f"{noun} by {spec.title} {choice['display']}", home + choice["query_string"]
        if model_admin.search_fields:
            yield f"{noun} by a search", f"{home}?{urlencode({'q': sought(noun, size // 2)})}"


def middle(changelist: Any, home: str) -> str:
    """The place of a row in the middle of the list."""
    ordering = changelist.get_ordering(RequestFactory().get(home), changelist.queryset)
    names = [name.removeprefix("-") for name in ordering]
    queryset = changelist.root_queryset.order_by()
    pk = (queryset.order_by("pk").first().pk + queryset.order_by("-pk").first().pk) // 2
    place: tuple[Any, ...] = queryset.filter(pk__lte=pk).order_by("-pk").values_list(*names)[0]
    return written(place)


def sought(noun: str, number: int) -> str:
    return {"notice": f"token-{number}", "customer": f"C{number}", "refund": f"R{number}"}.get(
        noun, f"order-{number}"
    )


def sweeps() -> Iterator[tuple[str, Callable[[], object]]]:
    """As sweep.py asks."""
    due = {
        "notices": Notice.objects.due().order_by("due_at"),
        "checkouts": Checkout.objects.due().order_by("due_at"),
        "subscriptions": Subscription.objects.due_for_sync().order_by("next_sync_at"),
        "refunds": Refund.objects.due().order_by("due_at"),
        "receipts": Receipt.objects.due().order_by("due_at"),
    }
    for name, queryset in due.items():
        yield name, lambda queryset=queryset: list(queryset.values_list("pk", flat=True)[:1000])  # type: ignore[misc]


def offsets() -> Iterator[Figure]:
    """What the pages of Django's own list would cost, ten thousand of them deep, and ours."""
    rows_before = PAGES * 50
    payments = Payment.objects.order_by("-pk")
    key = payments[rows_before].pk
    asked: dict[str, Callable[[], object]] = {
        "OFFSET": lambda: list(payments[rows_before : rows_before + 50]),
        "a key": lambda: list(payments.filter(pk__lt=key)[:50]),
        "COUNT": payments.count,
    }
    for name, ask in asked.items():
        yield Figure("lists", f"payments, {PAGES} pages deep, by {name}", cost(ask) * 1000, "ms")
