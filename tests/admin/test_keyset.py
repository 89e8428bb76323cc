"""Pages of a list that begin beside a row: none left out, none twice, nothing counted, an index each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from payment_subscriptions.admin.filters import FEW
from payment_subscriptions.clock import now
from payment_subscriptions.models import (
    Checkout,
    Customer,
    Discrepancy,
    Event,
    Notice,
    Payment,
    Receipt,
    Refund,
    Subscription,
)
from payment_subscriptions.sweep import unswept

from .conftest import Login

NOUNS = [model for model in admin.site._registry if model._meta.app_label == "payment_subscriptions"]
RARE = 40


def home(model: Any) -> str:
    return reverse(f"admin:payment_subscriptions_{model._meta.model_name}_changelist")


def shop(size: int) -> None:
    """One of everything for each of so many payers; one in forty is another's, or in trouble. Payers come
    in fives, at one moment."""
    moment = now().replace(microsecond=0)
    odd = [n % RARE == 0 for n in range(size)]
    account = [{"provider": "flow" if o else "dummy", "mode": "real" if o else "sandbox"} for o in odd]
    money = {"amount": 9990, "currency": "CLP"}
    at = [moment - timedelta(minutes=n // 5) for n in range(size)]
    customers = Customer.objects.bulk_create(
        Customer(
            payer_key=f"user:{n}", reference=f"C{n}", email=f"p{n}@mail.example",
            card_expires=moment.date() + timedelta(days=9 if odd[n] else 900), **account[n],
        )
        for n in range(size)
    )  # fmt: skip
    subscriptions = Subscription.objects.bulk_create(
        Subscription(
            customer=customers[n], payer_key=f"user:{n}", email=f"p{n}@mail.example", reference=f"S{n}",
            plan="basic" if odd[n] else "pro", price_key="pro_monthly_v1", frequency="monthly",
            strategy="page",
            status="past_due" if odd[n] else "active", created_at=at[n], slot_key=f"user:{n}",
            next_sync_at=moment + timedelta(days=-1 if odd[n] else 9),
            past_due_since=moment - timedelta(days=5) if odd[n] else None,
            trial_end=moment + timedelta(days=2 if odd[n] else -30), trial_told=not odd[n],
            **money, **account[n],
        )
        for n in range(size)
    )  # fmt: skip
    Checkout.objects.bulk_create(
        Checkout(
            subscription=subscriptions[n], customer=customers[n], strategy="page", price_key="pro_monthly_v1",
            status="open" if odd[n] else "done", due_at=moment if odd[n] else None, **account[n],
        )
        for n in range(size)
    )  # fmt: skip
    payments = Payment.objects.bulk_create(
        Payment(
            subscription=subscriptions[n], reference=f"P{n}", order=f"order-{n}", paid_at=at[n],
            status="failed" if odd[n] else "paid", **money, **account[n],
        )
        for n in range(size)
    )  # fmt: skip
    Refund.objects.bulk_create(
        Refund(payment=payments[n], reference=f"R{n}", status="in_doubt" if odd[n] else "refunded",
               due_at=moment if odd[n] else None, **money, **account[n])
        for n in range(size)
    )  # fmt: skip
    Notice.objects.bulk_create(
        Notice(provider=account[n]["provider"], key=f"k{n}", body="", arrival="a",
               state=("received" if n % 80 else "dead") if odd[n] else "done",
               due_at=moment if odd[n] else None)
        for n in range(size)
    )  # fmt: skip
    Discrepancy.objects.bulk_create(
        Discrepancy(kind="double" if odd[n] else "amount", key=f"d{n}",
                    resolved_at=None if odd[n] else moment, **account[n])
        for n in range(size)
    )  # fmt: skip
    events = Event.objects.bulk_create(
        Event(name="payment.failed" if odd[n] else "payment.paid", subscription=subscriptions[n])
        for n in range(size)
    )
    Receipt.objects.bulk_create(
        Receipt(event=events[n], handler="h", done_at=None if odd[n] else moment,
                due_at=moment if n % 80 else None)
        for n in range(size)
    )  # fmt: skip


# Pages


def walk(client: Client, address: str, way: str) -> Iterator[list[int]]:
    while address:
        changelist = client.get(address).context["cl"]
        yield [row.pk for row in changelist.result_list]
        neighbour = getattr(changelist, way)
        address = address.partition("?")[0] + neighbour if neighbour else ""


@pytest.mark.sampled(1)
@pytest.mark.parametrize("query", ["", "status__exact=active"])
def test_rows_of_one_moment_stand_on_one_page_each(login: Login, query: str) -> None:
    shop(132)
    client = login("*")
    expected = Subscription.objects.order_by("-created_at", "-pk")
    if query:
        expected = expected.filter(status="active")
    pks = list(expected.values_list("pk", flat=True))
    address = f"{home(Subscription)}?{query}"
    pages = list(walk(client, address, "older"))
    assert [len(page) for page in pages] == [50, 50, len(pks) - 100]
    assert list(chain(*pages)) == pks
    last = address
    for _page in pages[1:]:
        last = home(Subscription) + client.get(last).context["cl"].older
    assert list(walk(client, last, "newer")) == list(reversed(pages))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("model", NOUNS, ids=lambda model: model._meta.model_name)
def test_every_list_goes_on_and_comes_back(login: Login, model: Any) -> None:
    shop(60)
    client = login("*")
    first, second = walk(client, home(model), "older")
    assert (len(first), len(second)) == (50, 10)
    assert not set(first) & set(second)
    older = client.get(home(model) + client.get(home(model)).context["cl"].older)
    newer = client.get(home(model) + older.context["cl"].newer).context["cl"]
    assert [row.pk for row in newer.result_list] == first


def test_a_month_of_payments_goes_by_the_moment_they_were_paid(login: Login) -> None:
    shop(60)
    day = Payment.objects.latest("paid_at").paid_at
    assert day is not None
    address = f"{home(Payment)}?paid_at__year={day.year}&paid_at__month={day.month}"
    pks = list(chain(*walk(login("*"), address, "older")))
    found = Payment.objects.filter(pk__in=pks).order_by("-paid_at", "-pk")
    assert pks == list(found.values_list("pk", flat=True))


def test_more_events_that_owe_than_are_named_to_the_database(login: Login) -> None:
    events = Event.objects.bulk_create(Event(name="payment.paid") for _number in range(FEW + 1))
    Receipt.objects.bulk_create(Receipt(event=event, handler="h") for event in events)
    Event.objects.create(name="payment.paid")  # owes nothing
    first = next(walk(login("*"), f"{home(Event)}?delivery=given_up", "older"))
    assert first == [event.pk for event in events[:-51:-1]]


@pytest.mark.parametrize("place", ["x", "1~2", "2026-01-01~3", "~", "2026-01-01T00:00:00~3", "9" * 30])
def test_a_place_that_is_none_leads_to_the_beginning(login: Login, place: str) -> None:
    shop(3)
    answer = login("*").get(home(Subscription), {"after": place})
    assert (answer.status_code, answer["Location"]) == (302, f"{home(Subscription)}?e=1")


def test_the_address_orders_nothing(login: Login) -> None:
    shop(60)
    client = login("*")
    as_it_is = [row.pk for row in client.get(home(Payment)).context["cl"].result_list]
    assert [row.pk for row in client.get(f"{home(Payment)}?o=0").context["cl"].result_list] == as_it_is


@pytest.mark.parametrize(("language", "older"), [("en", "Older"), ("es", "Más antiguos")])
def test_the_way_on_has_words_and_a_name(login: Login, settings: Settings, language: str, older: str) -> None:
    settings.LANGUAGE_CODE = language
    shop(60)
    shown = login("*").get(home(Payment), HTTP_ACCEPT_LANGUAGE=language).content.decode()
    assert f'rel="next">{older}</a>' in shown
    assert '<nav class="paginator payments-paginator" aria-label="' in shown


# What is asked


@pytest.mark.sampled(3)
@pytest.mark.parametrize("model", NOUNS, ids=lambda model: model._meta.model_name)
def test_no_list_counts_or_skips(login: Login, model: Any) -> None:
    shop(120)
    client = login("*")
    older = client.get(home(model)).context["cl"].older
    with CaptureQueriesContext(connection) as captured:
        for address in (home(model), home(model) + older, f"{home(model)}?p=2", f"{home(model)}?all="):
            client.get(address)
    asked = [query["sql"].upper() for query in captured]
    assert len(asked) >= 8
    assert not [sql for sql in asked if "COUNT(" in sql or "OFFSET" in sql]


# What is read. The rare one of each filter, which no walk of another index finds early.

LISTS = [
    (Subscription, "", "payments_sub_created"),
    (Subscription, "status__exact=past_due", "payments_sub_status"),
    (Subscription, "provider=flow", "payments_sub_provider"),
    (Subscription, "mode__exact=real", "payments_sub_mode"),
    (Subscription, "plan=basic", "payments_sub_plan"),
    (Customer, "", "pkey"),
    (Customer, "provider=flow", "payments_customer_provider"),
    (Customer, "mode__exact=real", "payments_customer_mode"),
    (Payment, "", "pkey"),
    (Payment, "status__exact=failed", "payments_payment_status"),
    (Payment, "provider=flow", "payments_payment_provider"),
    (Payment, "mode__exact=real", "payments_payment_mode"),
    (Payment, "paid_at__year=2026&paid_at__month=3", "payments_payment_paid"),
    (Refund, "", "pkey"),
    (Refund, "status__exact=in_doubt", "payments_refund_status"),
    (Refund, "provider=flow", "payments_refund_provider"),
    (Refund, "mode__exact=real", "payments_refund_mode"),
    (Notice, "", "pkey"),
    (Notice, "state__exact=dead", "payments_notice_state"),
    (Notice, "provider=flow", "payments_notice_provider"),
    (Discrepancy, "", "pkey"),
    (Discrepancy, "settled=no", "payments_discrepancy_waiting"),
    (Discrepancy, "kind__exact=double", "payments_discrepancy_kind"),
    (Discrepancy, "provider=flow", "payments_discrepancy_provider"),
    (Discrepancy, "mode__exact=real", "payments_discrepancy_mode"),
    (Event, "", "pkey"),
    (Event, "name=payment.failed", "payments_event_name"),
    (Event, "delivery=given_up", "pkey"),
    (Event, "delivery=owed", "pkey"),
]
DUE: list[tuple[Callable[[], QuerySet[Any]], str]] = [
    (lambda: Notice.objects.due().order_by("due_at"), "payments_notice_due"),
    (lambda: Checkout.objects.due().order_by("due_at"), "payments_checkout_due"),
    (lambda: Subscription.objects.due_for_sync().order_by("next_sync_at"), "next_sync_at"),
    (lambda: Refund.objects.due().order_by("due_at"), "payments_refund_due"),
    (lambda: Receipt.objects.due().order_by("due_at"), "payments_receipt_due"),
]
# What reminders.py looks for: nothing of it is given to workers.
REMINDED: list[tuple[Callable[[], QuerySet[Any]], str]] = [
    (lambda: Subscription.objects.owing_for(0, 3).order_by("past_due_since"), "payments_sub_owing"),
    (lambda: Subscription.objects.trial_ending(3).order_by("trial_end"), "payments_sub_trial"),
    (
        lambda: Customer.objects.card_expiring(now().date(), 30).order_by("card_expires"),
        "payments_customer_card",
    ),
]
SEARCHES = [
    *((Subscription, term) for term in ("P9@mail.example", "S9", "order-9", f"{1:032x}")),
    *((Customer, term) for term in ("P9@mail.example", "C9")),
    *((Payment, term) for term in ("P9", "order-9")),
    *((Refund, term) for term in ("R9", "r-9")),
    (Notice, "k9"),
]


def without_what_is_queued(due: QuerySet[Any]) -> QuerySet[Any]:
    """As the sweep asks where workers do the work."""
    return unswept(due, str(due.query.order_by[0]))


@pytest.fixture
def statistics(settings: Settings, login: Login) -> Client:
    """A shop that the database has counted. A plan for a few thousand rows is asked as for millions: reading
    or sorting a table is out of the question."""
    settings.PAYMENT_SUBSCRIPTIONS = {
        **settings.PAYMENT_SUBSCRIPTIONS,
        "GATEWAYS": dict.fromkeys(("dummy", "flow"), settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["dummy"]),
    }
    shop(2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            for name in ("seqscan", "bitmapscan", "sort", "hashjoin"):
                cursor.execute(f"SET LOCAL enable_{name} = off")
    return login("*")


def of_ours(asked: CaptureQueriesContext) -> list[str]:
    """What was asked of our tables."""
    return [
        each["sql"] for each in asked if "FROM" in each["sql"] and "payment_subscriptions_" in each["sql"]
    ]


def plan_of(sql: str) -> str:
    """How the database would answer."""
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def plans(asked: CaptureQueriesContext) -> list[str]:
    return [plan_of(sql) for sql in of_ours(asked)]


def walks(asked: CaptureQueriesContext) -> list[str]:
    """The plans of what finds the rows of a page."""
    return [plan_of(sql) for sql in of_ours(asked) if "LIMIT 51" in sql]


def reads_the_table(plan: str) -> bool:
    """From end to end, or sorts it."""
    if connection.vendor == "postgresql":
        return "Seq Scan on payment_subscriptions" in plan or ("Filter:" in plan and "Index Cond" not in plan)
    return any(
        line.startswith("SCAN payment_subscriptions") and "INDEX" not in line for line in plan.splitlines()
    )


def of_the_key(index: str, plan: str) -> bool:
    """The walk of the primary key, which SQLite's tables are themselves."""
    if index == "pkey" and connection.vendor == "sqlite":
        return ("SCAN payment_subscriptions" in plan and "INDEX" not in plan) or "INTEGER PRIMARY KEY" in plan
    return index in plan


