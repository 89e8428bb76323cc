"""Every operation of Flow's reference is a method that sends what the reference asks for."""

from __future__ import annotations

import inspect
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from payment_subscriptions.gateways.flow.calls import CollectRow
from payment_subscriptions.gateways.flow.client import FlowClient
from payment_subscriptions.gateways.flow.signature import sign

from .conftest import API_KEY, SECRET_KEY, Flow

HERE = Path(__file__).parent
REFERENCE = HERE.parents[2].parent / "shared/flow/endpoints.json"

# Where the method is not Flow's name in snake_case.
METHOD_NAMES = {
    "customer/getChargeAttemps": "get_charge_attempts",
    "settlement/getByIdv2": "get_by_id_v2",
}
PARAMETER_NAMES = {"urlCallBack": "url_callback", "batchRows": "rows"}

# Optional at Flow, which does not document what it does without it; required here.
ASKED_FOR = {"subscription/cancel": frozenset({"at_period_end"})}

VALUES: dict[str, tuple[Any, str]] = {
    "amount": (Decimal("5000.0"), "5000"),
    "rows": (
        [CollectRow("cus_1", "o1", "cuota", 500)],
        '[{"customerId":"cus_1","commerceOrder":"o1","subject":"cuota","amount":500}]',
    ),
    "plan_additional_list": ([1, 2], "[1,2]"),
    "optional": ({"rut": "ñ"}, '{"rut":"ñ"}'),
    "optionals": ({"rut": "ñ"}, '{"rut":"ñ"}'),
    "percent_off": (Decimal(10), "10"),
}
BY_TYPE: list[tuple[str, tuple[Any, str]]] = [
    ("date", (date(2026, 7, 5), "2026-07-05")),
    ("bool", (False, "0")),
    ("ChangeType", ("all", "all")),
    ("int", (0, "0")),
    ("str", ("a + b&c=ñ", "a + b&c=ñ")),
]

# An answer that satisfies every result: each reads what it needs.
EVERYTHING = {
    "flowOrder": 1, "status": "1", "url": "https://flow.test/pay", "token": "T", "customerId": "cus_1",
    "commerceOrder": "o1", "planId": "p", "subscriptionId": "sus_1", "id": 1, "success": True,
    "new_plan_id": "p2", "balance": {"amount": 1}, "total": 0, "hasMore": 0, "data": [],
}  # fmt: skip


class Operation(NamedTuple):
    method: str
    service: str
    required: frozenset[str]
    optional: frozenset[str]


def listed() -> list[Operation]:
    lines = (HERE / "operations.txt").read_text().splitlines()[1:]
    rows = [[part.strip() for part in line.split("|")] for line in lines]
    return [
        Operation(head.split()[0], head.split()[1], frozenset(required.split()), frozenset(optional.split()))
        for head, required, optional in rows
    ]


def snake(name: str) -> str:
    return PARAMETER_NAMES.get(name) or re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def method_for(client: FlowClient, service: str) -> Any:
    family, operation = service.split("/")
    return getattr(getattr(client, family), METHOD_NAMES.get(service) or snake(operation))


def sample(parameter: inspect.Parameter) -> tuple[Any, str]:
    if parameter.name in VALUES:
        return VALUES[parameter.name]
    kind = str(parameter.annotation)
    return next(value for name, value in BY_TYPE if name in kind)


def call(client: FlowClient, operation: Operation, wanted: frozenset[str]) -> dict[str, str]:
    """Call the method with the wanted parameters by name; what Flow should get of it."""
    method = method_for(client, operation.service)
    parameters = inspect.signature(method).parameters
    values = {name: sample(parameters[snake(name)]) for name in wanted}
    method(**{snake(name): value for name, (value, _) in values.items()})
    return {name: sent for name, (_, sent) in values.items()}


