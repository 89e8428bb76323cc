"""What is held of one payer can be told whole, and can be made to name nobody while the books stay whole."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from payment_subscriptions import personal_data
from payment_subscriptions.billing import billing
from payment_subscriptions.exceptions import NotPossible
from payment_subscriptions.models import (
    Checkout,
    Customer,
    Discrepancy,
    Event,
    Heartbeat,
    Notice,
    Payment,
    Receipt,
    Refund,
    Subscription,
)
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.money import Money
from tests.shop import Shop

NAME = "Anastasia Pérez"
MAIL = "ana.secreta@correo.cl"
OTHER = "benito@correo.cl"

# Columns that name nobody: ours, the provider's names of things, amounts, dates, states.
NAMES_NOBODY = {
    Customer: "id provider mode external_id reference card_warned created_at erased_at",
    Subscription: "id public_id customer plan price_key slot quantity amount currency next_price_key "
    "next_price_at credit coupon frequency provider mode strategy reference successor_reference status "
    "version period_start period_end paid_through access_until trial_end next_charge_at payment_date "
    "past_due_since dunned trial_told cancel_at_period_end cancel_requested ended_at synced_at next_sync_at "
    "swept_at sync_tries created_at "
    "updated_at",
    Checkout: "id public_id subscription customer purpose provider mode strategy price_key period_start "
    "order status next_step reason call_begun_at in_doubt_since lease lease_until due_at swept_at closes_at "
    "tries returned_at created_at updated_at",
    Payment: "id subscription provider mode reference order status amount currency settled_amount "
    "settled_currency rate refunded_amount period_start period_end due_at paid_at next_attempt_at attempts "
    "failure_code created_at updated_at",
    Refund: "id public_id payment provider mode order reference token method status amount currency "
    "failure_code call_begun_at in_doubt_since due_at swept_at tries settled_at created_at updated_at",
    Notice: "id provider key about sender arrival arrivals state subscription tries lease_until due_at "
    "swept_at held_by unanswered_since received_at done_at",
    Event: "id name subscription created_at",
    Receipt: "id event handler done_at due_at swept_at tries",
    Discrepancy: "id kind key provider mode subscription amount currency created_at resolved_at",
    LogEntry: "id action_time user content_type object_id action_flag",
}


@pytest.fixture
def ana(shop: Shop) -> User:
    return User.objects.create_user("ana", MAIL, first_name="Anastasia", last_name="Pérez")


def lived(shop: Shop, user: User) -> Subscription:
    """Paid, renewed, given back in part, noticed, looked at by staff; then ended."""
    checkout = billing(user).subscribe("pro_monthly_v1", metadata={"rut": "1-9", "who": NAME})
    shop.enter_card(checkout)
    subscription = shop.come_back(checkout).subscription
    shop.move(months=1)
    payment = subscription.payments.order_by("pk")[0]
    refund = payment.refund(Money(1000, "CLP"), by="staff", reason=f"{NAME} asked, {MAIL}")
    shop.flow.decide_refund(refund.token, accepted=True)
    shop.move(days=10)
    shop.sweep()
    subscription = Subscription.objects.get(pk=subscription.pk).cancel(at_period_end=False)
    Discrepancy.objects.create(
        kind="lost",
        key="k",
        provider="flow",
        mode="sandbox",
        subscription=subscription,
        detail={"note": MAIL},
    )
    event = subscription.events.all()[0]
    Receipt.objects.create(event=event, handler="mail", error=f"could not reach {MAIL}")
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(Subscription),
        object_id=str(subscription.pk),
        object_repr=MAIL,
        action_flag=CHANGE,
        change_message=f"called {NAME}",
    )
    return Subscription.objects.get(pk=subscription.pk)


def everything() -> str:
    """All that any row of ours, and Django's log, holds."""
    nouns: list[type[models.Model]] = [*apps.get_app_config("payment_subscriptions").get_models(), LogEntry]
    return json.dumps(
        [list(noun._base_manager.values()) for noun in nouns], cls=DjangoJSONEncoder, ensure_ascii=False
    )


def books() -> list[tuple[Any, ...]]:
    return list(
        Payment.objects.order_by("pk").values_list(
            "reference", "order", "status", "amount", "currency", "refunded_amount", "paid_at"
        )
    ) + list(Refund.objects.order_by("pk").values_list("order", "status", "amount", "currency"))


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_each_column_names_nobody_or_has_its_way_of_erasing() -> None:
    """A new column, or a new model, has to be thought about: here, and in ``ERASED``."""
    nouns = set(apps.get_app_config("payment_subscriptions").get_models()) | {LogEntry}
    assert {field.name for field in Heartbeat._meta.concrete_fields} == {"name", "at"}  # of nobody at all
    nouns.remove(Heartbeat)
    assert set(personal_data.ERASED) == nouns == set(NAMES_NOBODY)
    for noun in nouns:
        columns = {field.name for field in noun._meta.concrete_fields}
        erased, kept = set(personal_data.ERASED[noun]), set(NAMES_NOBODY[noun].split())
        assert columns == erased | kept, noun
        assert not erased & kept, noun


