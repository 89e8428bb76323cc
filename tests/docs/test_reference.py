"""The reference says what the code does, and nothing else: held to it both ways."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import BaseCommand
from django.utils.translation import override

from payment_subscriptions import backoff, conf, personal_data
from payment_subscriptions.checkout import advance, open_card_change
from payment_subscriptions.doctor import SEVERITY_OF, Code
from payment_subscriptions.doctor.texts import TEXTS
from payment_subscriptions.events import EVENTS
from payment_subscriptions.gateways import MODES, circuit, retry_after
from payment_subscriptions.gateways.base import Card
from payment_subscriptions.gateways.flow.account import KNOWN_STRATEGIES, OPTIONS
from payment_subscriptions.lifecycle import (
    OPEN,
    REFUNDING,
    CancelReason,
    CheckoutStatus,
    PaymentStatus,
    RefundStatus,
    Status,
)
from payment_subscriptions.management.commands import payments_doctor
from payment_subscriptions.management.commands.payments_reconcile import Command
from payment_subscriptions.models import Event, Payment
from payment_subscriptions.models.checkout import PURPOSES
from payment_subscriptions.models.discrepancy import DiscrepancyKind
from payment_subscriptions.models.notice import NoticeState
from payment_subscriptions.models.subscription import WHY
from payment_subscriptions.money import Money
from payment_subscriptions.portal_links import ask_for_link
from payment_subscriptions.reconcile import Kind
from payment_subscriptions.verbs import call_off_refund, go_on_with_refund, leave_word, settle_refund
from tests.foreign import (
    LOST_AFTER,
    MONTHLY,
    REFUSED_REQUEST,
    ForeignProvider,
    come_back,
    foreign_settings,
    payer,
    subscribe,
    sweep_later,
)
from tests.shop import Shop, token_in

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
# The options that every gateway has; a gateway's own table may repeat them.
COMMON = {"NOTICE_URL", "RETURN_URL"}


def rows(page: str, title: str) -> list[list[str]]:
    """The cells of the first table under a title, without its head."""
    section = re.split(rf"^##+ {re.escape(title)}$", (DOCS / page).read_text(), flags=re.MULTILINE)[1]
    section = section.partition("\n##")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names(page: str, title: str) -> list[str]:
    return [row[0].strip("`") for row in rows(page, title)]


def test_every_event_and_when_it_is_written() -> None:
    assert {row[0].strip("`"): row[1] for row in rows("events.md", "Every event")} == EVENTS
    assert names("events.md", "Every event") == list(EVENTS)


def test_every_setting_and_its_default() -> None:
    documented = {row[0].strip("`"): row[1].strip("`") for row in rows("settings.md", "The app's")}
    assert documented == {name: repr(default) for name, default in conf.DEFAULTS.items()}


def test_every_option_of_flow() -> None:
    assert set(names("settings.md", "Flow's")) == OPTIONS
    assert set(names("settings.md", "Every gateway's")) == {"BACKEND", "MODE"} | COMMON
    assert names("settings.md", "Strategies") == list(KNOWN_STRATEGIES)
    strategies = next(row for row in rows("settings.md", "Flow's") if row[0] == "`STRATEGIES`")
    assert set(re.findall(r"`'(\w+)'`", strategies[2])) == set(KNOWN_STRATEGIES)
    mode = next(row for row in rows("settings.md", "Every gateway's") if row[0] == "`MODE`")
    assert set(re.findall(r"`'(\w+)'`", mode[2])) == set(MODES)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Of a subscription", Status.values),
        ("Of a payment", PaymentStatus.values),
        ("Why a payer leaves", CancelReason.values),
        ("Of an attempt (Checkout)", CheckoutStatus.values),
        ("Purposes", [purpose for purpose, _label in PURPOSES]),
        ("Of a refund", RefundStatus.values),
        ("Of a notice", NoticeState.values),
        ("Of a discrepancy", DiscrepancyKind.values),
        ("Access", list(WHY)),
    ],
)
def test_every_status(title: str, words: list[str]) -> None:
    assert names("statuses.md", title) == words


def test_every_kind_of_difference_and_every_option() -> None:
    assert names("reconcile.md", "Kinds") == [kind.value for kind in Kind]
    documented = {name.partition(" ")[0] for name in names("reconcile.md", "Options")}
    assert documented == options_of(Command()) - options_of(BaseCommand())


def test_every_finding_of_the_doctor_and_every_option() -> None:
    with override("en"):
        written = {
            code.value: [str(text.means), str(text.remedy), text.command.replace("{provider}", "ALIAS")]
            for code, text in TEXTS.items()
        }
    documented = rows("doctor.md", "Findings")
    assert [row[0].strip("`") for row in documented] == [code.value for code in Code]
    for code, severity, means, remedy, command in documented:
        name = code.strip("`")
        assert [means, remedy, command.strip("`").replace("URL", "{url}")] == written[name]
        assert severity.split(";")[0] == SEVERITY_OF[Code(name)].value
    options = {name.partition(" ")[0] for name in names("doctor.md", "Options")}
    assert options == options_of(payments_doctor.Command()) - options_of(BaseCommand())


def test_figures_of_an_outage() -> None:
    assert [float(figure) for _what, figure in rows("outages.md", "Figures")] == [
        circuit.FAILURES,
        circuit.OPEN_SECONDS,
        retry_after.LONGEST,
        backoff.LONGEST_IN_AN_OUTAGE.total_seconds() / 60,
        backoff.PATIENCE.days,
    ]


def options_of(command: BaseCommand) -> set[str]:
    parser = command.create_parser("manage.py", "payments_reconcile")
    return {option for action in parser._actions for option in action.option_strings}


def test_which_are_open_and_which_reasons_let_in() -> None:
    is_open = {row[0].strip("`"): row[1] == "yes" for row in rows("statuses.md", "Of a subscription")}
    assert {status for status, found in is_open.items() if found} == OPEN
    running = {row[0].strip("`") for row in rows("statuses.md", "Of a refund") if row[1] == "yes"}
    assert running == REFUNDING
    lets_in = {row[0].strip("`") for row in rows("statuses.md", "Access") if row[1] == "yes"}
    assert lets_in == {"paid", "trial", "grace", "leaving"}


def test_every_event_bears_what_the_page_says(foreign: ForeignProvider, settings: Any) -> None:
    """A life in which most things happen; each event's payload as the page has it."""
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    foreign.fault("customer", REFUSED_REQUEST)
    payer("refused").subscribe(MONTHLY)
    sweep_later(days=2)
    left = personal_data.find("form:refused")
    personal_data.export(left)
    personal_data.erase(left)
    checkout = payer().subscribe(MONTHLY)
    foreign.fault("charge", LOST_AFTER)
    come_back(checkout)
    sweep_later()
    row = checkout.subscription
    change = advance(open_card_change(type(row).objects.get(pk=row.pk)))
    come_back(change)
    for status in PaymentStatus:
        foreign.change_payment("S1", status=status)
        row.sync()
    for status in (PaymentStatus.DISPUTED, PaymentStatus.PAID):
        foreign.change_payment("S1", status=status)
        row.sync()
    foreign.renew("S1", amount=Money(1, "USD"))
    for moved in Status:
        foreign.change("S1", status=moved)
        row.sync()
    for moved in (Status.PAUSED, Status.ACTIVE, Status.PAST_DUE):
        foreign.change("S1", status=moved)
        row.sync()
    foreign.change("S1", status=Status.ACTIVE)
    with suppress(Exception):
        row.sync().cancel()
    leave_word(row, "price")
    ask_for_link(row.email)
    subscribe("trial", "trial_monthly_v1")
    assert set(EVENTS) - told_as_documented() == AT_FLOW | BY_TIME


