"""What is held of one payer: told whole, or made to name nobody while the books stay whole.

Everything hangs on Customers: whatever names them names the payer. Every column of every model is told; what
becomes of each by erasing stands in ``ERASED``, and a test demands an entry for each new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from .clock import now
from .exceptions import NotPossible
from .models import (
    Checkout,
    Customer,
    Discrepancy,
    Event,
    Notice,
    Payment,
    Receipt,
    Refund,
    Subscription,
)
from .models.columns import new_key
from .models.notice import NoticeState
from .outbox import News, write

GONE = "[erased]"
_EMAIL = re.compile(r"[^\s@<>,;:\"'()]+@[^\s@<>,;\"'()]+\.[^\s@<>,;\"'()]+")

# What becomes of a column. "empty": as if nothing had ever been written; "nobody": a key that names nobody;
# "scrub": e-mails, the name and the payer's key are cut from the text or JSON.
ERASED: dict[type[models.Model], dict[str, str]] = {
    Customer: {
        "payer_key": "nobody",
        "email": "empty",
        "name": "empty",
        "card_brand": "empty",
        "card_last4": "empty",
        "card_expires": "empty",
    },
    Subscription: {
        "user": "empty",
        "payer_key": "nobody",
        "email": "empty",
        "language": "empty",
        "metadata": "empty",
        "cancel_reason": "empty",
        "cancel_comment": "empty",
        "slot_key": "empty",
    },
    Checkout: {"token_hash": "empty", "url": "empty", "data": "scrub"},
    Payment: {"pay_url": "empty", "receipt_url": "empty"},
    Refund: {"reason": "scrub", "requested_by": "scrub"},
    Notice: {"body": "empty", "error": "scrub"},
    Event: {"payload": "scrub"},
    Receipt: {"error": "scrub"},
    Discrepancy: {"detail": "scrub"},
    LogEntry: {"object_repr": "scrub", "change_message": "scrub"},
}
UNDONE = (NoticeState.RECEIVED, NoticeState.DEAD)
EMPTY: dict[str, Any] = {"user": None, "card_expires": None, "metadata": dict, "slot_key": None}


@dataclass(frozen=True)
class Person:
    """The rows of one payer, by model."""

    rows: dict[type[models.Model], QuerySet[Any]]

    @property
    def customers(self) -> QuerySet[Customer]:
        return self.rows[Customer]

    @property
    def subscriptions(self) -> QuerySet[Subscription]:
        return self.rows[Subscription]


def find(name: str) -> Person:
    """By an e-mail, or by a payer's key ("user:5", "form:...", "email:...").

    An e-mail finds all that bear it, also those who typed it and proved nothing.
    """
    if name.startswith(("user:", "form:", "email:")):
        wanted = Q(payer_key=name)
    else:
        wanted = Q(email__iexact=name) | Q(payer_key__iexact=f"email:{name}")
    subscriptions = Subscription.objects.filter(wanted)
    customers = Customer.objects.filter(wanted | Q(pk__in=subscriptions.values("customer")))
    subscriptions = Subscription.objects.filter(customer__in=_pks(customers))
    emails = {each.email for each in (*customers, *subscriptions) if each.email}
    return Person(_rows(_pks(customers), _pks(subscriptions), emails))


def _rows(
    customers: list[int], subscriptions: list[int], emails: set[str]
) -> dict[type[models.Model], QuerySet[Any]]:
    payments = Payment.objects.filter(subscription__in=subscriptions)
    events = Event.objects.filter(subscription__in=subscriptions)
    rows: dict[type[models.Model], QuerySet[Any]] = {
        Customer: Customer.objects.filter(pk__in=customers),
        Subscription: Subscription.objects.filter(pk__in=subscriptions),
        Checkout: Checkout.objects.filter(Q(subscription__in=subscriptions) | Q(customer__in=customers)),
        Payment: payments,
        Refund: Refund.objects.filter(payment__in=payments.values("pk")),
        Notice: Notice.objects.filter(_told_of(subscriptions, emails)),
        Event: events,
        Receipt: Receipt.objects.filter(event__in=events.values("pk")),
        Discrepancy: Discrepancy.objects.filter(subscription__in=subscriptions),
    }
    rows[LogEntry] = LogEntry.objects.filter(_about(rows))
    return rows


def _told_of(subscriptions: list[int], emails: set[str]) -> Q:
    """Notices about them, and those about nothing of ours that are done and bear an e-mail of theirs."""
    found = Q(subscription__in=subscriptions)
    for email in emails:
        found |= Q(body__icontains=email) & ~Q(state__in=UNDONE)
    return found


def _about(rows: dict[type[models.Model], QuerySet[Any]]) -> Q:
    """Django's own log of what staff did to any of these."""
    found = Q(pk__in=())
    for model, queryset in rows.items():
        kind = ContentType.objects.get_for_model(model)
        found |= Q(content_type=kind, object_id__in=[str(pk) for pk in _pks(queryset)])
    return found


