"""One time line of a subscription: charges, attempts, notices, events, discrepancies, and what was
done by hand.

Newest first: whoever opens the page asks about the last charge. Only charges stand in the money
column, each once, so that the column can be added up; events repeat their amounts in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from ..exceptions import BadRequest
from ..lifecycle import CheckoutStatus, PaymentStatus
from ..models import Checkout, Discrepancy, Event, Notice, Payment, Subscription
from ..money import format_money, make
from . import words
from .masking import mask, raw

# Of each kind: a daily plan fills this in months, a monthly one never.
MOST = 200


@dataclass(frozen=True)
class Entry:
    """One line. ``kind`` is its style, ``row`` what it is about, where that has a page."""

    at: datetime
    kind: str
    label: str
    text: str
    money: str = ""
    raw: str = ""
    row: Model | None = None


@dataclass(frozen=True)
class Timeline:
    """``is_cut``: there is more than is shown."""

    entries: list[Entry]
    is_cut: bool


def timeline(subscription: Subscription, payments: list[Payment], checkouts: list[Checkout]) -> Timeline:
    """Everything that is known, newest first, in a fixed number of queries."""
    by_hand = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Subscription), object_id=str(subscription.pk)
    )
    kinds: list[list[Any]] = [
        payments[-MOST:],
        checkouts[-MOST:],
        _newest(subscription.notices.all()),
        _newest(subscription.events.all()),
        _newest(subscription.discrepancies.all()),
        _newest(by_hand.select_related("user")),
    ]
    entries = [entry for rows in kinds for entry in _entries(rows)]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return Timeline(entries, is_cut=any(len(rows) == MOST for rows in kinds))


def _newest(rows: QuerySet[Any]) -> list[Any]:
    return list(rows.order_by("-pk")[:MOST])


def _entries(rows: Iterable[Any]) -> Iterator[Entry]:
    for row in rows:
        yield _WRITERS[type(row)](row)


def _payment(payment: Payment) -> Entry:
    return Entry(
        payment.paid_at or payment.created_at,
        "owed" if payment.is_owed else "charge",
        _("Charge"),
        _joined(_payment_words(payment), words.period(payment)),
        words.amount(payment.amount, payment.currency),
        raw(
            {
                "reference": payment.reference,
                "order": payment.order,
                "status": payment.status,
                "attempts": payment.attempts,
                "failure_code": payment.failure_code,
                "due": payment.due_at,
                "next_attempt": payment.next_attempt_at,
            }
        ),
        payment,
    )


def _payment_words(payment: Payment) -> str:
    if payment.status == PaymentStatus.FAILED:
        declined = _("Declined %(times)s times, last code %(code)s") % {
            "times": payment.attempts,
            "code": payment.failure_code or "—",
        }
        again = _("tried again on %(day)s") % {"day": words.moment(payment.next_attempt_at)}
        return f"{declined}; {again}" if payment.next_attempt_at else declined
    if payment.status == PaymentStatus.PENDING and payment.due_at:
        return _("Owed, due on %(day)s") % {"day": words.day(payment.due_at)}
    return str(payment.get_status_display())


def _checkout(checkout: Checkout) -> Entry:
    what = f"{checkout.get_purpose_display()} ({checkout.strategy}): {checkout.get_status_display()}"
    reason = _("reason %(code)s") % {"code": checkout.reason} if checkout.reason else ""
    doubt = (
        _("in doubt since %(moment)s: the payer should not pay again yet")
        % {"moment": words.moment(checkout.in_doubt_since)}
        if checkout.status == CheckoutStatus.IN_DOUBT
        else ""
    )
    came = (
        _("the payer came back on %(moment)s") % {"moment": words.moment(checkout.returned_at)}
        if checkout.returned_at
        else ""
    )
    return Entry(
        checkout.created_at,
        "trouble" if doubt else "attempt",
        _("Attempt"),
        mask(_joined(what, reason, doubt, came)),
        raw=raw(
            {
                "order": checkout.order,
                "provider": checkout.provider,
                "mode": checkout.mode,
                "status": checkout.status,
                "reason": checkout.reason,
                "call_begun": checkout.call_begun_at,
                "tries": checkout.tries,
                "due": checkout.due_at,
            }
        ),
    )


def _notice(notice: Notice) -> Entry:
    arrivals = (
        _("arrived %(times)s times") % {"times": notice.arrivals}
        if notice.arrivals > 1
        else _("arrived once")
    )
    return Entry(
        notice.received_at,
        "notice",
        _("Notice"),
        mask(_joined(notice.get_state_display(), arrivals, notice.error)),
        raw=raw(
            {"provider": notice.provider, "key": notice.key, "state": notice.state, "tries": notice.tries}
        ),
        row=notice,
    )


def _event(event: Event) -> Entry:
    payload: dict[str, Any] = event.payload if isinstance(event.payload, dict) else {}
    return Entry(
        event.created_at,
        "event",
        _("Recorded"),
        _joined(words.event_words(event.name), _amount_in(payload)),
        raw=raw({"event": event.name, "id": event.pk, **payload}),
        row=event,
    )


def _amount_in(payload: dict[str, Any]) -> str:
    try:
        return format_money(make(payload["amount"], payload["currency"]))
    except (KeyError, BadRequest):
        return ""


def _discrepancy(discrepancy: Discrepancy) -> Entry:
    return Entry(
        discrepancy.created_at,
        "event" if discrepancy.resolved_at else "trouble",
        _("Discrepancy"),
        mask(
            _joined(
                discrepancy.get_kind_display(),
                words.amount(discrepancy.amount, discrepancy.currency),
                settled_words(discrepancy),
            )
        ),
        raw=raw(discrepancy.detail),
        row=discrepancy,
    )


def settled_words(discrepancy: Discrepancy) -> str:
    """Who settled it, when, and the note; or that it waits."""
    if not discrepancy.resolved_at:
        return _("waits for a person")
    settled = discrepancy.detail.get("settled", {})
    said = _("settled on %(moment)s") % {"moment": words.moment(discrepancy.resolved_at)}
    by = _("by %(who)s") % {"who": settled["by"]} if settled.get("by") else ""
    note = f": {settled['note']}" if settled.get("note") else ""
    return mask(f"{said} {by}".strip() + note)


def _by_hand(entry: LogEntry) -> Entry:
    said = entry.get_change_message() or str(entry)
    return Entry(entry.action_time, "hand", _("By hand"), mask(f"{entry.user}: {said}"))


def _joined(*parts: str) -> str:
    return "; ".join(str(part) for part in parts if part)


_WRITERS: dict[type, Any] = {
    Payment: _payment,
    Checkout: _checkout,
    Notice: _notice,
    Event: _event,
    Discrepancy: _discrepancy,
    LogEntry: _by_hand,
}
