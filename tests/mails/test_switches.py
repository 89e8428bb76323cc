"""Who is mailed, and who is not: nobody, unless the project says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks

from payment_subscriptions import conf, personal_data, recording
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.mails import KINDS, is_on
from payment_subscriptions.models import Receipt, Subscription
from payment_subscriptions.sweep import sweep
from tests.foreign import MONTHLY, ForeignProvider, clock, payer, subscribe

from .conftest import MAILS
from .postbox import box, kinds, subjects


@pytest.fixture
def mailing(foreign: ForeignProvider, settings: Any) -> ForeignProvider:
    settings.PAYMENT_SUBSCRIPTIONS.update(MAILS, BASE_URL="https://tienda.cl")
    return foreign


def test_nobody_is_mailed_by_default(foreign: ForeignProvider) -> None:
    assert conf.DEFAULTS["MAILS"] is False
    subscribe()
    assert subjects() == []
    assert not Receipt.objects.exists(), "and nothing is owed that would be sent once it is switched on"


@pytest.mark.parametrize("kind", ["receipt", "subscribed"])
def test_each_can_be_chosen_alone(mailing: ForeignProvider, settings: Any, kind: str) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["MAILS"] = [kind]
    subscribe()
    assert kinds() == [kind]


@pytest.mark.parametrize("meant", [True, ("receipt",), ["receipt"], {"receipt"}, frozenset({"receipt"})])
def test_what_switches_on(settings: Any, meant: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {"MAILS": meant}
    assert is_on("receipt")
    assert is_on("dunning") is (meant is True)


@pytest.mark.parametrize("meant", [False, None, (), "receipt", 1, {"receipt": True}])
def test_what_switches_nothing_on(settings: Any, meant: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = {"MAILS": meant}
    assert not any(is_on(kind) for kind in KINDS)


def test_switched_on_later_nothing_is_made_up_for(mailing: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["MAILS"] = False
    subscribe()
    settings.PAYMENT_SUBSCRIPTIONS["MAILS"] = True
    clock.move(minutes=5)
    sweep()
    assert subjects() == []


def test_switched_off_what_waits_is_not_sent(mailing: ForeignProvider, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.mails.test_delivery.Failing"
    subscribe()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.PAYMENT_SUBSCRIPTIONS["MAILS"] = False
    clock.move(minutes=5)
    sweep()
    assert subjects() == []
    assert not Receipt.objects.filter(done_at=None).exists()


def test_the_erased_get_none(mailing: ForeignProvider, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.mails.test_delivery.Failing"
    row = subscribe()
    mailing.change("S1", status=Status.CANCELLED, ended_at=clock.moment)
    row.sync()
    personal_data.erase(personal_data.find(row.payer_key))
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    clock.move(minutes=5)
    sweep()
    assert subjects() == []
    assert not Receipt.objects.filter(done_at=None).exists()


def test_test_mode_is_called_so_and_real_money_is_not(mailing: ForeignProvider) -> None:
    row = subscribe()
    assert all(subject.startswith("[prueba] ") for subject in subjects())
    assert all("Modo de prueba" in str(message.body) for message in box())
    Subscription.objects.filter(pk=row.pk).update(mode="real")
    assert_real(row)


def assert_real(row: Subscription) -> None:
    from payment_subscriptions.mails.letters import base
    from payment_subscriptions.mails.rendering import render

    row.mode = "real"
    rendered = render("receipt", {**base_of(row, base), "date": "hoy"})
    assert "prueba" not in rendered.subject + rendered.text + rendered.html


def base_of(row: Subscription, base: Any) -> dict[str, Any]:
    sandbox = Subscription.objects.get(pk=row.pk)
    sandbox.mode = "sandbox"  # the gateway of the tests has no other
    return {**base(sandbox), "is_test": row.mode != "real"}


def test_what_was_settled_since_is_not_asked_for(mailing: ForeignProvider, settings: Any) -> None:
    row = subscribe()
    settings.EMAIL_BACKEND = "tests.mails.test_delivery.Failing"
    mailing.renew("S1", PaymentStatus.FAILED)
    row = row.sync()
    mailing.change_payment("S1", 1, status=PaymentStatus.PAID, paid_at=clock.moment)
    mailing.change("S1", status=Status.ACTIVE)
    settings.PAYMENT_SUBSCRIPTIONS["MAILS"] = ["charge_failed"]
    row.sync()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    clock.move(minutes=5)
    sweep()
    assert [kind for kind in kinds() if kind == "charge_failed"] == []
    assert not Receipt.objects.filter(done_at=None).exists()


def test_a_receipt_of_what_was_given_back_meanwhile_is_not_sent(
    mailing: ForeignProvider, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.mails.test_delivery.Failing"
    row = subscribe()
    mailing.change_payment("S1", 0, status=PaymentStatus.REFUNDED)
    row.sync()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    clock.move(minutes=5)
    sweep()
    assert "receipt" not in kinds()


def test_what_was_paid_long_ago_is_no_news(mailing: ForeignProvider) -> None:
    """As of books that are taken over: an event of each payment, and no mail."""
    long_ago = clock.moment - timedelta(days=8)
    checkout = payer().subscribe(MONTHLY)
    mailing.open(checkout.order, "C1", checkout.price)
    mailing.change_payment("S1", 0, paid_at=long_ago)
    recording.adopt(checkout.subscription, "S1")
    row = Subscription.objects.get().sync()
    assert row.status == Status.ACTIVE
    assert Receipt.objects.filter(handler__in=("mails.receipt", "mails.subscribed")).count() == 2
    assert subjects() == []
    mailing.change("S1", status=Status.CANCELLED, ended_at=long_ago)
    row.sync()
    assert subjects() == []


# --- checks -----------------------------------------------------------------------------------------------


def complaints(ids: str) -> list[str]:
    return [message.id for message in run_checks(tags=["payments"]) if message.id in ids.split()]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"MAILS": True}, []),
        ({"MAILS": ["receipt", "dunning"]}, []),
        ({"MAILS": False}, []),
        ({"MAILS": "receipt"}, ["payments.E030"]),
        ({"MAILS": ["recipt"]}, ["payments.E030"]),
        ({"MAILS": {"receipt": True}}, ["payments.E030"]),
        ({"MAILS": True, "DUNNING": [(3, "reminder"), (5, "mine")]}, ["payments.E031"]),
        ({"MAILS": True, "DUNNING": [3, 7]}, ["payments.E031"]),
        ({"MAILS": True, "DUNNING": [(0, "reminder")]}, ["payments.E031"]),
        ({"MAILS": True, "DUNNING": [(3, "reminder"), (3, "last_reminder")]}, ["payments.E031"]),
        ({"MAILS": True, "DUNNING": ()}, []),
        ({"MAILS": False, "DUNNING": [(3, "mine")]}, []),
    ],
)
def test_settings_that_cannot_be_meant_are_told(
    foreign: ForeignProvider, settings: Any, changes: dict[str, Any], expected: list[str]
) -> None:
    settings.DEFAULT_FROM_EMAIL = "hola@tienda.cl"
    settings.PAYMENT_SUBSCRIPTIONS.update(BASE_URL="https://tienda.cl", **changes)
    assert complaints("payments.E030 payments.E031 payments.W032") == expected


@pytest.mark.parametrize(("sender", "expected"), [("webmaster@localhost", ["payments.W032"]), ("a@b.cl", [])])
def test_a_sender_that_nobody_chose_is_told(
    foreign: ForeignProvider, settings: Any, sender: str, expected: list[str]
) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    settings.PAYMENT_SUBSCRIPTIONS.update(BASE_URL="https://tienda.cl", MAILS=True)
    assert complaints("payments.W032") == expected
