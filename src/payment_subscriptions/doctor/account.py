"""What is one account's: keys, the way back, plans, and what the gateway has that we have not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import addresses, clock, conf, views
from ..budget import time_budget
from ..checks.callbacks import Callback, callbacks_of, look_at
from ..exceptions import Busy, ConfigurationError, GatewayError, OutcomeUnknown
from ..gateways import gateways
from ..gateways.base import Gateway, ListedCustomer, PriceDifference, Pulse
from ..lifecycle import CheckoutStatus
from ..models import Checkout
from ..plans import Price, catalogue
from ..reconcile.orphans import bear_our_mark, not_on_our_books
from .callback import is_private, trouble_with
from .findings import Area, Because, Code, Examined, Severity
from .project import tell_messages, told

#: How long one account may keep us in all, in seconds.
SECONDS = 120.0
#: So many customers are looked at, so that it takes seconds; payments_reconcile looks at all of them.
MOST_CUSTOMERS = 1000
#: A clock that is off by more is told of; by more than the second, signed notices are taken for old ones.
SKEW, MOST_SKEW = 30.0, 300.0

FAULTS = {
    "keys_missing": Code.KEYS_MISSING,
    "key_environment": Code.KEY_ENVIRONMENT,
    "signature": Code.SIGNATURE,
}
PLAN = {
    "missing": Code.PLAN_MISSING,
    "active": Code.PLAN_INACTIVE,
    "product active": Code.PLAN_INACTIVE,
    "callback": Code.PLAN_CALLBACK,
}
ENDPOINT = {"missing": Code.ENDPOINT_MISSING, "api_version": Code.ENDPOINT_VERSION}


class AccountExam:
    """``has_rows``: whether our tables can be read. ``told``: what the system checks say of it, as it stands
    in the findings."""

    def __init__(self, alias: str, *, has_rows: bool) -> None:
        self.alias = alias
        self.has_rows = has_rows
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
        self._callback(gateway, is_near=is_private(pulse.host) if pulse else _is_near_by_settings(gateway))
        if pulse is None:
            return
        self._clock(pulse)
        has = _asked_of(gateway)
        for areas, look in self._questions():
            asked = tuple(area for area in areas if area in has)
            if asked and not self._ask(asked, look, gateway):
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
            self.examined.leave(because, *(() if error.fault else (Area.KEYS,)), *_asked_of(gateway))
        except (GatewayError, Busy) as error:
            self.examined.find(Code.GATEWAY_UNANSWERED, [str(error)])
            self.examined.leave(Because.UNANSWERED, *_asked_of(gateway))
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
        off = abs((clock.now() - timezone.now()).total_seconds())
        if off > SKEW and not is_private(pulse.host):
            self.examined.find(Code.CLOCK_REPLACED, [f"CLOCK: {conf.get('CLOCK')}: {told(clock.now())}"])

    # The way back

    def _callback(self, gateway: Gateway, *, is_near: bool) -> None:
        self.examined.see(Area.CALLBACK)
        try:
            found = list(callbacks_of(gateway))
        except ConfigurationError as error:
            self._misconfigured(error)
            return
        if not found:  # no BASE_URL: the settings' own check says so
            self.examined.leave(Because.SETTINGS, Area.CALLBACK)
            return
        for callback in found:
            if callback.view is views.notice:
                self._notices(callback, is_near=is_near)
            elif not self.examined.is_wrong(Area.CALLBACK):
                self._return(callback)

    def _notices(self, callback: Callback, *, is_near: bool) -> None:
        """That of refunds is not told where that of all notices is wrong already."""
        if self.examined.is_wrong(Area.CALLBACK):
            return
        if not callback.url.scheme.startswith("http") or not callback.url.netloc:
            tell_messages(self.examined, look_at(callback))
            self.examined.leave(Because.SETTINGS, Area.CALLBACK)
            return
        trouble = trouble_with(callback.url, callback.gateway, is_near=is_near)
        if trouble:
            self.examined.find(trouble.code, trouble.details, severity=trouble.severity, url=trouble.url)

    def _return(self, callback: Callback) -> None:
        """A browser follows redirects and has a session: what the URLs tell is enough."""
        said = [message for message in look_at(callback) if not message.is_silenced()]
        if said:
            self.examined.find(Code.RETURN_ADDRESS, [f"{each.msg} {each.hint}" for each in said])

    @property
    def _has_address(self) -> bool:
        """Whether it is known where notices should go: an address that is wrong is none to compare with."""
        wrong = [found for found in self.examined.findings if found.area == Area.CALLBACK]
        return all(found.code in (Code.CALLBACK_INSECURE, Code.RETURN_ADDRESS) for found in wrong)

    # What is asked

    def _questions(self) -> Iterator[tuple[tuple[Area, ...], Callable[[Gateway], None]]]:
        yield (Area.PLANS, Area.PLAN_CALLBACKS), self._plans
        yield (Area.ENDPOINT,), self._endpoint
        yield (Area.STRATEGIES,), self._strategies
        yield (Area.CUSTOMERS,), self._customers

    def _ask(self, areas: tuple[Area, ...], look: Callable[[Gateway], None], gateway: Gateway) -> bool:
        """False where asking on makes no sense; the rest is left then."""
        try:
            look(gateway)
        except ConfigurationError as error:
            self._misconfigured(error)
            self.examined.leave(Because.SETTINGS, *areas)
        except (GatewayError, Busy) as error:
            self.examined.find(Code.GATEWAY_UNANSWERED, [str(error)])
            if isinstance(error, (OutcomeUnknown, Busy)):
                self.examined.leave(Because.UNANSWERED, *_asked_of(gateway, since=areas[0]))
                return False
            self.examined.leave(Because.UNANSWERED, *areas)
        return True

    def _plans(self, gateway: Gateway) -> None:
        url = addresses.notice_url(gateway) if self._has_address else ""
        found = [each for price in _sold_by(gateway) for each in gateway.diff_price(price, url)]
        self.examined.see(Area.PLANS)
        for code in (Code.PLAN_MISSING, Code.PLAN_INACTIVE, Code.PLAN_DIFFERS, Code.PLAN_CALLBACK):
            said = [each for each in found if PLAN.get(each.field, Code.PLAN_DIFFERS) == code]
            if said:
                self.examined.find(code, [_difference(each) for each in said])
        if url and not gateway.keeps_endpoints:
            self.examined.see(Area.PLAN_CALLBACKS)
        elif not gateway.keeps_endpoints:
            self.examined.leave(Because.ADDRESS, Area.PLAN_CALLBACKS)

    def _endpoint(self, gateway: Gateway) -> None:
        if not self._has_address:
            self.examined.leave(Because.ADDRESS, Area.ENDPOINT)
            return
        differences = gateway.diff_endpoint(addresses.notice_url(gateway))
        self.examined.see(Area.ENDPOINT)
        for code in (Code.ENDPOINT_MISSING, Code.ENDPOINT_DIFFERS, Code.ENDPOINT_VERSION):
            said = [each for each in differences if ENDPOINT.get(each.field, Code.ENDPOINT_DIFFERS) == code]
            if said:
                self.examined.find(code, [_changed(each.field, each.here, each.there) for each in said])

    def _strategies(self, gateway: Gateway) -> None:
        """By asking, where that leaves no trace; else by what payers met last."""
        used = {name for price in _sold_by(gateway) for name in gateway.strategies_for(price)}
        named = [name for name in gateway.strategies if name in used]
        answers = {name: gateway.lacks(name) for name in named}
        unknown = [name for name, lacking in answers.items() if lacking is None]
        if unknown and not self.has_rows:
            self.examined.leave(Because.DATABASE, Area.STRATEGIES)
            return
        self.examined.see(Area.STRATEGIES)
        for name in named:
            lacking = answers[name]
            if lacking is None:
                lacking = self._met_last(gateway, name)
            if lacking is None:
                self.examined.leave(Because.NOBODY_TRIED, Area.STRATEGIES)
            elif lacking:
                self._refused(gateway, name, lacking, is_last=name == named[-1])

    def _refused(self, gateway: Gateway, name: str, code: str, *, is_last: bool) -> None:
        """Where another strategy follows, payers go on by that."""
        self.examined.find(
            Code.STRATEGY_REFUSED,
            [f"{name}: {code}"],
            severity=Severity.ERROR if is_last else Severity.WARNING,
            remedy=str(gateway.account_refusals[code]),
        )

    def _met_last(self, gateway: Gateway, strategy: str) -> str | None:
        """The refusal that the last payer met, "" where they got on, None where nobody has tried."""
        refused = Q(status=CheckoutStatus.REFUSED, reason__in=list(gateway.account_refusals))
        tried = Checkout.objects.filter(provider=gateway.alias, strategy=strategy, purpose="open")
        last = (
            tried.filter(
                refused | Q(url__gt="") | Q(status=CheckoutStatus.DONE), mode=gateway.mode_of(strategy)
            )
            .order_by("-pk")
            .values_list("status", "reason")
            .first()
        )
        if last is None:
            return None
        return last[1] if last[0] == CheckoutStatus.REFUSED and last[1] in gateway.account_refusals else ""

    def _customers(self, gateway: Gateway) -> None:
        if not self.has_rows:
            self.examined.leave(Because.DATABASE, Area.CUSTOMERS)
            return
        listed = list(islice(gateway.list_customers(), MOST_CUSTOMERS + 1))
        self.examined.see(Area.CUSTOMERS)
        if len(listed) > MOST_CUSTOMERS:
            self.examined.leave(Because.TOO_MANY, Area.CUSTOMERS)
        ours = bear_our_mark(listed[:MOST_CUSTOMERS])
        self._orphans(ours)
        keys = Counter(each.key for each in ours)
        twice = [each.reference for each in ours if keys[each.key] > 1]
        if twice:
            self.examined.find(Code.CUSTOMER_DUPLICATE, twice)

    def _orphans(self, ours: list[ListedCustomer]) -> None:
        unknown = [
            each.reference
            for begin in range(0, len(ours), 500)
            for each in not_on_our_books(ours[begin : begin + 500], self.alias, self.examined.mode)
        ]
        if unknown:
            self.examined.find(Code.CUSTOMER_ORPHAN, unknown)


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


def _asked_of(gateway: Gateway, since: Area | None = None) -> tuple[Area, ...]:
    """What that gateway can be asked about, in the order in which it is; ``since``: what is still to come."""
    found = {
        Area.CLOCK: True,
        Area.PLANS: True,
        Area.PLAN_CALLBACKS: not gateway.keeps_endpoints,
        Area.ENDPOINT: gateway.keeps_endpoints,
        Area.STRATEGIES: bool(gateway.account_refusals),
        Area.CUSTOMERS: gateway.lists,
    }
    order = [area for area, has in found.items() if has]
    return tuple(order[order.index(since) if since else 0 :])


def _is_near_by_settings(gateway: Gateway) -> bool:
    """Where nobody answered: without real money it may well be a simulator beside us."""
    return gateway.mode != "real"


def _sold_by(gateway: Gateway) -> Iterator[Price]:
    """Those that may be sold there. Raises ConfigurationError."""
    for price in catalogue().prices():
        if gateway.alias in gateways.taking(price):
            yield price


def _difference(each: PriceDifference) -> str:
    """Of what is not there, or not in force, the name alone."""
    if PLAN.get(each.field) in (Code.PLAN_MISSING, Code.PLAN_INACTIVE):
        return each.price
    return f"{each.price}: {_changed(each.field, each.here, each.there)}"


def _changed(field: str, here: str, there: str) -> str:
    if field == "missing":
        return here
    return _("%(field)s: %(here)s here, %(there)s there") % {
        "field": field,
        "here": here or "–",
        "there": there or "–",
    }
