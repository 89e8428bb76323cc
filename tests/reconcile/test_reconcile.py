"""What differs is told by name, and repaired by recording what the provider says; nothing else is touched."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from payment_subscriptions.gateways import gateways
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout, Discrepancy, Event, Payment, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.reconcile import (
    Cause,
    Finding,
    Kind,
    Outcome,
    Report,
    reconcile,
    telling,
)
from payment_subscriptions.recording import settle
from payment_subscriptions.sweep import sweep
from tests.contract.flow_bench import FlowBench
from tests.contract.stripe_bench import StripeBench
from tests.foreign import foreign_settings

from .lives import kinds, made_at_flow, made_at_stripe, subscribe

pytestmark = pytest.mark.slow


def one(report: Report, kind: Kind) -> Finding:
    (found,) = [each for each in report.findings if each.kind == kind]
    return found


def run(*arguments: str) -> tuple[int, str]:
    """How it ended, and what it said."""
    out = StringIO()
    try:
        call_command("payments_reconcile", *arguments, stdout=out, stderr=out)
    except CommandError as error:
        return error.returncode, out.getvalue()
    return 0, out.getvalue()


# What is not compared is said, and nothing half


def test_a_provider_out_of_reach_is_not_compared_and_said(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.flow.cancel_subscription(str(row.reference))
    at_flow.flow.faults.add("subscription/list", "http_error", times=None)
    report = reconcile()
    assert (report.findings, report.is_complete) == ([], False)
    assert report.accounts[0].reason
    assert Subscription.objects.get().status == Status.ACTIVE
    assert run("--dry-run")[0] == 2
    with override("en"):
        assert "NOT compared" in run("--dry-run")[1]


def test_a_row_that_gets_no_answer_is_named(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.flow.cancel_subscription(str(row.reference))
    at_flow.flow.faults.add("subscription/get", "http_error", times=None)
    report = reconcile()
    assert (report.accounts[0].unanswered, report.findings) == ([str(row.public_id)], [])
    assert run("--dry-run")[0] == 2


@pytest.mark.django_db(transaction=True)
def test_a_gateway_that_cannot_list_is_not_comparable(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    gateways.forget()
    with override("en"):
        code, said = run()
    assert code == 2
    assert "foreign (sandbox): not comparable" in said


# Money


def test_a_payment_that_nobody_told_of(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.renew(row)
    at_flow.move(days=4)
    report = reconcile(dry_run=True)
    assert set(kinds(report)) == {Kind.PAID_NOT_HERE, Kind.PAID_WITHOUT_ACCESS}
    assert one(report, Kind.PAID_NOT_HERE).money == Money(5000, "CLP")
    assert reconcile().remaining == []
    assert Subscription.objects.get().access.allowed
    assert Payment.objects.paid().count() == 2
    assert reconcile().findings == []


def test_a_payment_that_our_books_have_lost_though_all_else_agrees(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    reference = row.payments.get().reference
    Payment.objects.all().delete()
    found = one(reconcile(dry_run=True), Kind.PAID_NOT_HERE)
    assert (found.payment, found.subscription) == (reference, str(row.public_id))
    assert reconcile().remaining == []
    assert Payment.objects.get().reference == reference


def test_an_order_that_was_paid_and_that_nobody_told_of(at_flow: FlowBench, settings: Any) -> None:
    """And one that bears our kind of name, and that these books have never made."""
    settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["flow"]["STRATEGIES"] = ("order",)
    gateways.forget()
    row = subscribe(at_flow)
    payment = row.payments.get()
    assert reconcile().findings == []
    Payment.objects.all().delete()
    assert one(reconcile(dry_run=True), Kind.PAID_NOT_HERE).payment == payment.reference
    assert reconcile().remaining == []
    assert Payment.objects.get().reference == payment.reference
    Payment.objects.all().delete()
    Checkout.objects.all().delete()
    Subscription.objects.all().delete()
    found = one(reconcile(), Kind.ORPHAN_PAYMENT)
    assert (found.money, found.outcome) == (Money(5000, "CLP"), Outcome.REMAINS)
    assert Discrepancy.objects.get(kind="foreign_payment").amount == 5000
    settle(Discrepancy.objects.get(kind="foreign_payment"), by="ana", note="found")
    assert reconcile().findings == []


def test_a_single_payment_at_stripe(at_stripe: StripeBench) -> None:
    row = subscribe(at_stripe, price=at_stripe.once)
    assert reconcile().findings == []
    (charge,) = at_stripe.stripe.table("charges")
    at_stripe.stripe.refund_charge(charge["id"])
    assert one(reconcile(dry_run=True), Kind.GIVEN_BACK).subscription == str(row.public_id)
    at_stripe.move(days=60)
    assert reconcile(dry_run=True).findings == []  # given back before the days that are compared
    at_stripe.stripe.open_dispute(charge["id"])
    assert Kind.DISPUTED in kinds(reconcile())
    assert row.payments.get().status == PaymentStatus.DISPUTED
    assert reconcile(dry_run=True).findings == []


def test_a_payment_by_our_books_only(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.move(days=5)
    real = row.payments.get()
    assert real.paid_at is not None
    Payment.objects.create(
        subscription=row, provider="flow", mode="sandbox", reference="written-by-hand", status="paid",
        amount=5000, currency="CLP", paid_at=real.paid_at + timedelta(days=1), period_end=row.period_end,
    )  # fmt: skip
    since = real.paid_at - timedelta(days=9)
    found = one(reconcile(since=since), Kind.PAID_HERE_ONLY)
    assert (found.payment, found.money, found.outcome) == (
        "written-by-hand", Money(5000, "CLP"), Outcome.REMAINS,
    )  # fmt: skip
    assert Payment.objects.filter(reference="written-by-hand", status="paid").exists()


@pytest.mark.parametrize(
    ("column", "value"), [("amount", 4000), ("currency", "USD")], ids=["amount", "currency"]
)
def test_another_amount_or_currency_on_our_books(at_flow: FlowBench, column: str, value: Any) -> None:
    row = subscribe(at_flow)
    Payment.objects.update(**{column: value})
    found = one(reconcile(dry_run=True), Kind.AMOUNT)
    assert (found.payment, found.money) == (row.payments.get().reference, Money(5000, "CLP"))
    assert reconcile().remaining == []
    assert Payment.objects.get().money == Money(5000, "CLP")


def test_what_was_charged_differently_is_told_until_a_person_settles_it(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.charge_other_amount()
    at_flow.renew(row)
    found = one(reconcile(), Kind.AMOUNT)
    assert (found.money, found.outcome) == (Money(1000, "CLP"), Outcome.REMAINS)
    assert kinds(reconcile()) == [Kind.AMOUNT]
    settle(Discrepancy.objects.get(kind="amount"), by="ana", note="given back")
    assert kinds(reconcile()) == []


def test_given_back_and_disputed_in_the_dashboard(at_stripe: StripeBench) -> None:
    rows = [subscribe(at_stripe, number) for number in range(2)]
    charges = at_stripe.stripe.table("charges")
    at_stripe.move(days=60)  # so long after that its bill is in no list
    at_stripe.stripe.refund_charge(charges[0]["id"], 400)
    at_stripe.stripe.open_dispute(charges[1]["id"])
    report = reconcile(dry_run=True)
    assert one(report, Kind.GIVEN_BACK).subscription == str(rows[0].public_id)
    assert one(report, Kind.GIVEN_BACK).money == Money("4.00", "USD")
    assert one(report, Kind.DISPUTED).subscription == str(rows[1].public_id)
    assert reconcile().remaining == []
    assert {p.status for p in rows[0].payments.all()} >= {PaymentStatus.PARTIALLY_REFUNDED}
    assert {p.status for p in rows[1].payments.all()} >= {PaymentStatus.DISPUTED}
    assert reconcile(dry_run=True).findings == []


def test_pesos_and_dollars_are_never_added(at_stripe: StripeBench) -> None:
    for number, price in enumerate(("pro_monthly_clp_v1", "pro_monthly_usd_v1")):
        row = subscribe(at_stripe, number, price)
    at_stripe.renew(row)
    (line,) = [each for each in reconcile(dry_run=True).summary() if each.kind == Kind.PAID_NOT_HERE]
    assert line.money[0].currency.code == "CLP"
    assert {money.currency.code for money in line.money} == {"CLP", "USD"}


# Orphans


def lose_answer(bench: Any) -> Subscription:
    """The row of a payer who has paid, and whose attempt was given up: the answer never came."""
    row = subscribe(bench)
    Payment.objects.all().delete()
    Checkout.objects.update(status="expired", next_step="none", due_at=None)
    Subscription.objects.update(
        reference=None, status=Status.CANCELLED, slot_key=None, paid_through=None, access_until=None,
        payment_date=None, period_start=None, period_end=None, next_charge_at=None, next_sync_at=None,
    )  # fmt: skip
    return row


@pytest.mark.parametrize("provider", ["at_flow", "at_stripe"])
def test_one_that_is_provably_ours_is_tied_to_its_row(request: Any, provider: str) -> None:
    bench = request.getfixturevalue(provider)
    row = lose_answer(bench)
    report = reconcile(dry_run=True)
    assert set(kinds(report)) == {Kind.ORPHAN_SUBSCRIPTION, Kind.PAID_WITHOUT_ACCESS}
    assert reconcile().remaining == []
    found = Subscription.objects.get()
    assert (found.pk, found.reference, found.status) == (row.pk, row.reference, Status.ACTIVE)
    assert Payment.objects.paid().count() == 1
    assert reconcile().findings == []


def test_one_that_is_not_ours_is_kept_for_a_person_and_never_adopted(at_flow: FlowBench) -> None:
    """Its customer is a stranger; a row of ours that waits for its subscription is not theirs."""
    row = lose_answer(at_flow)
    strange = made_at_flow(at_flow, 1)
    report = reconcile()
    left = {found.reference for found in report.remaining}
    assert left == {strange}
    assert Subscription.objects.get().reference == row.reference
    kept = Discrepancy.objects.get(kind="foreign_payment")
    assert kept.amount == 5000
    assert kept.currency == "CLP"
    reconcile()
    assert Discrepancy.objects.filter(kind="foreign_payment").count() == 1


def test_two_that_could_be_one_row_s_are_both_left_to_a_person(at_flow: FlowBench) -> None:
    row = lose_answer(at_flow)
    client = gateways["flow"].client  # type: ignore[attr-defined]
    client.subscription.create(plan_id=at_flow.monthly, customer_id=row.customer.reference)
    report = reconcile()
    assert kinds(report).count(Kind.ORPHAN_SUBSCRIPTION) == 2
    assert kinds(report).count(Kind.DUPLICATE) == 1
    assert Subscription.objects.get().reference is None


def test_what_an_attempt_in_doubt_has_made_is_left_to_the_sweep(at_flow: FlowBench) -> None:
    at_flow.lose_answer("subscription/create")
    row = subscribe(at_flow)
    assert row.reference is None
    assert reconcile().findings == []
    assert not Discrepancy.objects.exists()
    at_flow.move(minutes=5)
    sweep()
    assert Subscription.objects.get().status == Status.ACTIVE
    assert reconcile().findings == []


def test_what_has_nothing_of_ours_is_counted_and_left_alone(at_flow: FlowBench) -> None:
    client = gateways["flow"].client  # type: ignore[attr-defined]
    client.plans.create(plan_id="gym", name="Gym", amount=9000, interval=3, currency="CLP")
    made_at_flow(at_flow, 1, "gym")
    report = reconcile()
    assert (report.findings, report.accounts[0].others.subscriptions) == ([], 1)
    assert not Discrepancy.objects.exists()


@pytest.mark.parametrize("same", ["customer", "email"])
def test_several_live_ones_of_one_payer(at_stripe: StripeBench, same: str) -> None:
    row = subscribe(at_stripe)
    customer = str(row.customer.reference) if same == "customer" else ""
    second = made_at_stripe(at_stripe, 1, email=row.email, customer=customer)
    report = reconcile()
    found = one(report, Kind.DUPLICATE)
    assert (set(found.names), found.money) == ({row.reference, second}, Money("10.00", "USD"))
    assert found.outcome == Outcome.REMAINS
    live = [each["status"] for each in at_stripe.stripe.table("subscriptions")]
    assert live == ["active", "active"]  # nothing is cancelled by itself


def test_one_of_ours_that_is_gone_there(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    Subscription.objects.update(reference=at_flow.unknown_reference)
    Payment.objects.all().delete()
    report = reconcile(dry_run=True)
    assert one(report, Kind.GONE).subscription == str(row.public_id)
    assert one(report, Kind.ACCESS_WITHOUT_PAYMENT).money == Money(5000, "CLP")
    reconcile()
    assert Discrepancy.objects.filter(kind="lost").count() == 1
    assert Subscription.objects.get().status == Status.ACTIVE


# Repair goes the way of every recording


def test_a_repair_goes_through_the_version(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.flow.cancel_subscription(str(row.reference))
    version = Subscription.objects.get().version
    assert reconcile().remaining == []
    assert Subscription.objects.get().version == version + 1
    assert Event.objects.filter(name="subscription.cancelled").count() == 1


# Many


def queries(bench: Any) -> int:
    with CaptureQueriesContext(connection) as sent:
        assert reconcile(dry_run=True).findings == []
    return len(sent)


def test_queries_and_calls_do_not_grow_with_rows_that_agree(at_flow: FlowBench) -> None:
    for number in range(2):
        subscribe(at_flow, number)
    few, calls = queries(at_flow), len(at_flow.flow.calls)
    reconcile(dry_run=True)
    calls = len(at_flow.flow.calls) - calls
    for number in range(2, 12):
        subscribe(at_flow, number)
    before = len(at_flow.flow.calls)
    assert queries(at_flow) == few
    assert len(at_flow.flow.calls) - before == calls


# The command


def test_the_report_speaks_of_people_and_money_first(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.renew(row)
    at_flow.move(days=4)
    with override("en"):
        code, said = run("--dry-run")
    assert code == 1
    lines = said.splitlines()
    assert lines[2] == "1 payer paid and has no access: CLP 5,000"
    (told,) = [line for line in lines if "paid what is not on our books, paid" in line]
    assert str(row.public_id) in told
    assert "a notice of the provider did not arrive" in told
    assert "run payments_reconcile without --dry-run" in told
    with override("es"):
        code, said = run()
    assert code == 1
    assert "1 pagador pagó y no tiene acceso: $5.000" in said
    assert run() == (0, run()[1])
    assert re.search(r"[\w.]+@[\w.]+", said) is None


def test_json_is_as_documented(at_flow: FlowBench) -> None:
    row = subscribe(at_flow)
    at_flow.renew(row)
    code, said = run("--dry-run", "--json", "--provider", "flow")
    told = json.loads(said)
    assert code == 1
    assert list(told) == ["since", "dry_run", "complete", "drift", "accounts", "summary", "findings"]
    (summary,) = told["summary"]
    assert summary["money"] == [{"amount": "5000", "currency": "CLP"}]
    (found,) = told["findings"]
    assert found["money"] == {"amount": "5000", "currency": "CLP"}
    assert (found["kind"], found["subscription"]) == ("paid_not_here", str(row.public_id))
    assert found["cause"]["code"] == "notice_lost"
    assert "payer" not in found


@pytest.mark.parametrize("day", ["2030-01-01", "soon"])
def test_a_day_that_is_none(at_flow: FlowBench, day: str) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("payments_reconcile", "--since", day, stdout=StringIO())
    assert caught.value.returncode in (1, 2)


def test_a_provider_that_is_none(at_flow: FlowBench) -> None:
    assert run("--provider", "other")[0] == 2


def test_every_kind_and_cause_has_words() -> None:
    assert set(telling.HEADS) == set(Kind)
    assert set(telling.CAUSES) == set(Cause)
