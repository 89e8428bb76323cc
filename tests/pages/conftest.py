from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings

from tests.pages.policy import STRICT
from tests.views.till import Till, till_settings


@pytest.fixture
def till(live_server: Any, settings: Any) -> Iterator[Till]:
    """A merchant on the live server, under a strict Content-Security-Policy."""
    settings.PAYMENT_SUBSCRIPTIONS = till_settings(live_server.url)
    settings.MIDDLEWARE = [STRICT, *django_settings.MIDDLEWARE]
    with Till() as till:
        yield till
