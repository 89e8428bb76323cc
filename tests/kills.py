"""Processes that die between two statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tests.foreign import Killed


@contextmanager
def killed_at_statement(number: int) -> Iterator[list[str]]:
    """The process dies as it is about to send that statement (counted from 0) to the database."""
    sent: list[str] = []

    def send(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(sql)
        if len(sent) > number:
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(send):
        yield sent
