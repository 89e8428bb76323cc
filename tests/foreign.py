"""A gateway that no neutral file knows, its provider, and the merchant who uses it.

The provider lives in this process, takes dollars, forgives nothing (the same call twice is done
twice) and does as it is told: ``provider.fault("charge", LOST_AFTER)``. It is reached by nothing
but an entry in GATEWAYS, as any gateway of a project's own would be.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.http import HttpRequest

from payment_subscriptions.billing import Billing, form_payer
from payment_subscriptions.checkout import returned
from payment_subscriptions.exceptions import (
    ConfigurationError,
    InvalidNotice,
    NotFound,
    OutcomeUnknown,
    Refused,
)
from payment_subscriptions.gateways.base import (
    AGAIN,
    NOTHING,
    WAIT,
    Attempt,
    Capabilities,
    Card,
    Gateway,
    Located,
    Mode,
    NextStep,
    Outcome,
    PaymentSnapshot,
    Received,
    Snapshot,
    Step,
)
from payment_subscriptions.lifecycle import PaymentStatus, Status
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price
from payment_subscriptions.sweep import sweep

EMAIL = "bob@mail.example"
MONTH = timedelta(days=30)
T = TypeVar("T")


class Killed(BaseException):
    """The process ends here: nobody catches it, nothing after it runs."""


# What may befall a call: before the provider did anything, or after.


def _outage() -> Exception:
    error = OutcomeUnknown("in trouble, wants to be left alone for two minutes")
    error.sent, error.is_outage, error.wait = False, True, 120
    return error


def _not_sent() -> Exception:
    error = OutcomeUnknown("no connection")
    error.sent = False
    return error


REFUSED_STRATEGY, REFUSED_REQUEST = "refused: strategy", "refused: request"
NOT_SENT, OUTAGE, LOST_BEFORE, LOST_AFTER = "not sent", "outage", "lost before", "lost after"
KILLED_BEFORE, KILLED_AFTER = "killed before", "killed after"
MISCONFIGURED, UNKNOWN_TO_IT, BUG = "misconfigured", "not found", "bug"

BEFORE: dict[str, Callable[[], BaseException]] = {
    REFUSED_STRATEGY: lambda: Refused("no contract", scope="strategy", code="no_contract"),
    REFUSED_REQUEST: lambda: Refused("no such bank", scope="request", code="bad_request"),
    NOT_SENT: _not_sent,
    OUTAGE: _outage,
    LOST_BEFORE: lambda: OutcomeUnknown("reset"),
    KILLED_BEFORE: Killed,
    MISCONFIGURED: lambda: ConfigurationError("wrong key"),
    UNKNOWN_TO_IT: lambda: NotFound("never heard of it"),
    BUG: lambda: RuntimeError("a bug of the gateway"),
}
AFTER: dict[str, Callable[[], BaseException]] = {
    LOST_AFTER: lambda: OutcomeUnknown("timeout"),
    KILLED_AFTER: Killed,
}


class Clock:
    """The merchant's and the provider's."""

    moment = datetime(2026, 1, 13, 12, tzinfo=UTC)

    def move(self, **span: float) -> None:
        self.moment += timedelta(**span)


clock = Clock()


def now() -> datetime:
    return clock.moment


@dataclass(frozen=True)
class Charge:
    """Money taken."""

    reference: str
    amount: Money


def next_period(snapshot: Snapshot, start: datetime, amount: Money, status: PaymentStatus) -> Snapshot:
    """The subscription with the month that begins then, and its charge."""
    payment = PaymentSnapshot(
        f"{snapshot.reference}-{len(snapshot.payments) + 1}",
        status,
        amount,
        period_start=start,
        period_end=start + MONTH,
        due_at=start,
        paid_at=start if status == PaymentStatus.PAID else None,
        failure_code="no_funds" if status == PaymentStatus.FAILED else "",
    )
    return replace(
        snapshot,
        status=Status.PAST_DUE if status == PaymentStatus.FAILED else snapshot.status,
        period_start=start,
        period_end=start + MONTH,
        next_charge_at=start + MONTH,
        payments=(*snapshot.payments, payment),
    )


class ForeignProvider:
    """What the provider knows and has done. ``calls`` is its access log."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        self.customers: list[tuple[str, str]] = []
        self.subscriptions: dict[str, Snapshot] = {}
        self.orders: dict[str, str] = {}
        self.charges: list[Charge] = []
        self.tokens: dict[str, Located] = {}
        self.calls: list[tuple[str, str]] = []
        self.asked_in_a_transaction: list[str] = []
        self.declines = False
        self.charges_instead: Money | None = None
        self.faults: dict[str, list[str]] = {}
        # Called at every call, in the calling thread, before anything happens.
        self.watch: Callable[[str], object] = lambda verb: None

    # How the tests drive it

    def fault(self, verb: str, *kinds: str, times: int = 1) -> None:
        """The next calls of ``verb`` meet these."""
        self.faults.setdefault(verb, []).extend(kinds * times)

    def called(self, verb: str) -> int:
        return sum(name == verb for name, _ in self.calls)

    def renew(self, reference: str, status: PaymentStatus = PaymentStatus.PAID, amount: Any = None) -> str:
        """A period goes by; the token of the notice that tells of it."""
        with self.lock:
            snapshot = self.subscriptions[reference]
            start = snapshot.period_end or clock.moment
            amount = amount or snapshot.payments[0].amount
            if status == PaymentStatus.PAID:
                self.charges.append(Charge(reference, amount))
            self.subscriptions[reference] = next_period(snapshot, start, amount, status)
            return self.token(Located(subscription_reference=reference))

    def change(self, reference: str, **columns: Any) -> None:
        self.subscriptions[reference] = replace(self.subscriptions[reference], **columns)

    def change_payment(self, reference: str, number: int = 0, **columns: Any) -> None:
        payments = list(self.subscriptions[reference].payments)
        payments[number] = replace(payments[number], **columns)
        self.change(reference, payments=tuple(payments))

    def token(self, located: Located) -> str:
        token = f"token-{uuid.uuid4().hex}"
        self.tokens[token] = located
        return token

    # What it does

    def call(self, verb: str, subject: str, commit: Callable[[], T]) -> T:
        """One call over the wire, and what befalls it."""
        with self.lock:
            self.calls.append((verb, subject))
            faults = self.faults.get(verb, [])
            fault = faults.pop(0) if faults else ""
        if connection.in_atomic_block:
            self.asked_in_a_transaction.append(verb)
            raise AssertionError(f"{verb} inside a transaction")
        self.watch(verb)
        if fault in BEFORE:
            raise BEFORE[fault]()
        with self.lock:
            result = commit()
        if fault in AFTER:
            raise AFTER[fault]()
        return result

    def add_customer(self, external_id: str) -> str:
        reference = f"C{len(self.customers) + 1}"
        self.customers.append((external_id, reference))
        return reference

    def customer_of(self, external_id: str) -> str:
        return next((reference for known, reference in self.customers if known == external_id), "")

    def open(self, order: str, customer: str, price: Price, *, pending: bool = False) -> str:
        """A subscription with its first charge, which is taken now unless ``pending`` or declined."""
        reference = f"S{len(self.subscriptions) + 1}"
        self.orders[order] = reference
        start, end = clock.moment, clock.moment + (MONTH if price.interval == Interval.MONTH else 12 * MONTH)
        trial_end = start + timedelta(days=price.trial_days) if price.trial_days else None
        paid = not (pending or self.declines or trial_end)
        amount = self.charges_instead or price.amount
        status = PaymentStatus.PAID if paid else PaymentStatus.PENDING
        if self.declines:
            status = PaymentStatus.FAILED
        payment = PaymentSnapshot(
            f"{reference}-1",
            status,
            amount,
            order=order,
            period_start=start,
            period_end=end,
            due_at=start,
            paid_at=start if paid else None,
        )
        if paid:
            self.charges.append(Charge(reference, amount))
        self.subscriptions[reference] = Snapshot(
            reference,
            Status.ACTIVE if paid else Status.PENDING,
            price.key,
            customer,
            period_start=start,
            period_end=end,
            next_charge_at=trial_end or end,
            trial_end=trial_end,
            card=Card("Visa", "4242"),
            payments=() if trial_end else (payment,),
        )
        if trial_end:
            self.change(reference, status=Status.TRIALING)
        if self.declines:
            self.change(reference, status=Status.PAST_DUE)
        return reference

    def pay(self, reference: str, number: int = 0) -> None:
        """The payer pays what is open."""
        self.charges.append(Charge(reference, self.subscriptions[reference].payments[number].amount))
        self.change_payment(reference, number, status=PaymentStatus.PAID, paid_at=clock.moment)
        self.change(reference, status=Status.ACTIVE)

    def end(self, reference: str, *, at_period_end: bool) -> None:
        if at_period_end:
            self.change(reference, cancel_at_period_end=True, next_charge_at=None)
        else:
            owed = [
                replace(p, status=PaymentStatus.CANCELLED)
                if p.status in (PaymentStatus.PENDING, PaymentStatus.FAILED)
                else p
                for p in self.subscriptions[reference].payments
            ]
            self.change(
                reference,
                status=Status.CANCELLED,
                ended_at=clock.moment,
                next_charge_at=None,
                payments=tuple(owed),
            )


