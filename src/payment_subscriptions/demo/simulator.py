"""The simulators' control API, as a demo uses it. All of it: docs/simulators/."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from django.conf import settings

PATIENCE = 60.0  # moving the clock answers when all that fell due has been done


class Unreachable(Exception):
    """A simulator does not answer."""


@dataclass(frozen=True)
class Simulator:
    """One of the two. ``setting`` of Django's settings says where it is (nowhere, without one), ``zone``
    where its wall clock hangs, ``refusal`` is how its banks say no, ``told`` how many notices a
    renewal is."""

    name: str
    setting: str
    zone: str
    refusal: int | str
    told: int

    def address(self) -> str:
        """Where it is; empty where the site talks to the provider itself."""
        return str(getattr(settings, self.setting, ""))

    def get(self, path: str, timeout: float = 5.0) -> Any:
        return self._ask("GET", path, None, timeout)

    def post(self, path: str, **body: object) -> Any:
        return self._ask("POST", path, body, PATIENCE)

    def decline(self) -> None:
        """The bank refuses the next charge. Raises Unreachable."""
        self.post("decline", code=self.refusal)

    def lose(self) -> None:
        """The notices of the next renewal are lost. Raises Unreachable."""
        self.post("callbacks/lose", times=self.told)

    def _ask(self, method: str, path: str, body: dict[str, object] | None, timeout: float) -> Any:
        with requests.Session() as session:
            session.trust_env = False  # no proxy stands between two processes of one machine
            try:
                answer = session.request(
                    method, f"{self.address()}/control/{path}", json=body, timeout=timeout
                )
                answer.raise_for_status()
            except requests.RequestException as error:
                raise Unreachable(type(error).__name__) from None
            return answer.json()


# Flow's general rejection, and a bank's word at Stripe, which tells of a renewal three times: the period, the
# bill, the payment.
flow = Simulator("Flow", "SIMULATOR_URL", "America/Santiago", -6, 1)
stripe = Simulator("Stripe", "STRIPE_SIMULATOR_URL", "UTC", "insufficient_funds", 3)


def running() -> list[Simulator]:
    return [each for each in (flow, stripe) if each.address()]


def leading() -> Simulator:
    """Whose clock is the site's: Flow's, and Stripe's where that runs alone."""
    return flow if flow.address() else stripe


def move(*, days: int = 0, months: int = 0) -> None:
    """Let time pass, a day at a time: one clock is the site's, and Stripe's is never a day behind it.

    A day in which Chile's clocks go forward is an hour longer here: Stripe bills by UTC, and that hour
    would be missing at the end of its period. Raises Unreachable.
    """
    leads = leading()
    days += _days_of(months) if months else 0
    begun = datetime.fromisoformat(leads.get("clock")["instant"])
    for day in range(1, days + 1):
        moved = datetime.fromisoformat(leads.post("clock", days=1)["instant"])
        if (missing := begun + timedelta(days=day) - moved) > timedelta(0):
            moved = datetime.fromisoformat(leads.post("clock", seconds=missing.total_seconds())["instant"])
        if leads is not stripe and stripe.address():
            stripe.post("clock", to=f"{moved.astimezone(UTC):%Y-%m-%d %H:%M:%S}")


def _days_of(months: int) -> int:
    """Until the same day so many months on, or that month's last."""
    today = datetime.fromisoformat(leading().get("clock")["now"])
    year, month = divmod(today.year * 12 + today.month - 1 + months, 12)
    day = min(today.day, monthrange(year, month + 1)[1])
    return (today.replace(year=year, month=month + 1, day=day) - today).days
