"""Settings of a Stripe account that contradict each other: told by the checks, refused at use."""

from __future__ import annotations

from typing import Any

import pytest

from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.gateways.stripe import StripeGateway

GOOD = {"API_KEY": "sk_test_simulator", "WEBHOOK_SECRETS": ["whsec_simulator"]}


def gateway(mode: Any = "sandbox", **changes: Any) -> StripeGateway:
    return StripeGateway("stripe", mode, {**GOOD, **changes})


def found(gateway: StripeGateway) -> list[str | None]:
    return [message.id for message in gateway.check()]


def test_good_settings_are_good() -> None:
    assert found(gateway()) == []
    assert found(gateway("real", API_KEY="sk_live_simulator")) == []
    assert found(gateway(WEBHOOK_SECRETS="whsec_one")) == []


@pytest.mark.parametrize(
    ("mode", "changes", "number"),
    [
        ("sandbox", {"API_KEY": ""}, "E121"),
        ("real", {}, "E123"),
        ("sandbox", {"API_KEY": "sk_live_simulator"}, "E124"),
        ("sandbox", {"API_KEY": "rk_live_simulator"}, "E124"),
        ("real", {"API_KEY": "sk_live_simulator", "API_URL": "http://127.0.0.1:8002"}, "E125"),
        ("demo", {}, "E126"),
        ("sandbox", {"API_KEI": "x"}, "E127"),
        ("sandbox", {"PRICE_IDS": ["price_1"]}, "E128"),
        ("sandbox", {"WEBHOOK_SECRETS": [1]}, "E129"),
    ],
)
def test_a_contradiction_is_told_and_refused(mode: str, changes: dict[str, Any], number: str) -> None:
    wrong = gateway(mode, **changes)
    assert f"payments.{number}" in found(wrong)
    with pytest.raises(ConfigurationError):
        wrong.client  # noqa: B018
    with pytest.raises(ConfigurationError):
        wrong.strategies  # noqa: B018


def test_real_money_is_refused_with_debug(settings: Any) -> None:
    settings.DEBUG = True
    assert "payments.E122" in found(gateway("real", API_KEY="sk_live_simulator"))


@pytest.mark.parametrize("secrets", [None, "", [], [""], "  "])
def test_without_a_secret_the_check_says_so_and_the_rest_works(secrets: Any) -> None:
    without = gateway(WEBHOOK_SECRETS=secrets)
    assert found(without) == ["payments.W130"]
    assert without.client.api_version


def test_keys_are_in_no_text() -> None:
    for wrong in (gateway("real"), gateway(API_KEY="sk_live_simulator")):
        assert all("sk_" not in f"{message.msg}".replace("sk_test_", "") for message in wrong.check())
