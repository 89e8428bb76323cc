"""What one account is asked about: its plans, its endpoint, how it may charge, and its customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from django.db.models import Q
from django.utils.translation import gettext as _

from ..gateways import gateways
from ..gateways.base import Gateway, ListedCustomer, PriceDifference
from ..lifecycle import CheckoutStatus
from ..models import Checkout
from ..plans import Price, catalogue
from ..reconcile.orphans import bear_our_mark, not_on_our_books
from .findings import Area, Because, Code, Examined, Severity

#: So many customers are looked at, so that it takes seconds; payments_reconcile looks at all of them.
MOST_CUSTOMERS = 1000

PLAN = {
    "missing": Code.PLAN_MISSING,
    "active": Code.PLAN_INACTIVE,
    "product active": Code.PLAN_INACTIVE,
    "callback": Code.PLAN_CALLBACK,
}
ENDPOINT = {"missing": Code.ENDPOINT_MISSING, "api_version": Code.ENDPOINT_VERSION}

Question = tuple[tuple[Area, ...], Callable[[], None]]


class Questions:
    """Each raises what the gateway raises. ``no_rows``: why our tables cannot be read, None where they can;
    ``notice_url``: where notices should go, "" where that is wrong: nothing is compared with it then."""

    def __init__(
        self, gateway: Gateway, examined: Examined, *, no_rows: Because | None, notice_url: str
    ) -> None:
        self.gateway = gateway
        self.examined = examined
        self.no_rows = no_rows
        self.notice_url = notice_url

    def each(self) -> Iterator[Question]:
        """Those that the gateway can be asked, with what they are about."""
        has = asked_of(self.gateway)
        for areas, ask in (
            ((Area.PLANS, Area.PLAN_CALLBACKS), self.plans),
            ((Area.ENDPOINT,), self.endpoint),
            ((Area.STRATEGIES,), self.strategies),
            ((Area.CUSTOMERS,), self.customers),
        ):
            asked = tuple(area for area in areas if area in has)
            if asked:
                yield asked, ask

    def plans(self) -> None:
        found = [
            each
            for price in _sold_by(self.gateway)
            for each in self.gateway.diff_price(price, self.notice_url)
        ]
        self.examined.see(Area.PLANS)
        for code in (Code.PLAN_MISSING, Code.PLAN_INACTIVE, Code.PLAN_DIFFERS, Code.PLAN_CALLBACK):
            said = [each for each in found if PLAN.get(each.field, Code.PLAN_DIFFERS) == code]
            if said:
                self.examined.find(code, [_difference(each) for each in said])
        if self.notice_url and not self.gateway.keeps_endpoints:
            self.examined.see(Area.PLAN_CALLBACKS)
        elif not self.gateway.keeps_endpoints:
            self.examined.leave(Because.ADDRESS, Area.PLAN_CALLBACKS)

    def endpoint(self) -> None:
        if not self.notice_url:
            self.examined.leave(Because.ADDRESS, Area.ENDPOINT)
            return
        differences = self.gateway.diff_endpoint(self.notice_url)
        self.examined.see(Area.ENDPOINT)
        for code in (Code.ENDPOINT_MISSING, Code.ENDPOINT_DIFFERS, Code.ENDPOINT_VERSION):
            said = [each for each in differences if ENDPOINT.get(each.field, Code.ENDPOINT_DIFFERS) == code]
            if said:
                self.examined.find(code, [_changed(each.field, each.here, each.there) for each in said])

    def strategies(self) -> None:
        """By asking, where that leaves no trace; else by what payers met last."""
        used = {name for price in _sold_by(self.gateway) for name in self.gateway.strategies_for(price)}
        named = [name for name in self.gateway.strategies if name in used]
        answers = {name: self.gateway.lacks(name) for name in named}
        unknown = [name for name, lacking in answers.items() if lacking is None]
        if unknown and self.no_rows:
            self.examined.leave(self.no_rows, Area.STRATEGIES)
            return
        self.examined.see(Area.STRATEGIES)
        for name in named:
            lacking = answers[name]
            if lacking is None:
                lacking = self._met_last(name)
            if lacking is None:
                self.examined.leave(Because.NOBODY_TRIED, Area.STRATEGIES)
            elif lacking:
                self._refused(name, lacking, is_last=name == named[-1])

    def _refused(self, name: str, code: str, *, is_last: bool) -> None:
        """Where another strategy follows, payers go on by that."""
        self.examined.find(
            Code.STRATEGY_REFUSED,
            [f"{name}: {code}"],
            severity=Severity.ERROR if is_last else Severity.WARNING,
            remedy=str(self.gateway.account_refusals[code]),
        )

    def _met_last(self, strategy: str) -> str | None:
        """The refusal that the last payer met, "" where they got on, None where nobody has tried."""
        refused = Q(status=CheckoutStatus.REFUSED, reason__in=list(self.gateway.account_refusals))
        tried = Checkout.objects.filter(provider=self.gateway.alias, strategy=strategy, purpose="open")
        here = tried.filter(mode=self.gateway.mode_of(strategy)).order_by("-pk")
        met = here.filter(refused | Q(url__gt="") | Q(status=CheckoutStatus.DONE))
        reason = met.values_list("reason", flat=True).first()
        return reason if reason is None or reason in self.gateway.account_refusals else ""

    def customers(self) -> None:
        if self.no_rows:
            self.examined.leave(self.no_rows, Area.CUSTOMERS)
            return
        listed = list(islice(self.gateway.list_customers(), MOST_CUSTOMERS + 1))
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
            for each in not_on_our_books(ours[begin : begin + 500], self.gateway.alias, self.gateway.mode)
        ]
        if unknown:
            self.examined.find(Code.CUSTOMER_ORPHAN, unknown)


def asked_of(gateway: Gateway, since: Area | None = None) -> tuple[Area, ...]:
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
