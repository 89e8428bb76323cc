from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from payment_subscriptions.gateways.dummy import DummyGateway
from tests.flow.conftest import flow, running_flow, shop

from . import ledger

__all__ = ["Login", "dummy_shop", "flow", "login", "running_flow", "shop"]

Login = Callable[..., Client]


@pytest.fixture(autouse=True)
def dummy_shop(settings: Settings) -> Iterator[None]:
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings()
    settings.LANGUAGE_CODE = "en"
    DummyGateway.providers.clear()
    yield
    DummyGateway.providers.clear()


@pytest.fixture
def login(db: None) -> Login:
    """A client logged in as staff with these permissions of the app; "*" for all that there are."""

    def log_in(*codenames: str) -> Client:
        user = User.objects.create_user(f"staff{User.objects.count()}", is_staff=True)
        user.is_superuser = codenames == ("*",)
        user.save()
        known = Permission.objects.filter(content_type__app_label="payment_subscriptions")
        user.user_permissions.set(known.filter(codename__in=codenames))
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        client.force_login(user)
        return client

    return log_in
