"""Our rows against what was listed: in batches, to find the few that differ; then those one by one.

A list is some minutes old by the time it is compared, and does not tell everything. So it only points at
rows: each of those is asked about anew, and what differs is what recording the answer would change, by the
very code that records it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from .. import recording, verbs
from ..exceptions import NotFound
from ..gateways.base import Gateway, Snapshot
from ..lifecycle import GIVEN_BACK, OPEN, OWED, PAYING, PaymentStatus, Status
from ..models import Checkout, Discrepancy, Payment, Subscription
from ..models.discrepancy import DiscrepancyKind
from ..money import Money, format_money
from ..plans import Price, catalogue
from . import notebook
from .findings import Cause, Finding, Kind, total
from .notebook import BATCH, Notebook

#: What was paid so soon after the first day that is compared may have been asked for before it.
EDGE = timedelta(days=2)


@dataclass
class Suspects:
    """The pks of rows that may differ; ``unseen``: the payments of a row that were paid by our books, and
    that the provider did not list."""

    pks: set[int] = field(default_factory=set)
    unseen: dict[int, set[str]] = field(default_factory=dict)


class Prices:
    """The catalogue by the provider's ids, read once."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        sold = catalogue()
        self._by_id = {gateway.price_id(price): price for price in sold.prices()}
        self._slots = {price_id: sold.plan_of(price).slot for price_id, price in self._by_id.items()}
        self._ids = {price.key: price_id for price_id, price in self._by_id.items()}

    def of(self, price_id: str) -> Price | None:
        return self._by_id.get(price_id)

    def slot(self, price_id: str) -> str:
        """ "" for a price that is none of ours."""
        return self._slots.get(price_id, "")

    def id_of(self, row: Subscription) -> str:
        """Of what its payer agreed to, also where the catalogue has lost it."""
        return self._ids.get(row.price_key) or self._gateway.price_id(row.agreed_price)


