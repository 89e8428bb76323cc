"""``payment-subscriptions demo``: the project of this folder on simulators, until Ctrl-C."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path

import django
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext as _

from ..environment import settings_named_in
from . import stage
from .processes import Processes, Trouble, is_free
from .simulated import KINDS, kinds_in

SETTINGS = "payment_subscriptions.demo.settings"
FOLDER = ".payments-demo"
EXTRA_NEEDED = (
    "The simulators need the package werkzeug: pip install 'payment-subscriptions[stripe,simulators]'"
)


def run(folder: Path, port: int, *, keep_database: bool) -> int:
    """The process's exit code. ``folder`` has the project's manage.py; ``keep_database`` leaves the project's
    databases as they are, rather than beginning with an empty one of SQLite's."""
    return stage.until_interrupted(
        folder, ["-m", "django"], lambda processes: _run(processes, folder, port, keep_database)
    )


def _run(processes: Processes, folder: Path, port: int, keep_database: bool) -> None:
    if not is_free(port):
        raise Trouble(
            f"Port {port} is in use. Choose another one: payment-subscriptions demo --port {port + 10}"
        )
    module = settings_of(folder)
    kinds = kinds_in(_payments_of(module, folder))
    own = _empty_folder(folder)
    _tell_environment(folder, own, module, port, keep_database)
    for kind in kinds:
        with (own / f"{kind}-simulator.log").open("wb") as log:
            os.environ[f"PAYMENTS_DEMO_{kind.upper()}"] = stage.start_simulator(processes, kind, log)
    login = _set_up(own)
    print(_welcome(processes.web(port), own, login), flush=True)
    stage.sweep_for_ever(processes)


def settings_of(folder: Path) -> str:
    """The settings module of the project there: the environment's, else the one that its manage.py names.

    Raises Trouble when there is none.
    """
    named = os.environ.get("DJANGO_SETTINGS_MODULE") or settings_named_in(folder / "manage.py")
    if not named or named == SETTINGS:
        raise Trouble(
            f"No project was found in {folder}: call it beside a manage.py that names its settings, or set "
            "DJANGO_SETTINGS_MODULE."
        )
    return named


def _payments_of(module: str, folder: Path) -> dict[str, object]:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        import werkzeug  # noqa: F401
    except ImportError:
        raise Trouble(EXTRA_NEEDED) from None
    found: dict[str, object] = getattr(import_module(module), "PAYMENT_SUBSCRIPTIONS", {})
    return found


def _empty_folder(folder: Path) -> Path:
    """The demo begins anew, as the simulators do; git ignores what it keeps."""
    own = folder / FOLDER
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    (own / ".gitignore").write_text("*\n")
    return own


def _tell_environment(folder: Path, own: Path, module: str, port: int, keep_database: bool) -> None:
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")])),
        "PAYMENTS_DEMO_OF": module,
        "PAYMENTS_DEMO_FOLDER": str(own),
        "PAYMENTS_DEMO_URL": f"http://localhost:{port}",
        "PAYMENTS_DEMO_KEEPS_DATABASE": "yes" if keep_database else "",
    }


def _set_up(own: Path) -> str:
    """Django, the database, the plans, the address of Stripe's notices, an admin; the admin's login."""
    django.setup()
    logging.disable(logging.INFO)  # each call that makes a plan is no news
    from django.apps import apps
    from django.conf import settings

    call_command("migrate", verbosity=0)
    stage.push_plans()
    for alias, gateway in settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"].items():
        if KINDS[gateway["BACKEND"]] == "stripe":
            os.environ["PAYMENTS_DEMO_STRIPE_SECRET"] = stage.make_endpoint(alias)
    addresses = {name: getattr(settings, name) for name in ("SIMULATOR_URL", "STRIPE_SIMULATOR_URL")}
    (own / "simulators.json").write_text(json.dumps(addresses))
    logging.disable(logging.NOTSET)
    return stage.make_admin("admin@demo.example") if apps.is_installed("django.contrib.admin") else ""


def _welcome(address: str, own: Path, login: str) -> str:
    from django.conf import settings
    from django.urls import reverse

    from .simulator import flow, stripe

    with translation.override(settings.LANGUAGE_CODE):
        plans = address + reverse("payments:plans")
        lines = [
            f"  {plans}",
            "",
            "  " + _("No account, no money, no network: simulators stand for the gateways."),
            "  "
            + _("Subscribe with any e-mail; the test card is filled in already. Then, in a second terminal:"),
            "    payment-subscriptions demo month    " + _("a month goes by, and is charged"),
            "    payment-subscriptions demo decline  " + _("the bank will refuse the next charge"),
            "    payment-subscriptions demo lose     " + _("the next notice will be lost"),
            "",
        ]
        if login:
            lines.append(
                "  " + _("The admin: %(address)s") % {"address": _admin(address)} + f"  ({login}, admin)"
            )
        for name, url in ((each.name, each.address()) for each in (flow, stripe)):
            if url:
                lines.append(
                    "  " + _("What %(name)s sees: %(address)s") % {"name": name, "address": f"{url}/"}
                )
        lines.append("  " + _("Mails: %(folder)s") % {"folder": own / "mails"})
        lines.append("  " + _("Each start begins afresh. Ctrl-C stops."))
    return "\n" + "\n".join(lines) + "\n"


def _admin(address: str) -> str:
    from django.urls import NoReverseMatch, reverse

    try:
        return address + reverse("admin:index")
    except NoReverseMatch:
        return address + "/admin/"
