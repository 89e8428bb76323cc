"""The simulator as a program of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest
import requests

from payment_subscriptions.simulators.stripe.__main__ import _parser


def test_it_serves_until_it_is_told_to_stop_and_logs_no_secrets() -> None:
    command = [sys.executable, "-m", "payment_subscriptions.simulators.stripe", "--port", "0", "--seed", "1"]
    command += ["--api-key", "sk_test_mine", "--now", "2026-01-31 10:00"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert url, first
        assert "sk_test_mine" in first
        clock = requests.get(url[0] + "/control/clock", timeout=5).json()
        assert (clock["zone"], clock["now"][:16]) == ("UTC", "2026-01-31 10:00")
        headers = {"Authorization": "Bearer sk_test_wrong_one"}
        params = {"email": "ana@correo.cl"}
        requests.get(url[0] + "/v1/customers", params=params, headers=headers, timeout=5)
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "GET /v1/customers 401" in log
    assert "sk_test_wrong_one" not in log
    assert "ana@correo.cl" not in log


def test_it_needs_nothing_of_the_app_nor_of_the_library() -> None:
    code = (
        "import sys, payment_subscriptions.simulators.stripe;"
        "print([m for m in sys.modules if m.partition('.')[0] in ('django', 'stripe')"
        " or m.startswith('payment_subscriptions') and not m.startswith('payment_subscriptions.simulators')])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "['payment_subscriptions']"


def test_options_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["--after-retries", "forgive"], ["--port", "x"], ["--colour"]):
        with pytest.raises(SystemExit):
            _parser().parse_args(wrong)
    assert "invalid choice: 'forgive'" in capsys.readouterr().err