# Alias to provider: two aliases are two accounts.
providers: dict[str, ForeignProvider] = {}
STEPS = {
    "page": ("customer", "page", "mandate", "charge"),
    "invoice": ("customer", "invoice"),
    "card": ("page", "mandate"),
}


class ForeignGateway(Gateway):
    """``page``: the payer enters a card on a page and is charged when back. ``invoice``: the payer
    pays later, by a link in a mail. ``demo``: shows pages, and is never paid."""

    name = "Foreign"
    currencies = frozenset({"USD"})
    capabilities = Capabilities(cancel_at_period_end=True, cancel_now=True, update_card=True)

    @property
    def provider(self) -> ForeignProvider:
        return providers.setdefault(self.alias, ForeignProvider())

    @property
    def strategies(self) -> tuple[str, ...]:
        return tuple(self.options.get("STRATEGIES", ("page",)))

    def mode_of(self, strategy: str) -> Mode:
        return "demo" if strategy == "demo" else self.mode

    def advance(self, attempt: Attempt) -> Step:
        if attempt.strategy == "demo":
            return Step(WAIT)
        step = _next(attempt)
        if step == "":
            return Step(NOTHING, Outcome.DONE, subscription_reference=attempt.subscription_reference)
        if step == "page" and "page" in attempt.data:
            return self.provider.call("look", attempt.order, lambda: Step(_page(attempt.data["page"])))
        return self.provider.call(step, attempt.order, lambda: self._take(step, attempt))

    def _take(self, step: str, attempt: Attempt) -> Step:
        if step == "customer":
            return Step(AGAIN, customer_reference=self.provider.add_customer(attempt.customer_id))
        if step == "page":
            token = f"page-{uuid.uuid4().hex}"
            return Step(_page(token), data={"page": token}, token=token)
        if step == "mandate":
            return Step(AGAIN, data={"mandate": True})
        reference = self.provider.open(
            attempt.order, attempt.customer_reference, attempt.price, pending=step == "invoice"
        )
        return Step(NOTHING, Outcome.DONE, subscription_reference=reference)

    def resolve(self, attempt: Attempt) -> Step:
        return self.provider.call("resolve", attempt.order, lambda: self._settle(attempt))

    def _settle(self, attempt: Attempt) -> Step:
        """A page or a mandate more does no harm; customers and subscriptions are looked for."""
        step = _next(attempt)
        if step == "customer":
            return Step(AGAIN, customer_reference=self.provider.customer_of(attempt.customer_id))
        if step in ("charge", "invoice") and attempt.order in self.provider.orders:
            reference = self.provider.orders[attempt.order]
            return Step(NOTHING, Outcome.DONE, subscription_reference=reference)
        return Step(AGAIN)

    def expire(self, attempt: Attempt) -> None:
        self.provider.call("expire", attempt.order, lambda: None)
        if attempt.order in self.provider.orders:
            raise Refused("It has become a subscription.")

    def fetch(self, reference: str) -> Snapshot:
        return self.provider.call("fetch", reference, lambda: self._known(reference))

    def _known(self, reference: str) -> Snapshot:
        try:
            return self.provider.subscriptions[reference]
        except KeyError:
            raise NotFound from None

    def receive(self, request: HttpRequest) -> Received:
        token = request.POST.get("token", "")
        if not token:
            raise InvalidNotice("Token required")
        return Received(key=hashlib.sha256(token.encode()).hexdigest(), body=token)

    def locate(self, body: str) -> Located:
        return self.provider.call("locate", body, lambda: self._told(body))

    def _told(self, token: str) -> Located:
        try:
            return self.provider.tokens[token]
        except KeyError:
            raise NotFound from None

    def cancel(self, reference: str, *, at_period_end: bool) -> None:
        self.provider.call(
            "cancel", reference, lambda: self.provider.end(reference, at_period_end=at_period_end)
        )


