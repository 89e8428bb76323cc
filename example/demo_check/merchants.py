"""The merchants whose sites are gone through, and how each is set up and taken down."""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from payment_subscriptions.demo import simulator
from payment_subscriptions.demo.processes import Processes, Trouble, free_port
from payment_subscriptions.demo.stage import ARGUMENTS, push_plans

from .. import demo
from ..environment import HERE, ROOT, Environment
from . import must_be
from .abroad import AbroadWalk
from .card import CardWalk
from .change import ChangeWalk
from .link import LinkWalk
from .must_be import Wrong
from .once import OnceWalk
from .order import OrderWalk
from .refund import RefundWalk
from .resume import ResumeWalk
from .stripe import StripeWalk
from .uf import UfWalk
from .walk import Walk

BEGINS = "2026-01-13 10:00:00"
BEGINS_UTC = "2026-01-13 13:00:00"
SIGNATURE = re.compile(r"\b[0-9a-f]{64}\b", re.IGNORECASE)  # of a call, or of a token
MEANT_FOR_THE_DEMO = ("FLOW_", "STRIPE_", "DATABASE_URL", "PORT", "SECRET_KEY", "DEBUG", "DJANGO_")


@dataclass(frozen=True)
class Merchant:
    """``strategies`` as FLOW_STRATEGIES has them, ``contract``: what is special about the account."""

    chapters: tuple[type[Walk], ...]
    strategies: str
    contract: tuple[str, ...] = ()


MERCHANTS = {
    "card": Merchant((CardWalk, OnceWalk, UfWalk, RefundWalk, ChangeWalk, ResumeWalk), "card,link"),
    "link": Merchant((LinkWalk,), "card,link", ("--no-card-contract",)),
    "order": Merchant((OrderWalk,), "order,link"),
    # A process for each: the site knows one secret of Stripe's notices, and a chapter begins with another.
    "stripe": Merchant((StripeWalk,), "card,link"),
    "abroad": Merchant((AbroadWalk,), "card,link"),
}


def check(name: str) -> int:
    """Go through one merchant's chapters; the process's exit code."""
    began = time.monotonic()
    log = Environment().folder() / f"demo-check-{name}.log"
    log.parent.mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="demo-check-") as folder:
            _check(MERCHANTS[name], Path(folder), log)
    except (Wrong, Trouble, LookupError, simulator.Unreachable) as trouble:
        print(f"{name:<8} WRONG: {trouble}\n         what the processes wrote: {log}", file=sys.stderr)
        return 1
    print(f"{name:<8} all as it must be ({time.monotonic() - began:.0f} s)")
    return 0


def _check(merchant: Merchant, folder: Path, log: Path) -> None:
    port = free_port()
    for name in [name for name in os.environ if name.startswith(MEANT_FOR_THE_DEMO)]:
        del os.environ[name]  # keys of a real account, perhaps
    os.environ |= {
        "ENV_FILE": os.devnull,
        "PORT": str(port),
        "DATABASE_URL": f"sqlite:///{folder}/check.sqlite3",
        "FLOW_STRATEGIES": merchant.strategies,
    }
    secrets: dict[str, str] = {}
    with log.open("wb") as written, Processes(ROOT, [str(HERE / "manage.py")]) as processes:
        flow = processes.simulator(
            "flow", free_port(), written, "--now", BEGINS, "--seed", "1", *merchant.contract
        )
        stripe = processes.simulator(
            "stripe",
            free_port(),
            written,
            "--now",
            BEGINS_UTC,
            "--seed",
            "1",
            *ARGUMENTS["stripe"],
        )
        os.environ |= {"FLOW_API_URL": flow + "/api", "STRIPE_API_URL": stripe}
        demo.set_up()
        write_to(log)
        site = processes.web(port, written)
        for number, chapter in enumerate(merchant.chapters):
            if number:
                begin_anew()
            walk = chapter(site)
            walk.walk()
            must_be.compare("rows here", must_be.rows(), walk.ROWS)
            must_be.compare(f"books at {walk.AT}", walk.books(), walk.BOOKS)
            walk.say("compared", f"every row here and every charge in {walk.AT}'s books, none taken twice")
            secrets |= walk.secrets()
            processes.check()
    search(log, secrets)


def begin_anew() -> None:
    """The next chapter's payers find an empty shop, and a Flow that has forgotten the last one's."""
    from django.core.management import call_command

    simulator.flow.post("reset", seed=1, now=BEGINS)
    simulator.stripe.post("reset", seed=1, now=BEGINS_UTC)
    call_command("flush", interactive=False, verbosity=0)
    demo.make_admin()
    push_plans()


def write_to(log: Path) -> None:
    """This process writes to the same log as the others."""
    handler = logging.getLogger().handlers[0]
    if isinstance(handler, logging.StreamHandler):
        handler.setStream(log.open("a"))


def search(log: Path, secrets: dict[str, str]) -> None:
    """Raises Wrong where the processes wrote something secret."""
    text = log.read_text(errors="replace")
    told = sorted({what for secret, what in secrets.items() if secret and secret in text})
    if SIGNATURE.search(text):
        told.append("a signature")
    if told:
        raise Wrong(f"the log holds {', '.join(told)}")
    lines = len(text.splitlines())
    print(f"{'log':<8} {lines} lines, no key, signature, token, card number, e-mail or cookie in them")