def _pks(queryset: QuerySet[Any]) -> list[int]:
    return list(queryset.order_by("pk").values_list("pk", flat=True))


def export(person: Person) -> dict[str, list[dict[str, Any]]]:
    """Every column of every row, by the model's name; an event on each subscription says that it was told."""
    told = {
        model._meta.model_name or "": list(queryset.order_by("pk").values())
        for model, queryset in person.rows.items()
    }
    with transaction.atomic(durable=True):
        for subscription in person.subscriptions:
            write(subscription, [News("payer.exported")])
    return told


def erase(person: Person) -> dict[str, int]:
    """Make all rows name nobody; how many there were of each model. Safe to repeat.

    Amounts, dates, statuses and the provider's references stay. What the provider says later brings nothing
    back. Raises NotPossible while something may still be charged, or money is on its way back.
    """
    with transaction.atomic(durable=True):
        customers = list(person.customers.select_for_update().order_by("pk"))
        _refuse_what_runs(person)
        secrets = _secrets(customers, person.subscriptions)
        for subscription in person.subscriptions.filter(customer__erased_at=None):
            write(subscription, [News("payer.erased")])
        for model in ERASED:
            _erase(model, person.rows[model], secrets)
        person.subscriptions.update(version=F("version") + 1, updated_at=now())
        _rename(customers)
    return {model._meta.model_name or "": queryset.count() for model, queryset in person.rows.items()}


def _refuse_what_runs(person: Person) -> None:
    if running := person.subscriptions.open():  # type: ignore[attr-defined]
        ids = ", ".join(str(row.public_id) for row in running)
        raise NotPossible(
            _("It still runs, and would go on charging: cancel it first, at once (%(ids)s).") % {"ids": ids}
        )
    if person.rows[Checkout].running().exists():  # type: ignore[attr-defined]
        raise NotPossible(_("An attempt of this payer is not over yet: wait until it is."))
    if person.rows[Notice].filter(state__in=UNDONE).exists():
        raise NotPossible(
            _("A notice about this payer is not done yet: let payments_sweep work it, or payments_replay.")
        )
    if person.rows[Refund].running().exists():  # type: ignore[attr-defined]
        raise NotPossible(_("Money of this payer is on its way back: wait until it is settled."))


def _secrets(customers: Iterable[Customer], subscriptions: QuerySet[Subscription]) -> list[str]:
    """What names the payer in a text, the longest first."""
    found = {text for each in customers for text in (each.email, each.name, each.payer_key)}
    found |= {text for each in subscriptions for text in (each.email, each.payer_key)}
    return sorted((text for text in found if len(text) > 2), key=len, reverse=True)


def _erase(model: type[models.Model], queryset: QuerySet[Any], secrets: list[str]) -> None:
    actions = ERASED[model]
    queryset.update(**{name: _nothing(model, name) for name, action in actions.items() if action == "empty"})
    scrubbed = [name for name, action in actions.items() if action == "scrub"]
    for row in queryset.only("pk", *scrubbed).iterator() if scrubbed else ():
        before = {name: getattr(row, name) for name in scrubbed}
        after = {name: scrub(value, secrets) for name, value in before.items()}
        if after != before:
            model._base_manager.filter(pk=row.pk).update(**after)


def _nothing(model: type[models.Model], name: str) -> Any:
    nothing = EMPTY.get(name, "")
    return nothing() if callable(nothing) else nothing


def _rename(customers: Iterable[Customer]) -> None:
    for customer in customers:
        nobody = customer.payer_key if customer.erased_at else f"erased:{new_key()}"
        Customer.objects.filter(pk=customer.pk).update(
            payer_key=nobody, erased_at=customer.erased_at or now()
        )
        Subscription.objects.filter(customer=customer.pk).update(payer_key=nobody)


def scrub(value: Any, secrets: Iterable[str]) -> Any:
    """A text, or JSON, without what names the payer, without any e-mail or page of the payer's."""
    if isinstance(value, dict):
        return {name: "" if name == "url" else scrub(item, secrets) for name, item in value.items()}
    if isinstance(value, list):
        return [scrub(item, secrets) for item in value]
    if not isinstance(value, str):
        return value
    for secret in secrets:
        value = re.sub(re.escape(secret), GONE, value, flags=re.IGNORECASE)
    return _EMAIL.sub(GONE, value)
