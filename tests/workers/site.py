"""A handler that reaches outside: it writes a letter for each payment, which nothing takes back."""

from __future__ import annotations

import os
import time
from typing import Any

from django.apps import AppConfig

# Where the letters lie, a line each: the event's id and its payment.
LETTERS = "WORKERS_LETTERS"


class Site(AppConfig):
    name = "tests.workers"
    label = "tests_workers"

    def ready(self) -> None:
        from payment_subscriptions.events import on

        on("payment.paid", name="letter", outside=True)(write_letter)


def write_letter(event: Any) -> None:
    """What is written is out, also if this process dies in the moment that it takes to come back."""
    letters = os.open(os.environ[LETTERS], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(letters, f"{event.pk} {event.payload['payment']}\n".encode())
    os.close(letters)
    time.sleep(0.01)
