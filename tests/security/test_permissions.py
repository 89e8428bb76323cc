"""Every verb has its permission, and no secret is compared in a way that can be timed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin

import payment_subscriptions
from payment_subscriptions.admin.readonly import ReadOnlyAdmin
from tests.admin.test_verbs import ADDRESSES, VERBS

SOURCE = Path(payment_subscriptions.__file__).parent
SECRETS = ("secret", "signature", "api_key", "password")


def test_there_is_no_verb_that_the_permissions_test_does_not_know() -> None:
    known = {(noun, ADDRESSES.get(verb, verb), permission) for verb, (noun, permission) in VERBS.items()}
    found = {
        (model._meta.model_name, verb.name.replace("-", "_"), verb.permission.partition(".")[2])
        for model, page in admin.site._registry.items()
        if isinstance(page, ReadOnlyAdmin)
        for verb in page.verbs
    }
    assert found == known


@pytest.mark.django_db
def test_view_refund_cancel_and_replay_are_permissions_apart() -> None:
    declared = {
        codename
        for model in apps.get_app_config("payment_subscriptions").get_models()
        for codename, _name in model._meta.permissions
    }
    assert {permission for _noun, permission in VERBS.values()} == declared
    assert {"refund_payment", "cancel_subscription", "replay_notice"} <= declared


def test_no_secret_is_compared_by_its_characters() -> None:
    """``==`` on a secret can be timed. The simulators stand for the providers and keep none."""
    compared = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        if "simulators" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Compare)
        and any(isinstance(operator, ast.Eq | ast.NotEq) for operator in node.ops)
        and any(word in ast.unparse(node).lower() for word in SECRETS)
    ]
    assert compared == []
    verified = (SOURCE / "gateways/stripe/notices.py").read_text()
    assert "WebhookSignature.verify_header" in verified