class Comparison:
    """Of one account's list with our rows of that provider and mode."""

    def __init__(self, gateway: Gateway, listed: Notebook, since: datetime) -> None:
        self.gateway = gateway
        self.listed = listed
        self.since = since
        self.prices = Prices(gateway)
        self.account: dict[str, Any] = {"provider": gateway.alias, "mode": gateway.mode}

    # Which rows to ask about

    def suspects(self) -> Suspects:
        found = Suspects()
        for there in self.listed.subscriptions():
            found.pks |= self._differing(there)
        for paid in self.listed.payments():
            found.pks |= self._differing_payments(paid)
        for rows in self._in_batches(Subscription, Q(status__in=OPEN) | Q(ended_at__gte=self.since)):
            found.pks |= self._unlisted(rows)
        for payments in self._in_batches(Payment, self._worth_listing(), "subscription"):
            self._note_unlisted(payments, found)
        return found

    def _differing(self, there: Sequence[notebook.Subscription]) -> set[int]:
        """And note whose they are."""
        rows = self.rows_of([each.reference for each in there])
        self.listed.tie(
            (rows[each.reference].pk if each.reference in rows else None, self.prices.slot(each.price_id),
             each.reference)
            for each in there
        )  # fmt: skip
        known = ((rows[each.reference], each) for each in there if each.reference in rows)
        return {row.pk for row, each in known if not self._is_as(row, each)}

    def rows_of(self, references: Sequence[str]) -> dict[str, Subscription]:
        """Our rows by what the provider calls them, or their successor."""
        wanted = Q(reference__in=references) | Q(successor_reference__in=references)
        found: dict[str, Subscription] = {}
        for row in Subscription.objects.filter(wanted, **self.account):
            found[row.successor_reference] = found[row.reference or ""] = row
        found.pop("", None)
        return {reference: found[reference] for reference in references if reference in found}

    def _is_as(self, row: Subscription, there: notebook.Subscription) -> bool:
        """One that goes on as another is always asked about."""
        if row.successor_reference:
            return False
        here = (
            row.status,
            self.prices.id_of(row),
            row.quantity,
            row.period_end,
            row.cancel_at_period_end,
            row.next_price_key,
        )
        following = self.prices.of(there.next_price_id)
        return here == (
            there.status,
            there.price_id,
            there.quantity,
            there.period_end,
            there.leaves,
            following.key if following else "",
        )

    def _differing_payments(self, there: Sequence[notebook.Payment]) -> set[int]:
        known = {
            payment.reference: payment
            for payment in Payment.objects.filter(
                reference__in=[each.reference for each in there], **self.account
            )
        }
        found = {known[p.reference].subscription_id for p in there if p.reference in known
                 if not _is_as_told(known[p.reference], p)}  # fmt: skip
        return found | self._owners([each for each in there if each.reference not in known])

    def _owners(self, unknown: Sequence[notebook.Payment]) -> set[int]:
        """Our rows that a payment which is not on our books belongs to."""
        rows = self.rows_of([each.subscription for each in unknown if each.subscription])
        return {row.pk for row in rows.values()} | set(self.orders(unknown).values())

    def orders(self, payments: Iterable[notebook.Payment]) -> dict[str, int]:
        """Our row's pk by the name of its order, of those payments that are of no subscription there."""
        names = [each.order for each in payments if each.order and not each.subscription]
        found = Checkout.objects.filter(order__in=names, **self.account)
        return dict(found.values_list("order", "subscription_id"))

    def _unlisted(self, rows: Sequence[Subscription]) -> set[int]:
        kept = {row.reference: row.pk for row in rows if row.reference and self.gateway.renews(row.strategy)}
        return {kept[name] for name in self.listed.unseen("subscription", list(kept))}

    def _worth_listing(self) -> Q:
        """Payments that the list should have, or that may have moved where it has not: paid since, owed,
        disputed."""
        paid = Q(status__in=PAYING, paid_at__gte=self.since + EDGE)
        return paid | Q(status__in=[*OWED, PaymentStatus.DISPUTED])

    def _note_unlisted(self, payments: Sequence[Payment], found: Suspects) -> None:
        """An order of ours that is not listed has not been paid: as it stands here."""
        unseen = self.listed.unseen("payment", [payment.reference for payment in payments])
        for payment in payments:
            if payment.reference not in unseen:
                continue
            if payment.status in PAYING:
                found.unseen.setdefault(payment.subscription_id, set()).add(payment.reference)
            elif not self.gateway.renews(payment.subscription.strategy) and payment.status in OWED:
                continue
            found.pks.add(payment.subscription_id)

    def _in_batches(self, model: Any, wanted: Q, *related: str) -> Iterator[list[Any]]:
        last = 0
        rows = model.objects.filter(wanted, **self.account).select_related(*related).order_by("pk")
        while batch := list(rows.filter(pk__gt=last)[:BATCH]):
            last = batch[-1].pk
            yield batch

    # One row

    def differences(self, pk: int, unseen: frozenset[str] = frozenset()) -> list[Finding]:
        """Ask about it, and say what recording the answer would change. Raises OutcomeUnknown, Refused or
        ConfigurationError."""
        row = Subscription.objects.select_related("customer").get(pk=pk)
        before, paid = copy(row), {payment.reference: payment for payment in row.payments.all()}
        try:
            snapshot = verbs.fetch(row)
        except NotFound:
            return list(self._gone(row))
        moved, findings = recording.work_out(row, snapshot)
        found = [
            *self._of_money(row, paid, moved, snapshot, unseen),
            *self._to_be_settled(row, findings.discrepancies),
            *self._of_the_row(before, row),
        ]
        if (
            not found
            and row.status != Status.PENDING
            and any(getattr(before, name) != getattr(row, name) for name in _DATES)
        ):
            found = [self.about(row, Kind.PERIOD, Cause.NOTICE_LOST, repairs=True)]
        return [*self._of_access(before, row, found, paid | {p.reference: p for p in moved}), *found]

    def about(self, row: Subscription, kind: Kind, cause: Cause, **columns: Any) -> Finding:
        named = {"subscription": str(row.public_id), "payer": row.payer_key, "reference": row.reference or ""}
        return Finding(kind, cause=cause, **(self.account | named | columns))

    def _gone(self, row: Subscription) -> Iterator[Finding]:
        if self._is_settled(f"{DiscrepancyKind.LOST}:{row.pk}:"):
            return
        if row.access.allowed:
            yield self.about(row, Kind.ACCESS_WITHOUT_PAYMENT, Cause.OTHER_ACCOUNT, money=row.money)
        yield self.about(row, Kind.GONE, Cause.OTHER_ACCOUNT, here=row.status)

    def _of_money(
        self,
        row: Subscription,
        known: dict[str, Payment],
        moved: Sequence[Payment],
        snapshot: Snapshot,
        unseen: frozenset[str],
    ) -> Iterator[Finding]:
        for payment in moved:
            yield from self._of_payment(row, known.get(payment.reference), payment)
        told = {each.reference for each in snapshot.payments}
        for reference in sorted(unseen - told):
            yield self.about(
                row,
                Kind.PAID_HERE_ONLY,
                Cause.WRITTEN_HERE,
                payment=reference,
                here=known[reference].status,
                money=known[reference].paid_money,
            )

    def _of_payment(self, row: Subscription, old: Payment | None, new: Payment) -> Iterator[Finding]:
        was = PaymentStatus(old.status) if old else None
        common: dict[str, Any] = {
            "payment": new.reference, "here": old.status if old else "", "there": new.status, "repairs": True,
        }  # fmt: skip
        if old and old.money != new.money:
            common |= {"here": format_money(old.money), "there": format_money(new.money)}
            yield self.about(row, Kind.AMOUNT, Cause.WRITTEN_HERE, money=new.money, **common)
            return
        back = new.refunded - old.refunded if old else new.refunded
        if PaymentStatus.DISPUTED in (was, PaymentStatus(new.status)) and was != new.status:
            yield self.about(row, Kind.DISPUTED, Cause.BANK, money=new.paid_money, **common)
        elif back.amount > 0:
            yield self.about(row, Kind.GIVEN_BACK, Cause.PANEL, money=back, **common)
        elif new.status in PAYING and was not in PAYING:
            yield self.about(row, Kind.PAID_NOT_HERE, Cause.NOTICE_LOST, money=new.paid_money, **common)
        elif old and was in PAYING and new.status not in PAYING | GIVEN_BACK:
            yield self.about(row, Kind.PAID_HERE_ONLY, Cause.WRITTEN_HERE, money=old.paid_money, **common)
        elif old is None and row.status == Status.PENDING and new.status in OWED:
            return  # its payer has not made up their mind: the attempt is worked on
        elif was != new.status or _differ(old, new, _PAYMENT_DATES):
            yield self.about(row, Kind.PAYMENT, Cause.NOTICE_LOST, money=new.money, **common)

    def _to_be_settled(self, row: Subscription, found: Iterable[Discrepancy]) -> Iterator[Finding]:
        """What recording would keep for a person: told until one has settled it."""
        for each in found:
            kind = _KEPT.get(DiscrepancyKind(each.kind))
            if kind is None or self._is_settled(each.key):
                continue
            money = None if each.amount is None else Money(each.amount, each.currency)
            yield self.about(
                row,
                kind[0],
                kind[1],
                payment=str(each.detail.get("payment", "")),
                here=str(each.detail.get("agreed", "")),
                there=str(each.detail.get("charged", "")) or (format_money(money) if money else ""),
                money=money,
            )

    @staticmethod
    def _is_settled(key: str) -> bool:
        return Discrepancy.objects.filter(key=key, resolved_at__isnull=False).exists()

    def _of_the_row(self, before: Subscription, row: Subscription) -> Iterator[Finding]:
        if before.status != row.status:
            ended = row.is_ended and not before.cancel_requested and not before.cancel_at_period_end
            by_hand = (ended and row.status == Status.CANCELLED) or row.status == Status.PAUSED
            cause = Cause.PANEL if by_hand else Cause.NOTICE_LOST
            here, there = before.status, row.status
            yield self.about(row, Kind.STATUS, cause, here=here, there=there, repairs=True)
        if before.cancel_at_period_end != row.cancel_at_period_end:
            words = ("ends", "goes on") if before.cancel_at_period_end else ("goes on", "ends")
            yield self.about(row, Kind.LEAVING, Cause.PANEL, here=words[0], there=words[1], repairs=True)
        if _differ(before, row, _PRICE):
            here, there = (", ".join(filter(None, (r.price_key, r.next_price_key))) for r in (before, row))
            yield self.about(row, Kind.PRICE, Cause.NOTICE_LOST, here=here, there=there, repairs=True)

    def _of_access(
        self, before: Subscription, row: Subscription, found: Sequence[Finding], payments: dict[str, Payment]
    ) -> Iterator[Finding]:
        """Whom it lets in, or keeps out, wrongly."""
        had, has = before.access.allowed, row.access.allowed
        if had == has:
            return
        money = total(each.money for each in found if each.kind in _MONEY)
        repairs = {"repairs": True, "here": before.access.why, "there": row.access.why}
        if has:
            sum_ = money[0] if money else None
            yield self.about(row, Kind.PAID_WITHOUT_ACCESS, Cause.NOTICE_LOST, money=sum_, **repairs)
        else:
            owed = total(each.money for each in payments.values() if each.status in OWED)
            sum_ = next(iter([*owed, *money]), None)
            yield self.about(row, Kind.ACCESS_WITHOUT_PAYMENT, Cause.NOTICE_LOST, money=sum_, **repairs)


