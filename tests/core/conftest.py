from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.db import connection

from payment_subscriptions import events
from payment_subscriptions.gateways import gateways
from tests.able import able_settings
from tests.foreign import Clock, ForeignProvider, clock, foreign_settings, providers


@pytest.fixture
def foreign(transactional_db: None, settings: Any) -> Iterator[ForeignProvider]:
    """The provider of a merchant with the foreign gateway; it may be told to fail."""
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    gateways.forget()
    clock.moment = Clock.moment
    provider = providers.setdefault("foreign", ForeignProvider())
    provider.clear()
    yield provider
    assert provider.asked_in_a_transaction == []
    gateways.forget()


@pytest.fixture
def able(foreign: ForeignProvider, settings: Any) -> ForeignProvider:
    """The same provider behind a gateway that can do all that the seam knows."""
    settings.PAYMENT_SUBSCRIPTIONS = able_settings()
    gateways.forget()
    return foreign


@pytest.fixture
def handlers() -> Iterator[None]:
    """Handlers that a test registers are forgotten after it."""
    before = {name: list(found) for name, found in events._handlers.items()}
    yield
    events._handlers.clear()
    events._handlers.update(before)


@pytest.fixture
def threads() -> None:
    """For tests that write from several threads: SQLite takes its lock late before Django 5.1."""
    if connection.vendor == "sqlite" and django.VERSION < (5, 1):
        pytest.skip("SQLite takes its lock late before Django 5.1")
