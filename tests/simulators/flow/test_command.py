"""The simulator as a program of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import requests


def test_it_serves_until_it_is_told_to_stop_and_logs_no_secrets() -> None:
    command = [sys.executable, "-m", "payment_subscriptions.simulators.flow", "--port", "0", "--seed", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        url = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert url, first
        assert requests.get(url[0] + "/control/clock", timeout=5).json()["zone"] == "America/Santiago"
        requests.get(url[0] + "/api/payment/getStatus", params={"token": "A" * 40, "s": "x"}, timeout=5)
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "GET /api/payment/getStatus 400" in log
    assert "A" * 40 not in log


def test_it_needs_nothing_of_the_app() -> None:
    code = (
        "import sys, payment_subscriptions.simulators.flow;"
        "print([m for m in sys.modules if m.startswith(('django', 'payment_subscriptions'))"
        " and not m.startswith('payment_subscriptions.simulators')])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "['payment_subscriptions']"
