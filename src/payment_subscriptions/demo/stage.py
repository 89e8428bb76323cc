"""What every demo does before and while its site runs."""

from __future__ import annotations

import io
import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from .processes import Processes, Trouble, free_port, is_free

SWEEP_EVERY = 5.0  # seconds; in a real project cron does it each minute
PORTS = {"flow": 8001, "stripe": 8002}
# A month moved on is a month charged: at Stripe itself a renewal's bill is a draft for an hour.
ARGUMENTS: dict[str, tuple[str, ...]] = {"flow": (), "stripe": ("--finalize-seconds", "0")}

logger = logging.getLogger("payment_subscriptions.demo")


def until_interrupted(folder: Path, manage: Sequence[str], run: Callable[[Processes], None]) -> int:
    """Have the demo run, until Ctrl-C or a signal; the process's exit code. ``folder`` and ``manage`` are
    those of Processes. What keeps it from running is told, without a traceback."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        with Processes(folder, manage) as processes:
            run(processes)
    except KeyboardInterrupt:
        print()
    except (Trouble, ImproperlyConfigured, CommandError) as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    return 0


def start_simulator(processes: Processes, kind: str, log: IO[bytes], port: int | None = None) -> str:
    """On that port, or on its usual one, or on any where that is taken; its address. It has another name
    than the site, so that the way back from it is cross-site."""
    wanted = port or PORTS[kind]
    return processes.simulator(kind, wanted if is_free(wanted) else free_port(), log, *ARGUMENTS[kind])


def push_plans() -> None:
    """Raises Trouble with all that differs from the plans that are there already."""
    told = io.StringIO()
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # that a plan is not there yet is no news
    try:
        call_command("payments_plans", "push", stdout=told)
    except CommandError as error:
        raise Trouble(f"{told.getvalue()}{error}") from error
    finally:
        logging.disable(before)


def make_endpoint(alias: str) -> str:
    """As ``payments_webhook push`` does; what signs the notices of that gateway."""
    told = io.StringIO()
    call_command("payments_webhook", "push", "--provider", alias, "--json", stdout=told)
    return str(json.loads(told.getvalue())["secrets"][alias])


def make_admin(email: str) -> str:
    """Somebody with the password "admin" for the admin; the name to log in with. Empty where the project's
    users need more than names and addresses."""
    from django.contrib.auth import get_user_model
    from django.db.models import EmailField

    users = get_user_model()
    names = [users.USERNAME_FIELD, *users.REQUIRED_FIELDS]
    values = {
        name: email if isinstance(users._meta.get_field(name), EmailField) else "admin" for name in names
    }
    login = values[users.USERNAME_FIELD]
    if users._default_manager.filter(**{users.USERNAME_FIELD: login}).exists():
        return login
    try:
        users._default_manager.create_superuser(**values, password="admin")  # noqa: S106  # type: ignore[attr-defined]
    except (TypeError, ValueError, ValidationError, IntegrityError):
        return ""
    return login


def sweep_for_ever(processes: Processes) -> None:
    """What cron or a timer does elsewhere. Raises Trouble when a process has ended."""
    while True:
        processes.check()
        try:
            call_command("payments_sweep", stdout=io.StringIO())
        except Exception:
            logger.exception("The sweep failed")
        time.sleep(SWEEP_EVERY)
