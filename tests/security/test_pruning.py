"""What is kept of notices is removed when its time is over, and never what still waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from payment_subscriptions import conf, inbox
from payment_subscriptions.exceptions import NotPossible
from payment_subscriptions.models import Notice
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.pruning import prune
from payment_subscriptions.sweep import sweep
from tests.foreign import ForeignProvider, clock, subscribe

DONE_OLD, UNKNOWN_OLD = timedelta(days=91), timedelta(days=8)


def notice(state: str, age: timedelta, number: int = 0) -> Notice:
    return Notice.objects.create(
        provider="foreign",
        key=f"{state}{age}{number}",
        body="token",
        arrival="a",
        state=state,
        received_at=clock.moment - age,
        done_at=None if state in ("received", "dead") else clock.moment - age,
    )


def test_bodies_go_after_their_time_and_rows_stay(foreign: ForeignProvider) -> None:
    old, foreign_one = notice("done", DONE_OLD), notice("foreign", DONE_OLD)
    young = notice("done", timedelta(days=89))
    assert sweep().pruned == 2
    bodies = dict(Notice.objects.values_list("pk", "body"))
    assert bodies == {old.pk: "", foreign_one.pk: "", young.pk: "token"}
    assert sweep().pruned == 0


def test_what_the_provider_does_not_know_is_removed_sooner(foreign: ForeignProvider) -> None:
    notice("unknown", UNKNOWN_OLD)
    young = notice("unknown", timedelta(days=6))
    assert sweep().pruned == 1
    assert Notice.objects.get() == young


@pytest.mark.parametrize("state", ["received", "dead"])
def test_what_is_not_done_or_waits_for_a_person_is_kept(foreign: ForeignProvider, state: str) -> None:
    notice(state, timedelta(days=4000))
    assert prune(100) == 0
    assert Notice.objects.get().body == "token"


def test_in_batches_the_oldest_first(foreign: ForeignProvider) -> None:
    for number in range(5):
        notice("done", DONE_OLD + timedelta(days=number), number)
        notice("unknown", UNKNOWN_OLD + timedelta(days=number), number)
    assert prune(2) == 4
    left = Notice.objects.exclude(body="").filter(state="done").order_by("done_at")
    assert [row.key[-1] for row in left] == ["2", "1", "0"]
    assert Notice.objects.filter(state="unknown").count() == 3


def test_the_settings_say_how_long(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS |= {"KEEP_NOTICE_BODIES_DAYS": 10, "KEEP_UNKNOWN_NOTICES_DAYS": 1}
    notice("done", timedelta(days=11))
    notice("unknown", timedelta(days=2))
    assert prune(100) == 2
    assert conf.DEFAULTS["KEEP_UNKNOWN_NOTICES_DAYS"] < conf.DEFAULTS["KEEP_NOTICE_BODIES_DAYS"]


def test_a_pruned_one_says_why_it_cannot_be_replayed(foreign: ForeignProvider) -> None:
    old = notice("done", DONE_OLD)
    prune(100)
    with pytest.raises(NotPossible, match="no se puede repetir"):
        inbox.replay(old)
    with pytest.raises(CommandError, match="Pregunta al proveedor"):
        call_command("payments_replay", str(old.pk))
    assert Notice.objects.get().state == NoticeState.DONE


def test_a_pruned_one_that_comes_again_is_worked(foreign: ForeignProvider) -> None:
    subscription = subscribe()
    token = foreign.renew("S1")
    post = Client().post
    post("/pagos/api/foreign/webhook/", {"token": token})
    clock.move(days=91)
    prune(100)
    assert Notice.objects.get().is_pruned
    assert post("/pagos/api/foreign/webhook/", {"token": token}).json()["status"] == "active"
    assert Notice.objects.get().body == token
    assert subscription.payments.paid().count() == 2


@pytest.mark.postgres
def test_no_query_of_the_throttle_or_the_pruning_reads_the_table(foreign: ForeignProvider) -> None:
    Notice.objects.bulk_create(
        Notice(provider="foreign", key=str(n), body="b", arrival="a", state="done", sender=str(n % 50),
               done_at=clock.moment)
        for n in range(20_000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Notice._meta.db_table}")
    moment = clock.moment
    for queryset, index in (
        (Notice.objects.with_body_before(moment - DONE_OLD).order_by("done_at")[:1000], "notice_body"),
        (Notice.objects.unknown_before(moment - UNKNOWN_OLD).order_by("done_at")[:1000], "notice_unknown"),
        (Notice.objects.filter(state="unknown", done_at__gt=moment, provider="foreign"), "notice_unknown"),
        (Notice.objects.filter(state="done", sender="none").order_by()[:1], "notice_known"),
        (Notice.objects.filter(held_by="x", held_by__gt="", due_at__gt=moment), "notice_held"),
    ):
        plan = queryset.explain()
        assert f"payments_{index}" in plan, plan
        assert "Seq Scan" not in plan, plan
