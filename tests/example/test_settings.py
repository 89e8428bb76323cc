"""The recipe's variables, by their exact names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from example.environment import Environment
from payment_subscriptions.plans import Catalogue
from tests.example.conftest import ROOT, Run

RECIPE = {
    "FLOW_API_KEY": "a-key",
    "FLOW_SECRET": "a-secret",
    "FLOW_SANDBOX": "True",
    "FLOW_BASE_URL": "https://tudominio.com",
    "FLOW_RETURN_URL": "https://tudominio.com/pagos/success/",
    "FLOW_WEBHOOK_URL": "https://tudominio.com/api/payments/flow/webhook/",
    "FLOW_PLAN_5000": "5000 Mensual",
    "FLOW_PLAN_10000": "10000 Mensual",
    "FLOW_PLAN_20000": "20000 Mensual",
    "FLOW_PLAN_40000": "40000 Mensual",
    "FLOW_PLAN_100000": "100.000 Mensual",
    "FLOW_PLAN_250000": "250.000 Mensual",
    "FLOW_PLAN_500000": "500.000 Mensual",
}
SHOW = """
import json
from example import settings as s
print(json.dumps({"payments": s.PAYMENT_SUBSCRIPTIONS, "debug": s.DEBUG, "hosts": s.ALLOWED_HOSTS,
    "database": s.DATABASES["default"]["ENGINE"], "simulator": s.SIMULATOR_URL}))
"""


def shown(run: Run, **variables: str) -> dict[str, Any]:
    ran = run("-c", SHOW, **variables)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_the_recipes_variables_are_read_by_their_names(run: Run) -> None:
    found = shown(run, **RECIPE, DATABASE_URL="postgresql://u:p@db/shop")
    flow = found["payments"]["GATEWAYS"]["flow"]
    assert (flow["API_KEY"], flow["SECRET_KEY"], flow["MODE"]) == ("a-key", "a-secret", "sandbox")
    assert flow["API_URL"] == ""
    assert flow["RETURN_URL"] == RECIPE["FLOW_RETURN_URL"]
    assert flow["NOTICE_URL"] == RECIPE["FLOW_WEBHOOK_URL"]
    assert found["payments"]["BASE_URL"] == "https://tudominio.com"
    assert "tudominio.com" in found["hosts"]
    assert found["database"].endswith("postgresql")
    assert found["simulator"] == ""
    assert found["payments"]["CLOCK"] == "django.utils.timezone.now"
    assert not found["debug"]


def test_existing_plans_are_adopted_blanks_and_all(run: Run) -> None:
    from example.plans import PLANS

    adopted = shown(run, **RECIPE)["payments"]["GATEWAYS"]["flow"]["PLAN_IDS"]
    catalogue = Catalogue(PLANS)
    found = {f"FLOW_PLAN_{catalogue.price(key).amount.amount:.0f}": name for key, name in adopted.items()}
    assert found == {name: value for name, value in RECIPE.items() if name.startswith("FLOW_PLAN_")}
    assert {catalogue.price(key).frequency for key in adopted} == {"monthly"}


def test_each_amount_names_one_price() -> None:
    """The recipe's form sends the bare amount."""
    from example.plans import PLANS

    prices = Catalogue(PLANS).prices()
    assert len(prices) == len({price.amount.amount for price in prices}) == 40


@pytest.mark.slow
def test_the_recipes_callback_address_is_one_of_ours(run: Run) -> None:
    ran = run("example/manage.py", "check", **RECIPE)
    assert ran.returncode == 0, ran.stderr
    code = (
        "import django; django.setup(); from django.urls import resolve;"
        "print(resolve('/api/payments/flow/webhook/').func is resolve('/pagos/api/flow/webhook/').func)"
    )
    assert run("-c", code, **RECIPE).stdout.strip() == "True"


def test_without_keys_the_simulator_stands_for_flow(run: Run) -> None:
    found = shown(run, FLOW_BASE_URL="https://tudominio.com", PORT="8123")
    assert found["simulator"] == "http://127.0.0.1:8001"
    assert found["payments"]["BASE_URL"] == "http://localhost:8123"
    assert found["payments"]["CLOCK"] == "payment_subscriptions.demo.clock.now"


