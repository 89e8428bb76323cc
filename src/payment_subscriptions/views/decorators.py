"""What every view here that a gateway or a stranger reaches has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import decorators as auth
from django.db import transaction

View = Callable[..., Any]


def public(view: View) -> View:
    """Reached without login (LoginRequiredMiddleware, Django 5.1 on), never inside a transaction:
    no gateway is asked while a row is locked, even under ATOMIC_REQUESTS."""
    exempt: Callable[[View], View] = getattr(auth, "login_not_required", lambda view: view)
    return transaction.non_atomic_requests(exempt(view))
