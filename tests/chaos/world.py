"""A merchant at a simulated provider, fresh for every history, with a database of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connections

from payment_subscriptions import addresses
from payment_subscriptions.events import on
from payment_subscriptions.gateways import gateways
from payment_subscriptions.plans import catalogue
from payment_subscriptions.simulators.flow import FlowSimulator
from payment_subscriptions.simulators.flow.options import Options as FlowOptions
from payment_subscriptions.simulators.stripe import Options as StripeOptions
from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.testing.contract import Bench
from tests.contract.flow_bench import BASE, FlowBench
from tests.contract.stripe_bench import StripeBench
from tests.shop import shop_settings
from tests.stripe.merchant import merchant_settings

from . import clock
from .histories import History
from .processes import Processes

BEGINNING = "2026-03-03 10:00:00"
HEARD = ("payment.paid", "payment.refunded", "subscription.activated", "subscription.cancelled")
_sent: list[Path] = []  # where what reached the outside is noted


@on(*HEARD, name="chaos-inside")
def _inside(event: Any) -> None:
    """Not safe to repeat: the receipt keeps it from being."""
    group, _made = Group.objects.get_or_create(name=f"{event.name} {event.pk}")
    group.name += " again" if not _made else ""
    group.save()


@on(*HEARD, name="chaos-outside", outside=True)
def _outside(event: Any) -> None:
    with _sent[-1].open("a") as mail:
        mail.write(f"{event.pk}\n")


def provider_of(bench: Bench) -> FlowSimulator | StripeSimulator:
    """The simulator that it is at."""
    assert isinstance(bench, FlowBench | StripeBench)
    return bench.flow if isinstance(bench, FlowBench) else bench.stripe


class World:
    """Both providers, kept over all histories, and the empty database that each begins with."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chaos-"))
        self.flow, self.stripe = FlowSimulator(seed=1), StripeSimulator(seed=1)
        self._empty = self.folder / "empty.sqlite3"

    def __enter__(self) -> World:
        self._use(self._empty)
        call_command("migrate", verbosity=0)
        connections.close_all()
        self.flow.start()
        self.stripe.start()
        _sent.append(self.folder / "outside")
        return self

    def __exit__(self, *error: object) -> None:
        connections.close_all()
        self.flow.stop()
        self.stripe.stop()
        shutil.rmtree(self.folder)

    @contextmanager
    def merchant(self, history: History) -> Iterator[tuple[Bench, Processes]]:
        self._begin_anew()
        bench = self._at_stripe() if history.way == "stripe" else self._at_flow(history.way)
        processes = Processes(self.folder)
        try:
            yield bench, processes
        finally:
            processes.go_on()
            connections.close_all()
            gateways.forget()

    def outside(self) -> list[int]:
        """The events that reached the outside, in turn."""
        return [int(line) for line in _sent[-1].read_text().split()]

    def _begin_anew(self) -> None:
        connections.close_all()
        there = self.folder / "db.sqlite3"
        for old in self.folder.glob("db.sqlite3*"):
            old.unlink()
        shutil.copy(self._empty, there)
        self._use(there)
        _sent[-1].write_text("")

    @staticmethod
    def _use(database: Path) -> None:
        settings.DATABASES["default"]["NAME"] = str(database)
        connections["default"].settings_dict["NAME"] = str(database)

    def _at_stripe(self) -> Bench:
        vars(self.stripe.options).update(vars(StripeOptions()))
        self.stripe.reset(seed=1, now=BEGINNING)
        self._open(merchant_settings(self.stripe, BASE, CLOCK="tests.chaos.clock.now"), self.stripe)
        gateway = gateways["stripe"]
        account = settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"]["stripe"]
        account["WEBHOOK_SECRETS"] = [gateway.push_endpoint(addresses.notice_url(gateway))]
        gateways.forget()
        return StripeBench(self.stripe)

    def _at_flow(self, strategy: str) -> Bench:
        vars(self.flow.options).update(vars(FlowOptions()))
        self.flow.reset(seed=1, now=BEGINNING)
        merchant = shop_settings(self.flow, BASE, CLOCK="tests.chaos.clock.now")
        merchant["GATEWAYS"]["flow"]["STRATEGIES"] = (strategy,)
        self._open(merchant, self.flow)
        return FlowBench(self.flow)

    @staticmethod
    def _open(merchant: dict[str, Any], provider: FlowSimulator | StripeSimulator) -> None:
        settings.PAYMENT_SUBSCRIPTIONS = merchant
        gateways.forget()
        clock.follow(provider.clock.now)
        for price in catalogue().prices():
            for gateway in gateways.all():
                gateway.push_price(price, addresses.notice_url(gateway))
