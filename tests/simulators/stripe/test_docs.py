"""The manual knows every operation, event, card, fault, control call, option and page."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from payment_subscriptions.simulators.stripe import API_KEY, Options, StripeSimulator
from payment_subscriptions.simulators.stripe.__main__ import _parser
from payment_subscriptions.simulators.stripe.cards import CARDS
from payment_subscriptions.simulators.stripe.charging import AUTHENTICATE
from payment_subscriptions.simulators.stripe.pages import _PAGES
from payment_subscriptions.simulators.stripe.services import OPERATIONS
from payment_subscriptions.simulators.stripe.services.registry import KINDS

from .test_openapi import EVENTS

MANUAL = (Path(__file__).resolve().parents[3] / "docs" / "simulators" / "stripe.md").read_text()


def between(heading: str) -> str:
    """The chapter of that name."""
    return MANUAL.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def named(pattern: str, heading: str) -> set[str]:
    return set(re.findall(pattern, between(heading)))


def test_faults(stripe_simulator: StripeSimulator) -> None:
    kinds = stripe_simulator.faults.kinds
    assert named(r"(?m)^\| `(\w+)` \|", "Faults") == set(kinds)
    for name, kind in kinds.items():
        options = ", ".join(f"`{option}={value!r}`" for option, value in kind.options.items())
        assert f"| {kind.says} | {options} |" in MANUAL, name


def test_control_calls(stripe_simulator: StripeSimulator) -> None:
    calls = {
        f"| {each.method} | `/control{each.path}` | {each.says} |"
        for each in stripe_simulator.control_api.routes
    }
    assert named(r"(?m)^\| (?:GET|POST|DELETE) \| `[^`]+` \| [^|]+ \|", "Control API") == calls


def test_options() -> None:
    names = [field.name for field in dataclasses.fields(Options)]
    assert [name for name in names if f"`{name}`" not in between("Guesses")] == []
    flags = {
        flag
        for action in _parser()._actions
        for flag in action.option_strings
        if flag not in ("-h", "--help")
    }
    assert named(r"(--[a-z][a-z-]+)", "Start it") == flags


def test_the_key() -> None:
    assert f"is `{API_KEY}`" in MANUAL


def test_cards() -> None:
    assert named(r"`(\d{15,16})`", "What a payer does") == set(CARDS)
    for number, card in CARDS.items():
        lines = between("What a payer does").splitlines()
        (line,) = (line for line in lines if line.startswith("|") and number in line)
        assert not card.decline or card.attaches or f"`{card.decline}`" in line
        assert bool(card.authenticate) is ("3-D Secure" in line)
        assert card.disputed is ("disputed" in line)


def test_pages() -> None:
    listed = {
        path.split(" ")[0]
        for path in named(r"(/(?:c/pay|p/session|invoices|receipts)/[^`]+)`", "What a payer does")
    }
    rules = {re.sub("<key>", "<>", rule.rule) for rule in _PAGES.iter_rules()}
    assert {re.sub("<[a-z]+>", "<>", path) for path in listed} == rules


def test_operations() -> None:
    assert named(r"`/v1/([a-z_/]+)`", "What is simulated") == set(KINDS)
    table = {}
    for line in between("What is simulated").splitlines():
        for family in re.findall(r"`/v1/([a-z_/]+)`", line):
            table[family] = line
    verbs = {"delete": "delete|cancel", "update": "update|evidence"}
    for operation in OPERATIONS:
        family, _, verb = operation.name.rpartition("/")
        assert re.search(verbs.get(verb, verb), table[family]), operation.name


def test_events() -> None:
    assert named(r"`([a-z_]+(?:\.[a-z_]+)+)`", "Events") - {"customer.subscription.paused"} == EVENTS


@pytest.mark.parametrize("name", ["README.md", "README.es.md"])
def test_it_is_found(name: str) -> None:
    assert "docs/simulators/stripe.md" in (Path(__file__).resolve().parents[3] / name).read_text()


def test_retries_are_as_written() -> None:
    assert Options().callback_retries == (5 * 60, 3600, 3 * 3600)
    assert (Options().callback_deadline, Options().retry_days) == (20, (3, 5, 7))
    assert f"`{AUTHENTICATE}`" in MANUAL
