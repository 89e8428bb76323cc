"""The project's own part: a handler that writes one row for each payment."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connection

TABLES = """
CREATE TABLE IF NOT EXISTS bench_bare (
    id bigserial PRIMARY KEY, body text NOT NULL, received_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS bench_effect (
    event bigint NOT NULL, subscription bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()
);
"""


class Site(AppConfig):
    name = "benchmarks"

    def ready(self) -> None:
        from payment_subscriptions.events import on

        on("payment.paid")(open_door)


def open_door(event: Any) -> None:
    """What a project does with a payment, at its smallest: one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_effect (event, subscription) VALUES (%s, %s)",
            [event.pk, event.subscription_id],
        )


def make_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