def _next(attempt: Attempt) -> str:
    done = {
        "customer": bool(attempt.customer_reference),
        "page": "page" in attempt.data and attempt.returned_at is not None,
        "mandate": "mandate" in attempt.data,
    }
    steps = STEPS["card" if attempt.purpose == "card" else attempt.strategy]
    return next((step for step in steps if not done.get(step)), "")


def _page(token: str) -> NextStep:
    return NextStep("go", f"https://pay.example/{token}")


# The merchant

TEAM = Plan(
    "team",
    "Team",
    (
        Price("team_monthly_v1", Money("12.50", "USD")),
        Price("team_yearly_v1", Money(120, "USD"), Interval.YEAR),
    ),
)
DESK = Plan("desk", "Desk", (Price("desk_monthly_v1", Money(5, "USD")),), grace_days=0)
EXTRA = Plan("extra", "Extra", (Price("extra_monthly_v1", Money(3, "USD")),), slot="extra")
TRIAL = Plan("trial", "Trial", (Price("trial_monthly_v1", Money(9, "USD"), trial_days=7),))
PLANS = [TEAM, DESK, EXTRA, TRIAL]

MONTHLY = "team_monthly_v1"


def foreign_settings(**changes: Any) -> dict[str, Any]:
    """PAYMENT_SUBSCRIPTIONS with the foreign gateway; ``foreign`` changes its options."""
    return {
        "GATEWAYS": {
            "foreign": {"BACKEND": "tests.foreign.ForeignGateway", "MODE": "sandbox"}
            | changes.pop("foreign", {})
        },
        "PLANS": "tests.foreign.PLANS",
        "BASE_URL": "https://shop.example",
        "CLOCK": "tests.foreign.now",
        **changes,
    }