@pytest.mark.slow
def test_every_filter_walks_its_index(statistics: Client) -> None:
    wrong = []
    for model, query, index in LISTS:
        with CaptureQueriesContext(connection) as asked:
            assert statistics.get(f"{home(model)}?{query}").status_code == 200
        (walk,) = walks(asked)
        unwanted = ["Sort", "TEMP B-TREE", "Filter:"]
        if "delivery" in query:  # few are owed, and those are sorted
            unwanted = []
        wrong += [plan for plan in plans(asked) if query and reads_the_table(plan)]
        if not of_the_key(index, walk) or any(word in walk for word in unwanted):
            wrong.append(f"{model.__name__}?{query} wants {index}:\n{walk}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.slow
def test_a_page_deep_in_a_list_enters_the_index_beside_its_row(statistics: Client) -> None:
    row = Subscription.objects.order_by("created_at")[100]
    with CaptureQueriesContext(connection) as asked:
        statistics.get(home(Subscription), {"after": f"{row.created_at.isoformat()}~{row.pk}"})
    (walk,) = walks(asked)
    assert "payments_sub_created" in walk
    assert "Index Cond: (created_at <=" in walk or "created_at<?" in walk, walk


@pytest.mark.slow
def test_every_search_enters_an_index(statistics: Client) -> None:
    wrong = []
    for model, term in SEARCHES:
        with CaptureQueriesContext(connection) as asked:
            if model in (Subscription, Customer):
                statistics.post(f"{home(model)}find/", {"q": term}, follow=True)
            else:
                statistics.get(home(model), {"q": term})
        found = plans(asked)
        assert found
        wrong += [f"{model.__name__} {term}:\n{plan}" for plan in found if reads_the_table(plan)]
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.slow
def test_the_sweep_walks_what_is_due(statistics: Client) -> None:
    queued = [(lambda due=due: without_what_is_queued(due()), index) for due, index in DUE]
    for due, index in [*DUE, *queued, *REMINDED]:
        with CaptureQueriesContext(connection) as asked:
            assert list(due().values_list("pk", flat=True)[:1000])
        (plan,) = plans(asked)
        assert index in plan, plan
        assert "Sort" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan
