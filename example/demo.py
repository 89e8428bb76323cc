"""``make demo``: the site and the simulators of Flow and Stripe on this machine, until Ctrl-C.

With keys of Flow's sandbox, or of Stripe's (in the environment or example/.env), the same site talks to
those instead.
"""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
import time
from urllib.parse import urlsplit

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from .environment import Environment
from .processes import Processes, Trouble, free_port, is_free, remove_sqlite

SWEEP_EVERY = 5.0  # seconds; in a real project cron does it each minute
SIMULATOR_PORTS = {"flow": 8001, "stripe": 8002}
# A month moved on is a month charged: at Stripe itself a renewal's bill is a draft for an hour.
SIMULATOR_ARGUMENTS: dict[str, tuple[str, ...]] = {"flow": (), "stripe": ("--finalize-seconds", "0")}

logger = logging.getLogger("payment_subscriptions.example")


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with Processes() as processes:
            run(processes)
    except KeyboardInterrupt:
        print("\nStopped.")
    except (Trouble, ImproperlyConfigured, CommandError) as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    return 0


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
    sweep_for_ever(processes)


def start_simulators(processes: Processes, env: Environment) -> None:
    """On ports of their own, and under another name than the site's: the way back is cross-site."""
    os.environ["FLOW_API_URL"] = _started(processes, env, "flow", "FLOW_API_URL") + "/api"
    os.environ["STRIPE_API_URL"] = _started(processes, env, "stripe", "STRIPE_API_URL")


def _started(processes: Processes, env: Environment, kind: str, variable: str) -> str:
    wanted = urlsplit(env.text(variable)).port or SIMULATOR_PORTS[kind]
    port = wanted if is_free(wanted) else free_port()
    with (env.folder() / f"{kind}-simulator.log").open("wb") as log:
        return processes.simulator(kind, port, log, *SIMULATOR_ARGUMENTS[kind])


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
    push_plans()
    if settings.SIMULATOR:
        make_endpoint()


def make_endpoint() -> None:
    """As ``payments_webhook push`` does; the site reads the secret from its environment."""
    told = io.StringIO()
    call_command("payments_webhook", "push", "--provider", "stripe", "--json", stdout=told)
    os.environ["STRIPE_WEBHOOK_SECRET"] = json.loads(told.getvalue())["secrets"]["stripe"]


def make_admin() -> None:
    from django.contrib.auth import get_user_model

    users = get_user_model()._default_manager
    if not users.filter(username="admin").exists():
        users.create_superuser("admin", "admin@bosquecomun.example", "admin")


def push_plans() -> None:
    """Raises Trouble with all that differs from the plans that are there already."""
    told = io.StringIO()
    logging.disable(logging.WARNING)  # that a plan is not there yet is no news
    try:
        call_command("payments_plans", "push", stdout=told)
    except CommandError as error:
        raise Trouble(f"{told.getvalue()}{error}") from error
    finally:
        logging.disable(logging.NOTSET)


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


def sweep_for_ever(processes: Processes) -> None:
    """What cron or a timer does elsewhere."""
    while True:
        processes.check()
        try:
            call_command("payments_sweep", stdout=io.StringIO())
        except Exception:
            logger.exception("The sweep failed")
        time.sleep(SWEEP_EVERY)


if __name__ == "__main__":
    sys.exit(main())
