"""One account: its settings, its keys, its clock; then the way back, and what it is asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import addresses, clock, conf
from ..budget import time_budget
from ..exceptions import Busy, ConfigurationError, GatewayError, OutcomeUnknown
from ..gateways import gateways
from ..gateways.base import Gateway, Pulse
from .callback import examine_callbacks, has_address, is_private
from .findings import Area, Because, Code, Examined, Severity
from .project import tell_messages, told
from .questions import Questions, asked_of

#: How long one account may keep us in all, in seconds.
SECONDS = 120.0
#: A clock that is off by more is told of; by more than the second, signed notices are taken for old ones.
SKEW, MOST_SKEW = 30.0, 300.0

FAULTS = {
    "keys_missing": Code.KEYS_MISSING,
    "key_environment": Code.KEY_ENVIRONMENT,
    "signature": Code.SIGNATURE,
}


class AccountExam:
    """``no_rows``: why our tables cannot be read, None where they can. ``told``: what the system checks say
    of it, as it stands in the findings."""

    def __init__(self, alias: str, *, no_rows: Because | None) -> None:
        self.alias = alias
        self.no_rows = no_rows
        self.examined = Examined(alias, str(conf.get("GATEWAYS")[alias].get("MODE", "sandbox")))
        self.told: set[str] = set()

    def go(self) -> AccountExam:
        try:
            gateway = gateways[self.alias]
        except ConfigurationError as error:
            self._misconfigured(error)
            self.examined.leave(Because.SETTINGS, Area.KEYS, Area.CALLBACK, Area.PLANS, Area.CUSTOMERS)
            return self
        self.examined.mode = gateway.mode
        with time_budget(SECONDS):
            self._look(gateway)
        return self

    def _look(self, gateway: Gateway) -> None:
        self._settings(gateway)
        self._zone(gateway)
        pulse = self._keys(gateway)
        notice_url = self._way_back(gateway, pulse)
        if pulse is None:
            return
        self._clock(pulse)
        questions = Questions(gateway, self.examined, no_rows=self.no_rows, notice_url=notice_url)
        for areas, question in questions.each():
            if not self._ask(areas, question, gateway):
                break

    # Settings and keys

    def _settings(self, gateway: Gateway) -> None:
        """What is about the keys is told by them."""
        self.examined.see(Area.SETTINGS)
        messages = gateway.check()
        self.told = {message.msg for message in messages}
        self._fault = _fault_of(gateway)
        about_keys = str(self._fault) if self._fault and self._fault.fault else ""
        tell_messages(self.examined, [each for each in messages if each.msg != about_keys])

    def _misconfigured(self, error: ConfigurationError) -> None:
        self.told.add(str(error))
        code = FAULTS.get(error.fault, Code.SETTINGS)
        remedy = "" if code == Code.SETTINGS else str(self._remedies().get(error.fault, ""))
        details = [f"{error} {error.hint}".strip()] if code == Code.SETTINGS else []
        self.examined.find(code, details, remedy=remedy)

    def _remedies(self) -> dict[str, str]:
        return dict(gateways[self.alias].key_remedies)

    def _keys(self, gateway: Gateway) -> Pulse | None:
        """None where there is nothing more to be asked, and that is told."""
        self.examined.see(Area.KEYS)
        try:
            return gateway.ping()
        except ConfigurationError as error:
            if str(error) not in self.told or error.fault:
                self._misconfigured(error)
            because = Because.KEYS if error.fault else Because.SETTINGS
            self.examined.leave(because, *(() if error.fault else (Area.KEYS,)), *asked_of(gateway))
        except (GatewayError, Busy) as error:
            self.examined.find(Code.GATEWAY_UNANSWERED, [str(error)])
            self.examined.leave(Because.UNANSWERED, *asked_of(gateway))
        return None

    def _zone(self, gateway: Gateway) -> None:
        self.examined.see(Area.TIME_ZONE)
        if gateway.time_zone and gateway.time_zone != settings.TIME_ZONE:
            self.examined.find(Code.TIME_ZONE, [f"TIME_ZONE: {settings.TIME_ZONE} ≠ {gateway.time_zone}"])

    def _clock(self, pulse: Pulse) -> None:
        self.examined.see(Area.CLOCK)
        if pulse.skew is not None and abs(pulse.skew) > SKEW:
            ahead = _("%(n)s seconds behind") if pulse.skew > 0 else _("%(n)s seconds ahead")
            severity = Severity.ERROR if abs(pulse.skew) > MOST_SKEW else None
            self.examined.find(Code.CLOCK_SKEW, [ahead % {"n": round(abs(pulse.skew))}], severity=severity)
        if is_private(pulse.host) or not settings.USE_TZ:
            return
        if abs((clock.now() - timezone.now()).total_seconds()) > SKEW:
            self.examined.find(Code.CLOCK_REPLACED, [f"CLOCK: {conf.get('CLOCK')}: {told(clock.now())}"])

    # The way back, and what is asked

    def _way_back(self, gateway: Gateway, pulse: Pulse | None) -> str:
        """Where notices should go; "" where that is wrong. Where nobody answered and there is no real money,
        it may well be a simulator beside us."""
        is_near = is_private(pulse.host) if pulse else gateway.mode != "real"
        try:
            examine_callbacks(gateway, self.examined, is_near=is_near)
            return addresses.notice_url(gateway) if has_address(self.examined) else ""
        except ConfigurationError as error:
            self._misconfigured(error)
            self.examined.leave(Because.SETTINGS, Area.CALLBACK)
            return ""

    def _ask(self, areas: tuple[Area, ...], question: Callable[[], None], gateway: Gateway) -> bool:
        """False where asking on makes no sense; the rest is left then."""
        try:
            question()
        except ConfigurationError as error:
            self._misconfigured(error)
            self.examined.leave(Because.SETTINGS, *areas)
        except (GatewayError, Busy) as error:
            self.examined.find(Code.GATEWAY_UNANSWERED, [str(error)])
            if isinstance(error, (OutcomeUnknown, Busy)):
                self.examined.leave(Because.UNANSWERED, *asked_of(gateway, since=areas[0]))
                return False
            self.examined.leave(Because.UNANSWERED, *areas)
        return True


def said_of(aliases: Iterable[str]) -> set[str]:
    """What the system checks say of accounts that are not looked at."""
    said: set[str] = set()
    for alias in aliases:
        try:
            said |= {message.msg for message in gateways[alias].check()}
        except ConfigurationError as error:
            said.add(str(error))
    return said


def _fault_of(gateway: Gateway) -> ConfigurationError | None:
    """What is refused at use before anybody is asked."""
    try:
        gateway.strategies  # noqa: B018
    except ConfigurationError as error:
        return error
    return None