@pytest.mark.slow
def test_with_keys_of_stripe_s_only_stripe_sells(run: Run) -> None:
    found = shown(run, STRIPE_SECRET_KEY="sk_test_simulator", STRIPE_WEBHOOK_SECRET="whsec_a, whsec_b")
    assert set(found["payments"]["GATEWAYS"]) == {"stripe"}
    stripe = found["payments"]["GATEWAYS"]["stripe"]
    assert (stripe["MODE"], stripe["WEBHOOK_SECRETS"]) == ("sandbox", ["whsec_a", "whsec_b"])
    assert found["simulator"] == ""
    assert found["payments"]["CLOCK"] == "django.utils.timezone.now"
    ran = run(
        "example/manage.py", "check", STRIPE_SECRET_KEY="sk_test_simulator", STRIPE_WEBHOOK_SECRET="whsec_a"
    )
    assert ran.returncode == 0, ran.stderr
    without = run("example/manage.py", "check", STRIPE_SECRET_KEY="sk_test_simulator")
    assert without.returncode == 0  # or the command that makes the endpoint could not run
    assert "payments.W130" in without.stderr


def test_with_keys_of_both_each_sells_its_own(run: Run) -> None:
    found = shown(run, **RECIPE, STRIPE_SECRET_KEY="sk_live_simulator")
    assert set(found["payments"]["GATEWAYS"]) == {"flow", "stripe"}
    assert found["payments"]["GATEWAYS"]["stripe"]["MODE"] == "real"
    assert set(shown(run, **RECIPE)["payments"]["GATEWAYS"]) == {"flow"}


@pytest.mark.slow
def test_missing_keys_do_not_break_the_commands(run: Run) -> None:
    assert run("example/manage.py", "migrate", "--plan").returncode == 0
    real = run("example/manage.py", "help", FLOW_SANDBOX="False")
    assert real.returncode == 0, real.stderr
    checked = run("example/manage.py", "check", FLOW_SANDBOX="False")
    assert checked.returncode == 1
    assert "payments.E101" in checked.stderr


@pytest.mark.slow
def test_real_money_with_debug_is_refused(run: Run) -> None:
    real = RECIPE | {"FLOW_SANDBOX": "False"}
    assert shown(run, **real)["payments"]["GATEWAYS"]["flow"]["MODE"] == "real"
    assert "payments.E102" in run("example/manage.py", "check", **real, DEBUG="True").stderr
    assert run("example/manage.py", "check", **real).returncode == 0


def test_nobody_guesses_what_a_word_means() -> None:
    with pytest.raises(ImproperlyConfigured, match="FLOW_SANDBOX"):
        Environment({"FLOW_SANDBOX": "flase"}).flag("FLOW_SANDBOX", True)
    with pytest.raises(ImproperlyConfigured, match="PORT"):
        Environment({"PORT": "eighty"}).number("PORT", 8000)


def test_a_file_says_what_the_environment_does_not(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(
        "# Flow.cl\nFLOW_API_KEY=of-the-file\nexport FLOW_SECRET='a # secret'\n"
        "FLOW_SANDBOX=True # False en producción\nFLOW_PLAN_10000=10000 Mensual\nEMPTY=  # nothing\n"
    )
    env = Environment({"FLOW_API_KEY": "of-the-environment"}, file)
    assert env.text("FLOW_API_KEY") == "of-the-environment"
    assert env.text("FLOW_SECRET") == "a # secret"
    assert env.flag("FLOW_SANDBOX", False) is True
    assert env.text("FLOW_PLAN_10000") == "10000 Mensual"
    assert env.text("EMPTY", "default") == "default"


def test_the_committed_example_names_every_variable_and_no_value_of_an_account() -> None:
    env = Environment({}, ROOT / "example/.env.example")
    text = (ROOT / "example/.env.example").read_text()
    assert all(
        f"\n{name}=" in text
        for name in [
            *RECIPE,
            "STRIPE_SECRET_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "DATABASE_URL",
            "FLOW_API_URL",
            "PORT",
            "DEBUG",
        ]
    )
    assert env.uses_simulator()