def test_an_export_tells_every_column_of_every_row(shop: Shop, ana: User) -> None:
    subscription = lived(shop, ana)
    shop.subscribe(nonce="other", email=OTHER)
    told = json.loads(run("payments_export_person", MAIL))
    nouns: list[type[models.Model]] = list(personal_data.ERASED)
    assert set(told) == {noun._meta.model_name for noun in nouns}
    for noun in nouns:
        rows = told[noun._meta.model_name or ""]
        assert rows, f"nothing told of {noun.__name__}"
        assert set(rows[0]) == {field.attname for field in noun._meta.concrete_fields}
    of_others = Checkout.objects.exclude(subscription=subscription).values_list("pk", flat=True)
    assert len(told["checkout"]) == Checkout.objects.count() - len(of_others)
    assert len(told["payment"]) == subscription.payments.count()
    assert OTHER not in json.dumps(told)
    assert told == {**json.loads(run("payments_export_person", f"user:{ana.pk}")), "event": told["event"]}
    assert Event.objects.filter(name="payer.exported", subscription=subscription).count() == 2


def test_an_erased_payer_is_named_nowhere_and_the_books_are_whole(
    shop: Shop, ana: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    subscription = lived(shop, ana)
    other = shop.subscribe(nonce="other", email=OTHER)
    urls = list(
        Checkout.objects.filter(subscription=subscription).exclude(url="").values_list("url", flat=True)
    )
    told = Notice.objects.filter(subscription=subscription, about="")  # a refund's token names a refund
    bodies = list(told.values_list("body", flat=True))
    assert urls
    assert all(bodies)
    before, booked = everything(), books()
    assert MAIL in before
    run("payments_erase_person", MAIL, "--yes")
    after = everything()
    for secret in (MAIL, NAME, f'"user:{ana.pk}', *urls, *bodies, '"rut"'):
        assert secret in before
        assert secret not in after
    assert books() == booked
    assert OTHER in after
    customer = Customer.objects.get(pk=subscription.customer_id)
    assert customer.erased_at
    assert customer.payer_key.startswith("erased:")
    assert customer.reference, "the provider's name of it is part of the books"
    assert Customer.objects.get(pk=other.customer_id).erased_at is None
    assert Event.objects.filter(name="payer.erased").count() == 1
    assert "Personal data erased" in caplog.text
    assert MAIL not in caplog.text


def test_what_the_provider_says_later_brings_nothing_back(shop: Shop, ana: User) -> None:
    subscription = lived(shop, ana)
    token = next(t for t, order in reversed(shop.flow.orders.items()) if order.invoice_id)
    personal_data.erase(personal_data.find(MAIL))
    Subscription.objects.get(pk=subscription.pk).sync()
    from django.test import Client

    assert Client().post("/pagos/api/flow/webhook/", {"token": token}).status_code == 200
    after = everything()
    assert not [secret for secret in (MAIL, NAME, token) if secret in after]
    customer = Customer.objects.get(pk=subscription.customer_id)
    assert (customer.email, customer.card_last4, customer.card_brand) == ("", "", "")
    assert set(subscription.payments.values_list("pay_url", "receipt_url")) == {("", "")}


def test_erasing_twice_is_erasing(shop: Shop, ana: User) -> None:
    subscription = lived(shop, ana)
    personal_data.erase(personal_data.find(MAIL))
    with pytest.raises(CommandError, match="Nothing is held"):
        run("payments_erase_person", MAIL, "--yes")
    customer = Customer.objects.get(pk=subscription.customer_id)
    personal_data.erase(personal_data.Person(personal_data._rows([customer.pk], [subscription.pk], set())))
    again = Customer.objects.get(pk=customer.pk)
    assert (again.payer_key, again.erased_at) == (customer.payer_key, customer.erased_at)
    assert Event.objects.filter(name="payer.erased").count() == 1


def test_what_still_runs_has_to_be_cancelled_first(shop: Shop) -> None:
    subscription = shop.subscribe(email=MAIL)
    before = everything()
    with pytest.raises(CommandError, match=f"cancélala primero.*{subscription.public_id}"):
        run("payments_erase_person", MAIL, "--yes")
    assert everything() == before


def test_a_notice_that_is_not_done_and_a_refund_on_its_way_come_first(shop: Shop, ana: User) -> None:
    subscription = lived(shop, ana)
    Notice.objects.filter(subscription=subscription).update(state=NoticeState.DEAD)
    with pytest.raises(NotPossible, match="payments_replay"):
        personal_data.erase(personal_data.find(MAIL))
    Notice.objects.update(state=NoticeState.DONE)
    Refund.objects.update(status="offered")
    with pytest.raises(NotPossible, match="camino de vuelta"):
        personal_data.erase(personal_data.find(MAIL))


def test_nothing_is_offered_to_a_payer_who_was_erased(shop: Shop, ana: User) -> None:
    subscription = lived(shop, ana)
    personal_data.erase(personal_data.find(MAIL))
    payment = subscription.payments.order_by("pk").last()
    assert payment is not None
    with pytest.raises(NotPossible, match="fue borrado"):
        payment.refund()


@pytest.mark.parametrize(("answer", "done"), [("yes", True), ("no", False), ("", False)])
def test_erasing_asks_first(
    shop: Shop, ana: User, monkeypatch: pytest.MonkeyPatch, answer: str, done: bool
) -> None:
    lived(shop, ana)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    if done:
        run("payments_erase_person", MAIL)
    else:
        with pytest.raises(CommandError, match="Nothing was done"):
            run("payments_erase_person", MAIL)
    assert (MAIL in everything()) is not done


def test_of_nobody_nothing_is_held(shop: Shop) -> None:
    for command in ("payments_export_person", "payments_erase_person"):
        with pytest.raises(CommandError, match="Nothing is held"):
            run(command, "nobody@correo.cl")
