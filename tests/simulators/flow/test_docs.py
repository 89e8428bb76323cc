"""The manual knows every fault, control call, option and page."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from payment_subscriptions.simulators.flow import API_KEY, SECRET_KEY, FlowSimulator, Options
from payment_subscriptions.simulators.flow.__main__ import _parser
from payment_subscriptions.simulators.flow.services import SERVICES

MANUAL = (Path(__file__).resolve().parents[3] / "docs" / "simulators" / "flow.md").read_text()


def test_faults(flow: FlowSimulator) -> None:
    assert [kind for kind in flow.faults.kinds if f"| `{kind}` |" not in MANUAL] == []
    assert [each.says for each in flow.faults.kinds.values() if each.says not in MANUAL] == []


def test_control_calls(flow: FlowSimulator) -> None:
    calls = [f"| {each.method} | `/control{each.path}` | {each.says} |" for each in flow.control_api.routes]
    assert [call for call in calls if call not in MANUAL] == []


def test_options() -> None:
    names = [field.name for field in dataclasses.fields(Options)]
    assert [name for name in names if f"`{name}`" not in MANUAL] == []
    flags = [
        flag
        for action in _parser()._actions
        for flag in action.option_strings
        if flag not in ("-h", "--help")
    ]
    assert [flag for flag in flags if flag not in MANUAL] == []


def test_keys() -> None:
    assert API_KEY in MANUAL
    assert SECRET_KEY in MANUAL


def test_every_family_is_named() -> None:
    assert [path for path in SERVICES if f"`{path.partition('/')[0]}`" not in MANUAL] == []
