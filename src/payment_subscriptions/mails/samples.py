"""Every mail as it would go out, of made-up rows: for whoever restyles them, and for tests.

The rows are written in a transaction that is rolled back; nothing is sent, and no gateway is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from ..clock import now
from ..exceptions import ConfigurationError
from ..gateways import gateways
from ..lifecycle import PaymentStatus, Status
from ..models import Customer, Event, Payment, Subscription
from ..models.columns import new_key
from ..plans import Interval, Price, catalogue
from ..reminders import ladder
from .kinds import LINK
from .letters import letter_for
from .rendering import Rendered, read_by, render

REFERENCE = "EJEMPLO"
SOMEBODY = "persona@ejemplo.cl"


@dataclass(frozen=True)
class Case:
    """``title`` names it; ``days`` of columns count from now; ``by_hand``: of one that pays its bills."""

    title: str
    kind: str
    event: str
    payload: dict[str, Any] = field(default_factory=dict)
    status: Status = Status.ACTIVE
    days: dict[str, float] = field(default_factory=dict)
    payment: PaymentStatus = PaymentStatus.PAID
    retried: bool = False
    columns: dict[str, Any] = field(default_factory=dict)
    by_hand: bool = False


_OWING: dict[str, Any] = {"status": Status.PAST_DUE, "payment": PaymentStatus.FAILED}
_DAYS = {"period_start": 0, "period_end": 30, "paid_through": 30, "access_until": 30, "next_charge_at": 30}
_SINCE: dict[str, float] = {"past_due_since": -7.0, "access_until": 2.0, "paid_through": -7.0}
CASES = [
    Case("subscribed", "subscribed", "subscription.activated", {"was": "pending"}),
    Case(
        "subscribed, trial", "subscribed", "subscription.trial_started", status=Status.TRIALING,
        days={"trial_end": 7, "next_charge_at": 7},
    ),
    Case("subscribed, by bill", "subscribed", "subscription.activated", by_hand=True),
    Case("receipt", "receipt", "payment.paid"),
    Case("charge_failed, tried again", "charge_failed", "payment.failed", retried=True, **_OWING),
    Case("charge_failed", "charge_failed", "payment.failed", **_OWING),
    Case("card_expiring", "card_expiring", "card.expiring"),
    Case(
        "trial_ending", "trial_ending", "subscription.trial_ending", status=Status.TRIALING,
        days={"trial_end": 3, "next_charge_at": 3},
    ),
    Case(
        "cancel_scheduled", "cancel_scheduled", "subscription.cancel_scheduled",
        columns={"cancel_at_period_end": True},
    ),
    Case(
        "cancelled", "cancelled", "subscription.cancelled", {"was": "active"}, Status.CANCELLED,
        days={"ended_at": 0},
    ),
    Case(
        "ended_unpaid", "cancelled", "subscription.failed", {"was": "past_due"}, Status.FAILED,
        payment=PaymentStatus.CANCELLED, days={"ended_at": 0},
    ),
    Case(LINK, LINK, "payer.link_asked"),
]  # fmt: skip


def samples(language: str = "es", alias: str = "") -> Iterator[tuple[str, Rendered]]:
    """Every mail in that language, with its name: of a price that the gateway (by default the first that
    can) charges each period. Raises ConfigurationError where there is none."""
    gateway, price = _sold(alias)
    for case in [*CASES, *_reminders()]:
        strategy = _strategy(gateway, price, by_hand=case.by_hand)
        if strategy:
            with transaction.atomic():
                found = _rendered(case, gateway, price, strategy, language)
                transaction.set_rollback(True)
            if found:
                yield case.title, found


def _reminders() -> Iterator[Case]:
    """Of each template that DUNNING names, by card and by bill."""
    rungs = {rung.mail: rung for rung in ladder()}
    for mail, rung in rungs.items():
        told = {"rung": rung.number, "days": rung.days, "mail": mail}
        variants: dict[str, dict[str, Any]] = {
            f"{mail}, tried again": {"retried": True},
            mail: {},
            f"{mail}, by bill": {"by_hand": True},
        }
        for title, more in variants.items():
            yield Case(title, "dunning", "subscription.dunning", told, days=_SINCE, **_OWING, **more)


def _sold(alias: str) -> tuple[Any, Price]:
    for price in catalogue().prices():
        taking = [each for each in gateways.taking(price) if alias in ("", each)]
        if price.interval != Interval.ONCE and not price.trial_days and taking:
            return gateways[taking[0]], price
    raise ConfigurationError("There is no price that is charged each period", hint="Put one into PLANS.")


def _strategy(gateway: Any, price: Price, *, by_hand: bool) -> str:
    """One of that kind, "" where the gateway has none."""
    fitting = (each for each in gateway.strategies_for(price) if gateway.is_paid_by_hand(each) == by_hand)
    return next(fitting, "")


def _rendered(case: Case, gateway: Any, price: Price, strategy: str, language: str) -> Rendered | None:
    moment = now()
    row = _subscription(case, gateway, price, strategy, moment, language)
    payment = _payment(case, row, moment)
    told = {"payment": payment.reference, "expires": f"{_expires(moment) - timedelta(days=1):%Y-%m}"}
    if row.past_due_since:
        told["since"] = row.past_due_since.isoformat()
    event = Event.objects.create(name=case.event, subscription=row, payload=told | case.payload)
    with read_by(row):
        letter = letter_for(case.kind, event, row)
        return render(letter.template, letter.context) if letter else None


def _subscription(
    case: Case, gateway: Any, price: Price, strategy: str, moment: datetime, language: str
) -> Subscription:
    account = {"provider": gateway.alias, "mode": gateway.mode_of(strategy), "payer_key": f"form:{new_key()}"}
    customer = Customer.objects.create(
        email=SOMEBODY, card_brand="Visa", card_last4="4242", card_expires=_expires(moment), **account
    )
    moments = {name: moment + timedelta(days=number) for name, number in {**_DAYS, **case.days}.items()}
    return Subscription.objects.create(
        customer=customer, email=SOMEBODY, language=language, plan=catalogue().plan_of(price).key,
        price_key=price.key, amount=price.amount.amount, currency=price.currency, frequency=price.frequency,
        strategy=strategy, status=case.status, **account, **moments, **case.columns,
    )  # fmt: skip


def _expires(moment: datetime) -> date:
    """The month after this one is its last."""
    return (moment.date().replace(day=1) + timedelta(days=62)).replace(day=1)


def _payment(case: Case, row: Subscription, moment: datetime) -> Payment:
    is_paid = case.payment == PaymentStatus.PAID
    return Payment.objects.create(
        subscription=row, provider=row.provider, mode=row.mode, reference=REFERENCE,
        status=case.payment, amount=row.amount, currency=row.currency, period_start=row.period_start,
        period_end=row.period_end, paid_at=moment if is_paid else None, attempts=0 if is_paid else 1,
        next_attempt_at=moment + timedelta(days=1) if case.retried else None,
    )  # fmt: skip
