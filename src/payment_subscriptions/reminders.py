"""What time alone brings about, told once: a debt that stands, a trial that ends, a card that expires.

The event is the fact, its handlers do the rest (a mail, or what a project wants). That a fact has been told
is a column of its row, written by compare-and-set in the transaction of the event: whoever is killed before
the commit has told nothing, whoever comes second finds it told. Nothing is looked for that nobody hears.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from . import conf
from .clock import now
from .events import handlers_of
from .exceptions import ConfigurationError
from .gateways import gateways
from .models import Customer, Payment, Subscription
from .outbox import News, write
from .recording import Stale, bump, written

# Reminders are for their day: where the sweep stood still for longer, or they are switched on for debts of
# long ago, the rung is passed over.
PATIENCE = timedelta(days=7)


class Rung(NamedTuple):
    """``number`` counts from 1; ``days`` after the debt began; ``mail``: the name of its templates."""

    number: int
    days: float
    mail: str


def ladder() -> list[Rung]:
    """The rungs of DUNNING, from the bottom up."""
    rungs = sorted(conf.get("DUNNING"), key=lambda rung: float(rung[0]))
    return [Rung(number, float(days), str(mail)) for number, (days, mail) in enumerate(rungs, 1)]


def remind(limit: int = 1000) -> int:
    """Tell what is due, at most ``limit`` of each kind; how many rows it was."""
    kinds: dict[str, Callable[[int], Iterable[Callable[[], object]]]] = {
        "subscription.dunning": _debts,
        "subscription.trial_ending": _trials,
        "card.expiring": _cards,
    }
    heard = [found for name, found in kinds.items() if handlers_of(name)]
    return sum(_tell(each) for found in heard for each in found(limit))


def _tell(fact: Callable[[], object]) -> int:
    try:
        with transaction.atomic(durable=True):
            fact()
    except Stale:  # it has moved meanwhile: the next sweep looks at it anew
        return 0
    return 1


# --- debts --------------------------------------------------------------------------------------


def _debts(limit: int) -> Iterator[Callable[[], object]]:
    for rung in ladder():
        found = Subscription.objects.owing_for(rung.number - 1, rung.days).order_by("past_due_since")
        for row in list(found[:limit]):
            yield partial(_climb, row)


def _climb(row: Subscription) -> None:
    """To the highest rung that it has come to; those that were missed are passed over."""
    since = row.past_due_since
    reached = [rung for rung in ladder() if since and since + timedelta(days=rung.days) <= now()]
    if not since or not reached or row.dunned >= reached[-1].number:
        return
    rung, owed = reached[-1], row.owed
    bump(row, dunned=rung.number)
    if owed and _is_in_time(since + timedelta(days=rung.days)) and is_dunned(row, owed):
        write(row, [News("subscription.dunning", _debt(rung, since, owed))])


def _debt(rung: Rung, since: datetime, owed: list[Payment]) -> dict[str, Any]:
    return {
        "rung": rung.number,
        "days": int(rung.days) if rung.days.is_integer() else rung.days,
        "mail": rung.mail,
        "since": since.isoformat(),
        "amount": written(sum(payment.amount for payment in owed)),
        "currency": owed[0].currency,
    }


def is_dunned(row: Subscription, owed: list[Payment]) -> bool:
    """Whoever leaves is not reminded, nor whoever is reminded by the gateway itself."""
    if row.cancel_at_period_end or row.cancel_requested or not row.is_past_due:
        return False
    try:
        reminded = gateways.of(row).reminds_for(row.strategy)
    except ConfigurationError:
        return True
    return max(payment.created_at for payment in owed) + reminded <= now()


def _is_in_time(due: datetime) -> bool:
    return now() - due <= PATIENCE


# --- trials -------------------------------------------------------------------------------------


def _trials(limit: int) -> Iterator[Callable[[], object]]:
    found = Subscription.objects.trial_ending(conf.get("TRIAL_ENDING_DAYS")).order_by("trial_end")
    for row in list(found[:limit]):
        yield partial(_tell_of_trial, row)


def _tell_of_trial(row: Subscription) -> None:
    """Not of one that ends with its trial, nor of one so short that its beginning has just been told."""
    bump(row, trial_told=True)
    begun = row.created_at + timedelta(days=conf.get("TRIAL_ENDING_DAYS"))
    goes_on = row.is_on_trial and not (row.cancel_at_period_end or row.cancel_requested)
    if row.trial_end and begun < row.trial_end and goes_on:
        write(row, [News("subscription.trial_ending", {"trial_end": row.trial_end.isoformat()})])


# --- cards --------------------------------------------------------------------------------------


def _cards(limit: int) -> Iterator[Callable[[], object]]:
    today = timezone.localdate(now(), timezone.get_default_timezone())
    found = Customer.objects.card_expiring(today, conf.get("CARD_EXPIRING_DAYS"))
    for customer in list(found.order_by("card_expires")[:limit]):
        yield partial(_tell_of_card, customer)


def _tell_of_card(customer: Customer) -> None:
    """Of each subscription that it will be charged for."""
    unmoved = Customer.objects.filter(
        pk=customer.pk, card_warned=False, card_expires=customer.card_expires, card_last4=customer.card_last4
    )
    if not unmoved.update(card_warned=True) or customer.card_expires is None:
        return
    last = customer.card_expires - timedelta(days=1)
    charged = customer.subscriptions.begun().filter(cancel_at_period_end=False, cancel_requested="")
    for row in charged.exclude(next_charge_at=None).order_by("pk"):
        write(row, [News("card.expiring", {"expires": f"{last:%Y-%m}"})])
