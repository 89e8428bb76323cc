"""``payment-subscriptions demo``: any project on simulators, without a line of it in the project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from payment_subscriptions.demo.processes import free_port
from payment_subscriptions.demo.simulated import kinds_in, without_accounts
from payment_subscriptions.exceptions import ConfigurationError
from payment_subscriptions.testing.browser import Browser
from tests.walks import subscribe_at_flow

from .conftest import NEW, OURS, Run
from .test_new import without_whitenoise

DEMO = ("-m", "payment_subscriptions", "demo")


@pytest.mark.slow
def test_a_payer_subscribes_and_a_month_goes_by(run: Run, tmp_path: Path) -> None:
    assert run(*NEW, "tienda", "--provider", "flow", "--plans", "10k CLP").returncode == 0
    folder = tmp_path / "tienda"
    without_whitenoise(folder)
    before = {path for path in folder.rglob("*") if "__pycache__" not in path.parts}
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    # A key of a real account in the environment: the demo does not look at it.
    real = {"FLOW_API_KEY": "real", "FLOW_SECRET": "real", "FLOW_SANDBOX": "False"}
    process = subprocess.Popen(
        [sys.executable, *DEMO, "--port", str(port)], cwd=folder, env=kept | real | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert any("Ctrl-C" in line for line in process.stdout), "it did not start"
        browser = Browser()
        page = subscribe_at_flow(browser, f"http://localhost:{port}", "plan_10000_monthly_v1")
        assert page.state == "ready"
        assert run(*DEMO, "month", folder=folder).returncode == 0
        assert browser.open(page.url).text.count("$10.000") > page.text.count("$10.000")
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://localhost:{port}/", timeout=5)
    after = {path for path in folder.rglob("*") if "__pycache__" not in path.parts}
    assert {path.relative_to(folder).parts[0] for path in after - before} == {".payments-demo"}
    stopped = run(*DEMO, "month", folder=folder)
    assert (stopped.returncode, "not running" in stopped.stderr) == (1, True)


def test_beside_no_project_it_says_so(run: Run) -> None:
    ran = run(*DEMO, "--port", str(free_port()))
    assert ran.returncode == 1
    assert "No project was found" in ran.stderr


def test_gateways_that_no_simulator_stands_for() -> None:
    with pytest.raises(ConfigurationError, match="paypal"):
        kinds_in({"GATEWAYS": {"paypal": {"BACKEND": "elsewhere.PayPal"}}})
    with pytest.raises(ConfigurationError, match="no gateway"):
        kinds_in({})


def test_without_accounts_no_key_is_kept() -> None:
    flow = {"BACKEND": "payment_subscriptions.gateways.flow.FlowGateway", "MODE": "real"}
    flow |= {"API_KEY": "real", "SECRET_KEY": "secret", "API_URL": ""}
    found = without_accounts({"GATEWAYS": {"flow": flow}, "PLANS": "x.PLANS"})
    assert found["GATEWAYS"]["flow"]["MODE"] == "sandbox"
    assert not {"real", "secret"} & {str(value) for value in found["GATEWAYS"]["flow"].values()}
    assert found["GATEWAYS"]["flow"]["API_URL"].startswith("http://127.0.0.1:9")
    assert flow["API_KEY"] == "real"  # theirs is as it was
