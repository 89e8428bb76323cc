"""``make demo``: the site and the simulators of Flow and Stripe on this machine, until Ctrl-C.

With keys of Flow's sandbox, or of Stripe's (in the environment or example/.env), the same site talks to
those instead.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

import django
from django.core.management import call_command

from payment_subscriptions.demo import stage
from payment_subscriptions.demo.processes import Processes, Trouble, is_free, remove_sqlite

from .environment import HERE, ROOT, Environment


def main() -> int:
    return stage.until_interrupted(ROOT, [str(HERE / "manage.py")], run)


def run(processes: Processes) -> None:
    env = Environment()
    port = env.number("PORT", 8000)
    if not is_free(port):
        raise Trouble(f"Port {port} is in use. Choose another one: PORT={port + 10} make demo")
    env.folder().mkdir(exist_ok=True)
    if env.uses_simulator():
        start_simulators(processes, env)
    set_up()
    address = processes.web(port)
    print(welcome(address), flush=True)
    stage.sweep_for_ever(processes)


def start_simulators(processes: Processes, env: Environment) -> None:
    os.environ["FLOW_API_URL"] = _started(processes, env, "flow", "FLOW_API_URL") + "/api"
    os.environ["STRIPE_API_URL"] = _started(processes, env, "stripe", "STRIPE_API_URL")


def _started(processes: Processes, env: Environment, kind: str, variable: str) -> str:
    with (env.folder() / f"{kind}-simulator.log").open("wb") as log:
        return stage.start_simulator(processes, kind, log, urlsplit(env.text(variable)).port)


def set_up() -> None:
    """Django, the database, the plans at Flow and Stripe, the address of Stripe's notices."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "example.settings"
    django.setup()
    from . import mails, settings

    if any(gateway["MODE"] == "real" for gateway in settings.GATEWAYS.values()):
        raise Trouble(
            "This is no server for real money. Set FLOW_SANDBOX=True and give a test key of Stripe's, or "
            "serve the project as any other."
        )
    own = settings.OWN_DATABASE
    if settings.SIMULATOR and settings.DATABASES["default"]["NAME"] == str(own):
        remove_sqlite(own)  # the simulator begins with nothing, and so does the demo on it
        mails.forget()
    call_command("migrate", verbosity=0)
    if settings.SIMULATOR:
        make_admin()
    stage.push_plans()
    if settings.SIMULATOR:
        # The site reads it from its environment.
        os.environ["STRIPE_WEBHOOK_SECRET"] = stage.make_endpoint("stripe")


def make_admin() -> None:
    stage.make_admin("admin@bosquecomun.example")


def welcome(address: str) -> str:
    from . import settings

    if not settings.SIMULATOR:
        return f"""
  {address}/  with your account at {" and ".join(settings.GATEWAYS)}.
  It reports to {settings.BASE_URL}: where it cannot reach that, the sweep finds everything.
  Ctrl-C stops.
"""
    return f"""
  {address}/

  A site with ten plans, a simulated Flow and a simulated Stripe beside it. No account, no money, no network.
    1. Choose Chile (pesos, by Flow) or abroad (dollars and euros, by Stripe), and subscribe: any e-mail; the
       test card is filled in already.
    2. The yellow bar moves the clock: "A month" brings the next charge.
    3. Decline a charge, lose a notice, pay what is owed with another card, cancel.

  What an operator sees: {address}/admin/  (admin, admin)
  What Flow sees:        {settings.SIMULATOR_URL}/
  What Stripe sees:      {settings.STRIPE_SIMULATOR_URL}/
  Each start begins afresh. Ctrl-C stops.
"""


if __name__ == "__main__":
    sys.exit(main())
