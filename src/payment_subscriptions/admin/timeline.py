"""One time line of a subscription: charges, refunds, attempts, notices, events, discrepancies, and
what was done by hand.

Newest first: whoever opens the page asks about the last charge. Only charges and what was given back
of them stand in the money column, each once and in the money that was paid, so that the column can
be added up; everything else says its amounts in words.
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
from ..lifecycle import CheckoutStatus, PaymentStatus, RefundStatus
from ..models import Checkout, Discrepancy, Event, Notice, Payment, Refund, Subscription
from ..models.discrepancy import DiscrepancyKind
from ..money import format_money, make
from . import words
from .masking import mask, raw

# Of each kind: a daily plan fills this in months, a monthly one never.
MOST = 200


@dataclass(frozen=True)
class Entry:
    """One line. ``kind`` is its style, ``row`` what it is about, where that has a page. ``gives_back``:
    a payment that could be given back for it, ``way_back`` where, for who may."""

    at: datetime
    kind: str
    label: str
    text: str
    money: str = ""
    raw: str = ""
    row: Model | None = None
    gives_back: Payment | None = None
    way_back: str = ""


@dataclass(frozen=True)
class Timeline:
    """``is_cut``: there is more than is shown."""

    entries: list[Entry]
    is_cut: bool


def timeline(
    subscription: Subscription, payments: list[Payment], checkouts: list[Checkout], refunds: list[Refund]
) -> Timeline:
    """Everything that is known, newest first, in a fixed number of queries."""
    by_hand = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Subscription), object_id=str(subscription.pk)
    )
    discrepancies = _newest(subscription.discrepancies.all())
    shown = checkouts[-MOST:]
    kinds: list[list[Any]] = [
        payments[-MOST:],
        refunds[-MOST:],
        _newest(subscription.notices.all()),
        _newest(subscription.events.all()),
        _newest(by_hand.select_related("user")),
    ]
    entries = [entry for rows in kinds for entry in _entries(rows)]
    entries += [_checkout(row, following) for row, following in zip(shown, [*shown[1:], None], strict=True)]
    entries += [_discrepancy(row, payments) for row in discrepancies]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return Timeline(entries, is_cut=any(len(rows) == MOST for rows in [*kinds, shown, discrepancies]))


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
        _joined(_payment_words(payment), _unit(payment), words.period(payment), _back(payment)),
        format_money(payment.paid_money),
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
        payment,
    )


def _unit(payment: Payment) -> str:
    """The bill in UF, and its rate: the column has the pesos."""
    return words.paid(payment) if payment.settled_amount is not None else ""


def _back(payment: Payment) -> str:
    if not payment.refunded_amount:
        return ""
    return _("given back %(money)s") % {"money": format_money(payment.refunded)}


def _refund(refund: Refund) -> Entry:
    """Money that went back stands in the column; what may still go is in words."""
    is_back = refund.status == RefundStatus.REFUNDED
    by = _("asked for by %(who)s") % {"who": refund.requested_by} if refund.requested_by else ""
    refusal = _("reason %(code)s") % {"code": refund.failure_code} if refund.failure_code else ""
    doubt = (
        _("in doubt since %(moment)s: it waits for the provider's callback or for you")
        % {"moment": words.moment(refund.in_doubt_since)}
        if refund.is_in_doubt
        else ""
    )
    money = format_money(refund.money)
    return Entry(
        (refund.settled_at if is_back else None) or refund.created_at,
        "trouble" if doubt else "charge" if is_back else "event",
        _("Refund"),
        mask(
            _joined(
                str(refund.get_status_display()), "" if is_back else money, doubt, refusal, by, refund.reason
            )
        ),
        f"\N{MINUS SIGN}{money}" if is_back else "",
        raw(
            {
                "order": refund.order,
                "reference": refund.reference,
                "status": refund.status,
                "way": refund.method,
                "asked": refund.created_at,
                "call_begun": refund.call_begun_at,
                "due": refund.due_at,
            }
        ),
        refund,
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


def _checkout(checkout: Checkout, following: Checkout | None) -> Entry:
    """``following``: the attempt after it, which may be the next way that was tried."""
    what = f"{checkout.get_purpose_display()} ({checkout.strategy}): {checkout.get_status_display()}"
    reason = _("reason %(code)s") % {"code": checkout.reason} if checkout.reason else ""
    doubt = _in_doubt(checkout) if checkout.status == CheckoutStatus.IN_DOUBT else ""
    came = (
        _("the payer came back on %(moment)s") % {"moment": words.moment(checkout.returned_at)}
        if checkout.returned_at
        else ""
    )
    return Entry(
        checkout.created_at,
        "trouble" if doubt else "attempt",
        _("Attempt"),
        mask(_joined(what, *_what_for(checkout), reason, _then(checkout, following), doubt, came)),
        raw=raw(
            {
                "order": checkout.order,
                "price": checkout.price_key,
                "period_start": checkout.period_start,
                "closes": checkout.expires_at,
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


def _in_doubt(checkout: Checkout) -> str:
    since = {"moment": words.moment(checkout.in_doubt_since)}
    if checkout.purpose == "open":
        return _("in doubt since %(moment)s: the payer should not pay again yet") % since
    return _("in doubt since %(moment)s: it is not done again before that is over") % since


def _what_for(checkout: Checkout) -> Iterator[str]:
    """The price that it changes to, the period that it renews, its name at the provider."""
    if checkout.purpose == "change":
        yield _("to %(price)s") % {"price": checkout.price_key}
    if checkout.period_start:
        yield _("the period from %(day)s, %(price)s") % {
            "day": words.day(checkout.period_start),
            "price": checkout.price_key,
        }
    yield _("order %s") % checkout.order


def _then(checkout: Checkout, following: Checkout | None) -> str:
    """That the next way was tried where this one was refused."""
    if checkout.status != CheckoutStatus.REFUSED or following is None:
        return ""
    if (checkout.purpose, following.purpose) != ("open", "open") or checkout.strategy == following.strategy:
        return ""
    return _("then by %(strategy)s") % {"strategy": following.strategy}


def _notice(notice: Notice) -> Entry:
    arrivals = (
        _("arrived %(times)s times") % {"times": notice.arrivals}
        if notice.arrivals > 1
        else _("arrived once")
    )
    about = _("about a refund") if notice.about else ""
    return Entry(
        notice.received_at,
        "notice",
        _("Notice"),
        mask(_joined(about, str(notice.get_state_display()), arrivals, notice.error)),
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
        mask(_joined(words.event_words(event.name), *_said_in(event.name, payload), _amount_in(payload))),
        raw=raw({"event": event.name, "id": event.pk, **payload}),
        row=event,
    )


def _said_in(name: str, payload: dict[str, Any]) -> Iterator[str]:
    """What the words of the event leave open: which price, which kind, who."""
    if name == "subscription.plan_changed":
        yield _("from %(old)s to %(new)s") % {"old": payload.get("was"), "new": payload.get("price")}
    elif payload.get("next_price"):
        yield str(payload["next_price"])
    if name == "discrepancy.found" and payload.get("kind") in DiscrepancyKind.values:
        yield str(DiscrepancyKind(payload["kind"]).label)
    if name.startswith("refund.") and payload.get("note"):
        yield _("said by %(who)s: %(note)s") % {"who": payload.get("by"), "note": payload["note"]}


def _amount_in(payload: dict[str, Any]) -> str:
    try:
        return format_money(make(payload["amount"], payload["currency"]))
    except (KeyError, BadRequest):
        return ""


def _discrepancy(discrepancy: Discrepancy, payments: list[Payment]) -> Entry:
    proposes = not discrepancy.resolved_at and discrepancy.kind in words.PROPOSE_REFUND
    return Entry(
        discrepancy.created_at,
        "event" if discrepancy.resolved_at else "trouble",
        _("Discrepancy"),
        mask(
            _joined(
                str(discrepancy.get_kind_display()),
                words.amount(discrepancy.amount, discrepancy.currency),
                words.discrepancy(discrepancy),
                settled_words(discrepancy),
            )
        ),
        raw=raw(discrepancy.detail),
        row=discrepancy,
        gives_back=words.payment_meant(discrepancy, payments) if proposes else None,
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
    Refund: _refund,
    Notice: _notice,
    Event: _event,
    LogEntry: _by_hand,
}
