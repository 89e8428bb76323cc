"""A third gateway: one file and an entry in the settings; nothing neutral changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

import payment_subscriptions
from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Event, Payment
from payment_subscriptions.money import Money
from tests.foreign import (
    MONTHLY,
    ForeignProvider,
    come_back,
    foreign_settings,
    payer,
    providers,
    reopened,
    subscribe,
)

SOURCE = Path(payment_subscriptions.__file__).parent
NEUTRAL = [path for path in SOURCE.rglob("*.py") if not {"simulators", "flow"} & set(path.parts)]


def test_no_file_of_the_package_knows_it() -> None:
    text = "".join(path.read_text().lower() for path in NEUTRAL)
    assert "foreigngateway" not in text
    assert "tests.foreign" not in text


def test_the_core_names_no_provider() -> None:
    """Provider's names belong to their own folder, to comments that say where a fact is from, and to
    examples of how to write the settings."""
    core = [path for path in NEUTRAL if path.parent.name in ("checkout", "recording", "models", "migrations")]
    core += (SOURCE / "verbs").glob("*.py")
    core += [SOURCE / f"{name}.py" for name in ("inbox", "renewals", "sweep", "billing", "outbox", "plans")]
    for path in core:
        code = "\n".join(line.partition("#")[0] for line in path.read_text().splitlines())
        for quote in ('"flow"', "'flow'", "FlowGateway", '"stripe"', "StripeGateway"):
            assert quote not in code, path


@pytest.mark.django_db
def test_no_migration_is_needed(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_whole_life_in_dollars(foreign: ForeignProvider) -> None:
    row = subscribe()
    assert row.money == Money("12.50", "USD")
    foreign.renew("S1")
    row = row.sync().cancel()
    foreign.change("S1", status=Status.CANCELLED, ended_at=row.period_end)
    row = row.sync()
    assert row.status == Status.CANCELLED
    assert {payment.money for payment in row.payments.all()} == {Money("12.50", "USD")}
    assert list(row.events.order_by("pk").values_list("name", flat=True)) == [
        "subscription.opened",
        "payment.paid",
        "subscription.activated",
        "payment.paid",
        "subscription.cancel_scheduled",
        "subscription.cancelled",
    ]


def test_two_accounts_of_one_gateway_are_two_aliases(foreign: ForeignProvider, settings: Any) -> None:
    entry = {"BACKEND": "tests.foreign.ForeignGateway"}
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS={"foreign": entry, "second": entry})
    second = providers.setdefault("second", ForeignProvider())
    second.clear()
    here = subscribe("here")
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings(GATEWAYS={"second": entry, "foreign": entry})
    there = subscribe("there")
    assert (here.provider, there.provider) == ("foreign", "second")
    assert here.reference == there.reference == "S1"
    second.renew("S1")
    there.sync()
    assert reopened(here).payments.count() == 1
    assert Payment.objects.filter(provider="second").count() == 2
    assert gateways["second"] is not gateways["foreign"]


def test_a_payers_page_is_the_gateways_own(foreign: ForeignProvider) -> None:
    checkout = payer().subscribe(MONTHLY)
    assert checkout.url.startswith("https://pay.example/page-")
    assert come_back(checkout).url == checkout.url
    assert Event.objects.filter(payload__icontains="pay.example").count() == 0
