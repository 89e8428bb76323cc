"""payments_webhook: the providers' lists of our addresses, compared and made."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from payment_subscriptions.gateways import gateways
from tests.able import able_settings, books
from tests.foreign import foreign_settings

ADDRESS = "https://shop.example/pagos/api/foreign/webhook/"
ABLE = {"BACKEND": "tests.able.AbleGateway"}


@pytest.fixture(autouse=True)
def able(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = able_settings()
    gateways.forget()


def run(*words: str) -> tuple[str, CommandError | None]:
    out = StringIO()
    try:
        call_command("payments_webhook", *words, stdout=out)
    except CommandError as error:
        return out.getvalue(), error
    return out.getvalue(), None


def test_diff_changes_nothing_and_fails_while_it_is_missing() -> None:
    said, error = run("diff")
    assert error is not None
    assert error.returncode == 1
    assert said == f"foreign: missing: not there, not {ADDRESS}\n"
    assert books["foreign"] == []


def test_push_makes_it_once_and_shows_its_secret_once() -> None:
    said, error = run("push")
    assert error is None
    assert said.count("whsec_new") == 1
    assert "WEBHOOK_SECRETS of 'foreign'" in said
    again, error = run("push")
    assert (again, error) == ("foreign: no difference.\n", None)
    assert books["foreign"] == [ADDRESS]


def test_json() -> None:
    said, error = run("diff", "--json")
    assert error is not None
    missing = {"gateway": "foreign", "field": "missing", "here": ADDRESS, "there": ""}
    assert json.loads(said) == {"secrets": {}, "differences": [missing]}
    assert json.loads(run("push", "--json")[0]) == {"secrets": {"foreign": "whsec_new"}, "differences": []}


def test_a_gateway_without_such_a_list_has_no_difference(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
    gateways.forget()
    assert run("push") == ("foreign: no difference.\n", None)


def test_one_gateway_only(settings: Any) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = able_settings(GATEWAYS={"foreign": ABLE, "second": ABLE})
    gateways.forget()
    run("push", "--provider", "second")
    assert set(books) == {"second"}


@pytest.mark.parametrize("words", [("push",), ("push", "--json")], ids=" ".join)
def test_a_secret_is_shown_though_the_next_gateway_refuses(settings: Any, words: tuple[str, ...]) -> None:
    settings.PAYMENT_SUBSCRIPTIONS = able_settings(
        GATEWAYS={"foreign": ABLE, "second": ABLE | {"FULL": True}}
    )
    gateways.forget()
    said, error = run(*words)
    assert "No room for another address" in str(error)
    assert "whsec_new" in said
