from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.views.till import Till, till_settings


@pytest.fixture
def till(settings: Any) -> Iterator[Till]:
    """A merchant whose gateway keeps its provider in this process."""
    settings.PAYMENT_SUBSCRIPTIONS = till_settings()
    with Till() as till:
        yield till


@pytest.fixture
def browser_client() -> Client:
    """A client that asks for pages, as a browser does, and whose forms are checked as one's are."""
    return Client(enforce_csrf_checks=True, headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
