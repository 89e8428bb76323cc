"""Imports go down only: a module may import those of its own layer and of the ones below.

An import inside a function counts as well, and one for type checking only: what is known is known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import payment_subscriptions

PACKAGE = "payment_subscriptions"
SOURCE = Path(payment_subscriptions.__file__).parent

# Bottom to top. A name stands for the module and, except for "gateways", for all beneath it.
LAYERS = [
    ["exceptions", "budget", "conf", "transactions", "mailboxes", "environment"],
    ["clock", "money", "events", "dispatch", "probing"],
    ["backoff", "plans", "lifecycle"],
    ["gateways.base", "gateways.circuit", "gateways.retry_after"],
    ["gateways.transport"],
    ["gateways.actions", "gateways.contradictions"],
    ["gateways"],
    ["models", "migrations"],
    ["addresses", "outbox", "portal_links"],
    ["recording"],
    ["checkout"],
    ["renewals"],
    ["verbs"],
    ["throttle"],
    ["inbox", "billing", "reconcile", "pruning", "reminders", "personal_data"],
    ["tasks", "sweep", "views", "forms", "templatetags", "access"],
    ["mails"],
    ["queued", "urls", "admin", "checks", "apps", "contrib"],
    ["doctor"],
    ["management"],
    ["demo", "generator"],
    ["testing", "__main__"],
]  # fmt: skip
LAYER_OF = {name: height for height, layer in enumerate(LAYERS) for name in layer}

# What a single gateway (gateways.flow, gateways.dummy ...) may know besides itself.
FOR_GATEWAYS = {
    "exceptions", "budget", "clock", "conf", "money", "plans", "lifecycle",
    "gateways.base", "gateways.circuit", "gateways.retry_after", "gateways.transport", "gateways.actions",
    "gateways.contradictions",
}  # fmt: skip

# (who, whom): why this one may look up.
ALLOWED = {
    ("models.subscription", "verbs"): "the public face: subscription.cancel() passes the call on",
    ("models.payment", "verbs"): "the public face: payment.refund() passes the call on",
    ("testing.flow_simulator", "simulators.flow"): "the fixture that runs the simulator",
    ("testing.stripe_simulator", "simulators.stripe"): "the fixture that runs the simulator",
    ("testing.simulated", "simulators.flow"): "the test case that runs the simulators",
    ("testing.simulated", "simulators.stripe"): "the test case that runs the simulators",
    ("demo.simulated", "simulators.flow"): "the keys that it knows",
    ("demo.simulated", "simulators.stripe"): "the key that it knows",
}


def imports_in(root: Path) -> dict[str, set[str]]:
    """Module to the modules of the package that it imports, without the package's name: "" is its root."""
    files = {name_of(path, root): path for path in root.rglob("*.py")}
    return {name: set(imports_of(name, path, set(files))) for name, path in files.items()}


def name_of(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(name: str, path: Path, known: set[str]) -> Iterator[str]:
    package = f"{PACKAGE}.{name}".rstrip(".").split(".")
    if path.name != "__init__.py":
        package.pop()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == PACKAGE:
                    yield alias.name.removeprefix(PACKAGE).lstrip(".")
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*start, *([node.module] if node.module else [])])
            if source.partition(".")[0] == PACKAGE:
                source = source.removeprefix(PACKAGE).lstrip(".")
                for alias in node.names:
                    below = f"{source}.{alias.name}".lstrip(".")
                    if below in known:
                        yield below
                    elif (source, alias.name) != ("", "__version__"):
                        yield source


def unit_of(module: str) -> str:
    """The name under which the tables know it: "models" for models.payment."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "gateways" else parts[0]


def is_a_gateway(unit: str) -> bool:
    return unit.startswith("gateways.") and unit not in FOR_GATEWAYS


def complaints(imports: dict[str, set[str]]) -> list[str]:
    return sorted(
        f"{module} imports {imported or PACKAGE}: {reason}"
        for module, targets in imports.items()
        for imported in targets
        if (module, imported) not in ALLOWED and (reason := objection(unit_of(module), unit_of(imported)))
    )


def objection(unit: str, imported: str) -> str:
    if unit == imported:
        return ""
    if unit == "simulators":
        return "a simulator stands for the provider and knows nothing of the app"
    if is_a_gateway(unit):
        return "" if imported in FOR_GATEWAYS else "a gateway knows only its own files and the neutral words"
    if is_a_gateway(imported):
        return "a gateway is loaded by its dotted path, never imported"
    if unit == "":
        return ""
    if imported in ("", "simulators"):
        return "nothing inside needs the public face or a simulator"
    if missing := [name for name in (unit, imported) if name not in LAYER_OF]:
        return f"give {missing[0]} a place in LAYERS"
    return "" if LAYER_OF[imported] <= LAYER_OF[unit] else "that is a higher layer"


def test_imports_go_down_only() -> None:
    assert complaints(imports_in(SOURCE)) == []


def test_every_module_has_a_place() -> None:
    units = {unit_of(module) for module in imports_in(SOURCE)}
    assert {u for u in units if u not in LAYER_OF and not is_a_gateway(u)} <= {"", "simulators"}


def test_no_two_modules_need_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for module, targets in imports_in(SOURCE).items():
        below = {unit_of(target) for target in targets if (module, target) not in ALLOWED}
        graph.setdefault(unit_of(module), set()).update(below - {unit_of(module), ""})
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as cycle:
        pytest.fail(" → ".join(cycle.args[1]))


@pytest.mark.parametrize(
    ("module", "code", "objections"),
    [
        ("views.checkout", "from ..checkout import open", 0),
        ("views.checkout", "from ..models import Subscription", 0),
        ("models.payment", "from payment_subscriptions import __version__", 0),
        ("models.payment", "from . import customer", 0),
        ("models.payment", "from ..recording import record", 1),
        ("models.customer", "def f():\n    from payment_subscriptions import verbs", 1),
        ("models.subscription", "def f():\n    from payment_subscriptions import verbs", 0),
        ("recording", "import payment_subscriptions.views.checkout", 1),
        ("checkout", "from .gateways import gateways", 0),
        ("checkout", "from .gateways.flow import FlowGateway", 1),
        ("checkout", "from .gateways import flow", 1),
        ("gateways", "from .flow.client import Client", 1),
        ("gateways.flow.gateway", "from .client import Client", 0),
        ("gateways.flow.gateway", "from ..base import Gateway", 0),
        ("gateways.flow.gateway", "from ...models import Payment", 1),
        ("gateways.flow.gateway", "from ..stripe import statuses", 1),
        ("simulators.flow.server", "from ..clock import Clock", 0),
        ("simulators.flow.server", "from payment_subscriptions.money import Money", 1),
        ("inbox", "from payment_subscriptions.helpers import anything", 1),
    ],
)
def test_the_rules_notice(tmp_path: Path, module: str, code: str, objections: int) -> None:
    for name in (
        "verbs", "checkout", "recording", "models.customer", "views.checkout", "gateways.flow.client",
        "gateways.stripe.statuses", "simulators.clock", "helpers",
    ):  # fmt: skip
        write(tmp_path, name, "")
    write(tmp_path, f"{module}.__init__" if module == "gateways" else module, code)
    assert len(complaints(imports_in(tmp_path))) == objections


def write(root: Path, module: str, code: str) -> None:
    path = root.joinpath(*module.split(".")).with_suffix(".py")
    for folder in [path.parent, *path.parent.parents]:
        if root in folder.parents:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").touch()
    path.write_text(code)
