"""What docs/migrating.md has one copy moves a recipe's subscriptions as they stand, and charges nobody."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from payment_subscriptions.billing import billing
from payment_subscriptions.checkout import AlreadySubscribed
from payment_subscriptions.gateways import gateways
from payment_subscriptions.models import Discrepancy, Event, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Plan, Price
from payment_subscriptions.reconcile import reconcile
from tests.shop import Shop, charged

from .pages import DOCS, blocks

pytestmark = pytest.mark.django_db(transaction=True)
PLAN_ID = "10000 Mensual"


@dataclass
class Old:
    pk: int
    user: Any
    flow_subscription_id: str


class Olds(list[Old]):
    """What the page asks of the recipe's table."""

    def filter(self, **wanted: Any) -> Olds:
        if "user__isnull" in wanted:
            return Olds(old for old in self if old.user)
        return Olds(old for old in self if old.flow_subscription_id == wanted["flow_subscription_id"])

    def first(self) -> Old | None:
        return self[0] if self else None


@pytest.fixture
def olds(monkeypatch: pytest.MonkeyPatch) -> Olds:
    found = Olds()
    for name in ("payments", "payments.models"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    theirs: Any = sys.modules["payments.models"]
    theirs.Subscription = SimpleNamespace(objects=found)
    return found


@pytest.fixture
def recipe(shop: Shop) -> Shop:
    """A merchant whose plan was made in Flow's panel, under a name with a blank."""
    shop.flow.options.plan_id_blanks = True
    shop.configure(PLAN_IDS={"m10000_monthly_v1": PLAN_ID})
    shop.configure_plans([Plan("m10000", "10.000", (Price("m10000_monthly_v1", Money(10000, "CLP")),))])
    return shop


def subscribed(shop: Shop, email: str, *, card: bool) -> str:
    """As the recipe did it: a customer whose externalId is the e-mail, and a subscription; paid."""
    client = gateways["flow"].client  # type: ignore[attr-defined]
    customer = client.customer.create(name="Ana", email=email, external_id=email)
    if card:
        shop.flow.enrol_card(customer.customer_id)
    made = client.subscription.create(plan_id=PLAN_ID, customer_id=customer.customer_id)
    if not card:
        shop.flow.pay_invoice(made.invoices[0].id)
    shop.flow.settle()
    return str(made.subscription_id)


def command() -> BaseCommand:
    (text,) = [block for block in blocks(DOCS / "migrating.md", "python") if "class Command" in block]
    made: dict[str, Any] = {"__name__": "move_from_recipe"}
    exec(compile(text, "docs/migrating.md", "exec"), made)
    found: BaseCommand = made["Command"]()
    return found


def test_what_stands_at_flow_is_moved_and_nobody_is_charged(recipe: Shop, olds: Olds) -> None:
    ana = get_user_model().objects.create_user("ana", "ana@correo.cl")
    known = subscribed(recipe, "ana@correo.cl", card=True)
    lost = subscribed(recipe, "beto@correo.cl", card=False)  # its answer never reached the recipe
    over = subscribed(recipe, "cata@correo.cl", card=True)
    recipe.flow.cancel_subscription(over)
    olds.append(Old(7, ana, known))
    before = charged(recipe.flow)

    call_command(command())
    assert not Subscription.objects.exists()
    call_command(command(), write=True)
    assert charged(recipe.flow) == before
    rows = {row.reference: row for row in Subscription.objects.all()}
    assert set(rows) == {known, lost}
    assert {(row.status, row.has_access, row.payments.paid().count()) for row in rows.values()} == {
        ("active", True, 1)
    }
    assert (rows[known].user, rows[known].strategy, rows[known].metadata["old"]) == (ana, "card", 7)
    assert (rows[lost].user, rows[lost].strategy) == (None, "link")
    assert rows[known].customer.card_last4

    call_command(command(), write=True)
    assert Subscription.objects.count() == 2
    assert {found.reference for found in reconcile(dry_run=True).findings} == {over}  # left where it ended
    with pytest.raises(AlreadySubscribed):
        billing(ana).subscribe("m10000_monthly_v1")


def test_they_are_renewed_and_can_leave(recipe: Shop, olds: Olds) -> None:
    subscribed(recipe, "ana@correo.cl", card=True)
    call_command(command(), write=True)
    recipe.move(months=1)
    recipe.sweep()
    row = Subscription.objects.get()
    assert (charged(recipe.flow), row.payments.paid().count(), row.has_access) == (20000, 2, True)
    assert row.order_attempt
    assert row.cancel().is_cancelling
    assert recipe.flow.books.twice() == []


def test_who_was_charged_twice_is_found(recipe: Shop, olds: Olds) -> None:
    ana = get_user_model().objects.create_user("ana", "ana@correo.cl")
    client = gateways["flow"].client  # type: ignore[attr-defined]
    first = subscribed(recipe, "ana@correo.cl", card=True)
    customer = client.subscription.get(first).customer_id
    second = client.subscription.create(plan_id=PLAN_ID, customer_id=str(customer)).subscription_id
    olds.extend([Old(1, ana, first), Old(2, ana, str(second))])
    call_command(command(), write=True)
    assert Subscription.objects.filter(payer_key=f"user:{ana.pk}").count() == 2
    assert [found.kind for found in Discrepancy.objects.all()] == ["duplicate"]


def test_nobody_hears_of_the_past_later(recipe: Shop, olds: Olds) -> None:
    subscribed(recipe, "ana@correo.cl", card=True)
    call_command(command(), write=True)
    assert all(not event.receipts.exists() for event in Event.objects.all())