BY_TIME = {"subscription.dunning", "subscription.trial_ending", "card.expiring"}


def test_events_that_time_brings(foreign: ForeignProvider, settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS.update(MAILS=True, BASE_URL="https://tienda.cl")
    row = subscribe()
    foreign.change("S1", card=Card("Visa", "4242", date(2026, 2, 1)))
    foreign.renew("S1", PaymentStatus.FAILED)
    row.sync()
    subscribe("trial", "trial_monthly_v1")
    sweep_later(days=5)
    assert told_as_documented() >= BY_TIME


# Of what the foreign gateway has no verb for.
AT_FLOW = {
    "subscription.renewal_ordered",
    "subscription.resumed",
    "subscription.change_scheduled",
    "subscription.change_undone",
    "subscription.plan_changed",
    *(name for name in EVENTS if name.startswith("refund.")),
}


def test_every_event_of_a_life_at_flow_too(shop: Shop) -> None:
    """Given back in every way, changed, undone, cancelled and resumed; then one whose periods are ours."""
    row = shop.subscribe()
    yearly = row.preview_change("pro_yearly_v1", at_period_end=True)
    row.change_plan(yearly).undo_change()
    row.change_plan(row.preview_change("pro_yearly_v1"))
    row.cancel()
    row.resume()
    shop.move(days=2)  # nothing can be reversed any more
    for end in ("rejected", "cancelled", "refused", "in doubt, not", "in doubt", "paid"):
        give_back(shop, row.payments.order_by("pk")[0], end)
    shop.configure(STRATEGIES=("order",))
    ordered = shop.begin(nonce="order", email="eva@correo.cl")
    shop.flow.pay(token_in(ordered.url))
    shop.come_back(ordered).subscription.cancel()
    ordered.subscription.refresh_from_db()
    ordered.subscription.resume()
    shop.move(days=30)
    shop.sweep()
    assert told_as_documented() >= AT_FLOW


def give_back(shop: Shop, payment: Payment, end: str) -> None:
    if end.startswith("in doubt"):
        shop.flow.faults.add("refund/create", "reset_after_commit")
    if end == "refused":
        shop.flow.faults.add("refund/create", "error", code=1620, status=400)
    refund = payment.refund(Money(1000, "CLP"), by="ana")
    if end.startswith("in doubt"):
        settle_refund(refund, happened=end == "in doubt", by="ana", note="seen at Flow")
    if end == "cancelled":
        call_off_refund(refund)
    if end in ("rejected", "paid"):
        shop.flow.decide_refund(refund.token, accepted=end == "paid")
        shop.move(days=10)
        go_on_with_refund(refund)


def told_as_documented() -> set[str]:
    """The names of the events that were written; each bears what the page says, or one of what it says."""
    base = {"subscription", "payer_key", "plan", "price", "provider", "mode"}
    documented = {
        row[0].strip("`"): [set(re.findall(r"`(\w+)`", one)) for one in row[2].split("; or")]
        for row in rows("events.md", "Every event")
    }
    for event in Event.objects.all():
        assert set(event.payload) - base in documented[event.name], event.name
    return set(Event.objects.values_list("name", flat=True))