def payer(nonce: str = "nonce", email: str = EMAIL) -> Billing:
    return form_payer(nonce, email)


def come_back(checkout: Checkout) -> Checkout:
    """The payer entered a card on the provider's page and comes back."""
    return returned(Checkout.objects.get(pk=checkout.pk))


def subscribe(nonce: str = "nonce", price: str = MONTHLY) -> Subscription:
    """The whole way: choose, enter a card, come back."""
    return come_back(payer(nonce).subscribe(price)).subscription


def sweep_later(rounds: int = 4, **span: float) -> None:
    """Time goes by (two minutes: more than a lease), and the sweep comes round several times."""
    clock.move(**(span or {"minutes": 2}))
    for _round in range(rounds):
        sweep()
        clock.move(seconds=1)


def at_once(functions: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run each in a thread of its own with its own connection, begun together; what came of each."""
    results: list[T | Exception] = [RuntimeError("never ran")] * len(functions)
    barrier = threading.Barrier(len(functions))

    def work(number: int) -> None:
        try:
            barrier.wait(timeout=20)
            results[number] = functions[number]()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def only(results: Iterable[T | Exception]) -> list[T]:
    """The results, where nothing failed."""
    found = list(results)
    for result in found:
        if isinstance(result, Exception):
            raise result
    return found  # type: ignore[return-value]


def from_elsewhere(question: Callable[[], T]) -> T:
    """The answer that another connection gets: what is committed."""
    return only(at_once([question]))[0]


def reopened(row: Any) -> Any:
    """The row as it is now."""
    return type(row).objects.get(pk=row.pk)