@pytest.mark.parametrize("full", [False, True], ids=["required", "all"])
@pytest.mark.parametrize("operation", listed(), ids=lambda operation: operation.service)
def test_operation(client: FlowClient, flow: Flow, operation: Operation, full: bool) -> None:
    flow.answer(
        [EVERYTHING] if operation.service in ("settlement/getByDate", "settlement/search") else EVERYTHING
    )
    wanted = operation.required | (
        operation.optional if full else ASKED_FOR.get(operation.service, frozenset())
    )
    expected = call(client, operation, wanted)
    assert (flow.last.method, flow.last.service) == (operation.method, operation.service)
    assert flow.params == expected
    assert flow.last.params["apiKey"] == API_KEY
    unsigned = {name: value for name, value in flow.last.params.items() if name != "s"}
    assert flow.last.params["s"] == sign(unsigned, SECRET_KEY)
    assert (flow.last.body == b"") == (operation.method == "GET")
    assert ("?" in flow.last.target) == (operation.method == "GET")


@pytest.mark.parametrize("operation", listed(), ids=lambda operation: operation.service)
def test_required_is_required_and_optional_optional(client: FlowClient, operation: Operation) -> None:
    parameters = inspect.signature(method_for(client, operation.service)).parameters
    needed = {name for name, each in parameters.items() if each.default is inspect.Parameter.empty}
    expected = {snake(name) for name in operation.required}
    asked_for = ASKED_FOR.get(operation.service, frozenset())
    assert needed == expected | asked_for
    assert {snake(name) for name in operation.optional - asked_for} <= set(parameters) - needed


def test_no_method_is_made_up(client: FlowClient) -> None:
    known = {method_for(client, operation.service) for operation in listed()}
    for family in {operation.service.split("/")[0] for operation in listed()}:
        group = getattr(client, family)
        for name, method in inspect.getmembers(group, inspect.ismethod):
            assert name.startswith(("_", "iterate")) or method in known, f"{family}.{name}"


@pytest.mark.skipif(not REFERENCE.exists(), reason="Flow's reference is not beside the project")
def test_the_list_is_the_references() -> None:
    reference = [
        Operation(
            each["method"],
            each["path"].lstrip("/"),
            frozenset(p["name"] for p in each["params"] if p["required"]) - {"apiKey", "s"},
            frozenset(p["name"] for p in each["params"] if not p["required"]) - {"apiKey", "s"},
        )
        for each in json.loads(REFERENCE.read_text())
    ]
    assert listed() == reference


def test_extra_parameters_are_signed_and_sent(client: FlowClient, flow: Flow) -> None:
    flow.answer(EVERYTHING)
    order: dict[str, Any] = {
        "commerce_order": "o1", "subject": "Año", "amount": 5000, "email": "josé+1@correo.cl",
        "url_confirmation": "https://a.cl/c?x=1&y=2", "url_return": "https://a.cl/r",
    }  # fmt: skip
    made = client.payment.create(**order, extra={"subscription": 1, "planId": "5000 Mensual", "no": None})
    assert made.link == "https://flow.test/pay?token=T"
    assert flow.params["subscription"] == "1"
    assert flow.params["planId"] == "5000 Mensual"
    assert flow.params["email"] == "josé+1@correo.cl"
    assert "no" not in flow.params
    unsigned = {name: value for name, value in flow.last.params.items() if name != "s"}
    assert flow.last.params["s"] == sign(unsigned, SECRET_KEY)
    for taken in ("amount", "apiKey", "s"):
        with pytest.raises(ValueError, match=taken):
            client.payment.create(**order, extra={taken: 1})
    assert len(flow.requests) == 1


def test_the_legacy_signature(flow: Flow) -> None:
    flow.answer(EVERYTHING)
    FlowClient(API_KEY, SECRET_KEY, flow.url + "/", signature="legacy").plans.get("a b")
    unsigned = {name: value for name, value in flow.last.params.items() if name != "s"}
    assert flow.last.params["s"] == sign(unsigned, SECRET_KEY, style="legacy")
    assert flow.last.service == "plans/get"
