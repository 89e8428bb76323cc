"""The commands: thin, with one line that says what came of it, and errors that say what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from payment_subscriptions.exceptions import ConfigurationError, OutcomeUnknown
from payment_subscriptions.gateways.base import PriceDifference
from payment_subscriptions.gateways.dummy import DummyGateway
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Notice, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Plan, Price

from ..admin import ledger
from ..admin.gateways import failing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> Iterator[None]:
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings()
    DummyGateway.providers.clear()
    PricedGateway.plans.clear()
    yield
    DummyGateway.providers.clear()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


# Sweep


def test_sweep_says_what_it_found() -> None:
    assert (
        run("payments_sweep")
        == "Found due: 0 notices, 0 checkouts, 0 subscriptions, 0 refunds, 0 receipts, 0 reminders.\n"
    )


def test_sweep_does_what_is_due() -> None:
    subscription = ledger.subscribe()
    notice = Notice.objects.create(provider="dummy", key="k", body=subscription.reference or "", arrival="a")
    Notice.objects.update(due_at=subscription.created_at)
    assert json.loads(run("payments_sweep", "--json", "--limit", "5"))["notices"] == 1
    notice.refresh_from_db()
    assert notice.state == "done"


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_sweep_refuses_a_limit_that_is_none(limit: str) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        run("payments_sweep", f"--limit={limit}")


# Plans


class PricedGateway(DummyGateway):
    """One that has plans, and takes pesos only."""

    currencies = frozenset({"CLP"})
    plans: dict[str, Money] = {}
    told: list[str] = []

    def diff_price(self, price: Price, notice_url: str = "") -> list[PriceDifference]:
        there = self.plans.get(price.key)
        if there is None:
            return [PriceDifference(price.key, "missing")]
        if there == price.amount:
            return []
        return [PriceDifference(price.key, "amount", str(price.amount), str(there))]

    def push_price(self, price: Price, notice_url: str) -> None:
        assert price.key not in self.plans
        self.plans[price.key] = price.amount
        self.told.append(notice_url)


@pytest.fixture
def priced(settings: Settings) -> None:
    backend = {"BACKEND": "tests.management.test_commands.PricedGateway"}
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings(GATEWAYS={"pesos": backend})


def test_diff_without_differences() -> None:
    unsold = "uf_monthly_v1: no gateway takes CLF; it cannot be bought.\n"
    assert run("payments_plans", "diff") == f"{unsold}7 prices: no difference.\n"


@pytest.mark.usefixtures("priced")
def test_diff_is_a_table_and_fails() -> None:
    PricedGateway.plans["pro_monthly_v1"] = Money(9990, "CLP")
    out = StringIO()
    with pytest.raises(CommandError, match="7 differences") as caught:
        call_command("payments_plans", "diff", stdout=out)
    lines = out.getvalue().splitlines()
    assert caught.value.returncode == 1
    assert lines[0].split() == ["price", "gateway", "field", "here", "there"]
    assert [line.split()[:3] for line in lines[1:3]] == [
        ["pro_monthly_v1", "pesos", "amount"],
        ["pro_yearly_v1", "pesos", "missing"],
    ]
    assert list(PricedGateway.plans) == ["pro_monthly_v1"]


@pytest.mark.usefixtures("priced")
def test_push_makes_what_is_missing_and_edits_nothing() -> None:
    PricedGateway.plans["pro_monthly_v1"] = Money(9990, "CLP")
    with pytest.raises(CommandError, match="new key"):
        run("payments_plans", "push")
    assert PricedGateway.plans["pro_monthly_v1"] == Money(9990, "CLP")
    assert len(PricedGateway.plans) == 7
    assert set(PricedGateway.told) == {"https://example.cl/pagos/api/pesos/webhook/"}
    PricedGateway.plans["pro_monthly_v1"] = Money(10000, "CLP")
    assert "no difference" in run("payments_plans", "push")


@pytest.mark.usefixtures("priced")
def test_json_tells_the_same() -> None:
    PricedGateway.plans["pro_monthly_v1"] = Money(9990, "CLP")
    out = StringIO()
    with pytest.raises(CommandError, match="1 differences"):
        call_command("payments_plans", "push", "--json", stdout=out, stderr=StringIO())
    told = json.loads(out.getvalue())
    assert told["prices"] == 7
    assert {"gateway": "pesos", "price": "pro_yearly_v1"} in told["made"]
    assert len(told["made"]) == 6
    assert [(each["price"], each["field"]) for each in told["differences"]] == [("pro_monthly_v1", "amount")]
    assert list(told["differences"][0]) == ["gateway", "price", "field", "here", "there"]


def test_json_without_differences() -> None:
    out = StringIO()
    call_command("payments_plans", "diff", "--json", stdout=out, stderr=StringIO())
    assert json.loads(out.getvalue()) == {"prices": 7, "made": [], "differences": []}


@pytest.mark.usefixtures("priced")
def test_a_price_that_nobody_sells_is_said(settings: Settings) -> None:
    settings.PAYMENT_SUBSCRIPTIONS["PLANS"] = [Plan("p", "P", (Price("dear", Money(5, "EUR")),))]
    assert "dear: no gateway takes EUR" in run("payments_plans", "diff")


def test_one_gateway_only() -> None:
    assert "7 prices" in run("payments_plans", "diff", "--provider", "dummy")
    with pytest.raises(CommandError, match="no gateway 'other'; there are: dummy"):
        run("payments_plans", "diff", "--provider", "other")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConfigurationError("No key", hint="Set API_KEY."), "No key. Set API_KEY."),
        (OutcomeUnknown("timed out"), "In doubt: nobody knows yet whether it happened. timed out."),
    ],
)
def test_errors_of_a_gateway_say_what_to_do(settings: Settings, error: Exception, words: str) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings(GATEWAYS=failing("diff_price", error))
    with pytest.raises(CommandError) as caught:
        run("payments_plans", "diff")
    assert str(caught.value) == words


# Sync


def test_sync_by_public_id_and_by_reference() -> None:
    subscription = ledger.subscribe()
    for name in (str(subscription.public_id), subscription.public_id.hex, subscription.reference or ""):
        Subscription.objects.update(status=Status.PAST_DUE)
        assert run("payments_sync", name).startswith(f"{subscription.public_id}: active, access until 2")


def test_sync_of_what_is_not_there() -> None:
    with pytest.raises(CommandError, match="No subscription has 'x'"):
        run("payments_sync", "x")


def test_sync_of_two_with_one_reference() -> None:
    first, second = ledger.subscribe("a"), ledger.subscribe("b")
    Subscription.objects.filter(pk=second.pk).update(reference=first.reference, mode="real")
    with pytest.raises(CommandError, match="2 subscriptions have that reference"):
        run("payments_sync", first.reference or "")


def test_sync_of_one_that_is_not_there_yet_or_no_longer() -> None:
    pending = ledger.begin("a").subscription
    with pytest.raises(CommandError, match="has not finished"):
        run("payments_sync", str(pending.public_id))
    lost = ledger.subscribe("b")
    DummyGateway.providers.clear()
    with pytest.raises(CommandError, match="no longer knows it"):
        run("payments_sync", str(lost.public_id))


# Replay


def notice(key: str, body: str) -> Notice:
    return Notice.objects.create(provider="dummy", key=key, body=body, arrival="a", state="dead", tries=12)


def test_replay() -> None:
    subscription = ledger.subscribe()
    first, second = notice("1", subscription.reference or ""), notice("2", "gone")
    assert (
        run("payments_replay", str(first.pk), str(second.pk)) == f"{first.pk}: done\n{second.pk}: unknown\n"
    )
    assert run("payments_replay", "--dead") == "No notice was given up.\n"


def test_replay_of_the_dead_says_which_failed_again(settings: Settings) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = ledger.settings(GATEWAYS=failing("locate", OutcomeUnknown()))
    notice("1", "a"), notice("2", "b")
    with pytest.raises(CommandError, match="2 of 2 did not work"):
        run("payments_replay", "--dead")


@pytest.mark.parametrize("arguments", [[], ["1", "--dead"]])
def test_replay_wants_one_or_the_other(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="or --dead"):
        run("payments_replay", *arguments)


def test_replay_of_one_that_is_not_there_does_nothing() -> None:
    there = notice("1", "a")
    with pytest.raises(CommandError, match="no notice 99999"):
        run("payments_replay", str(there.pk), "99999")
    there.refresh_from_db()
    assert there.state == "dead"