_MONEY = (Kind.PAID_NOT_HERE, Kind.PAID_HERE_ONLY, Kind.GIVEN_BACK, Kind.DISPUTED)
# A row's columns that say what is true of its price, and of its time.
_PRICE = ("price_key", "quantity", "amount", "currency", "next_price_key")
_DATES = (
    "period_start", "period_end", "trial_end", "paid_through", "access_until", "payment_date",
    "next_charge_at", "next_price_at", "ended_at", "credit", "successor_reference", "reference",
)  # fmt: skip
_PAYMENT_DATES = ("period_start", "period_end", "paid_at", "refunded_amount")
# How what recording keeps for a person is told. A move that was not expected is told as the move.
_KEPT = {
    DiscrepancyKind.AMOUNT: (Kind.AMOUNT, Cause.NOT_AGREED),
    DiscrepancyKind.PRICE: (Kind.PRICE, Cause.NOT_AGREED),
    DiscrepancyKind.DUPLICATE: (Kind.DUPLICATE, Cause.BOUGHT_TWICE),
    DiscrepancyKind.DOUBLE: (Kind.DUPLICATE, Cause.BOUGHT_TWICE),
    DiscrepancyKind.LATE: (Kind.PAID_NOT_HERE, Cause.NOT_AGREED),
}


def _differ(old: Any, new: Any, names: Sequence[str]) -> bool:
    return old is None or any(getattr(old, name) != getattr(new, name) for name in names)


def _is_as_told(here: Payment, there: notebook.Payment) -> bool:
    """Where nobody tells what was given back, what we gave back says."""
    if here.money != there.amount:
        return False
    if there.refunded is None:
        settled = here.status in PAYING | GIVEN_BACK and there.status == PaymentStatus.PAID
        return settled or here.status == there.status
    return (here.status, here.refunded_amount) == (there.status, there.refunded)
