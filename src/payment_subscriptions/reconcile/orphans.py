"""What is there and not on our books, what is on our books and gone there, and who has several at once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from django.db.models import Q, QuerySet

from .. import models
from ..lifecycle import BEGUN
from ..models import Checkout, Discrepancy
from ..models.discrepancy import DiscrepancyKind
from ..money import Money
from .comparing import Comparison
from .findings import Cause, Finding, Kind, Others, total
from .notebook import Customer, Payment, Subscription

#: What we call orders and customers where books of ours were kept: nobody else's names look so.
OUR_ORDER = re.compile(r"o-[0-9a-f]{32}|[0-9a-f]{32}-\d{8}")
OUR_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Orphan:
    """``findings`` are of one thing there. ``row``: the pk of ours that it provably belongs to; ``paid``:
    the money that arrived for it and is not on our books."""

    findings: tuple[Finding, ...]
    reference: str = ""
    row: int | None = None
    paid: tuple[Payment, ...] = ()


class Named(Protocol):
    """A customer as it is listed: ``key`` is what its maker called it."""

    @property
    def reference(self) -> str: ...
    @property
    def key(self) -> str: ...


C = TypeVar("C", bound=Named)


def bear_our_mark(there: Iterable[C]) -> list[C]:
    """Those that books of ours have made, these or others."""
    return [each for each in there if OUR_KEY.fullmatch(each.key)]


def not_on_our_books(ours: Sequence[C], provider: str, mode: str) -> list[C]:
    """Of those that bear our mark. One query."""
    known = models.Customer.objects.filter(
        Q(external_id__in=[each.key for each in ours]) | Q(reference__in=[each.reference for each in ours]),
        provider=provider,
        mode=mode,
    )
    names = {name for pair in known.values_list("external_id", "reference") for name in pair}
    return [each for each in ours if each.key not in names and each.reference not in names]


def name_of(payment: Payment) -> str:
    """By which a person finds it."""
    return payment.order or payment.reference


@dataclass
class Orphans:
    """Of one account; to be asked after ``Comparison.suspects`` has noted whose is what."""

    comparison: Comparison
    others: Others = field(default_factory=Others)

    def __post_init__(self) -> None:
        self.listed, self.account = self.comparison.listed, self.comparison.account

    # Subscriptions

    def subscriptions(self) -> Iterator[Orphan]:
        for there in self.listed.subscriptions():
            unknown = [each for each in there if each.here is None]
            if unknown:
                yield from self._subscriptions(unknown)

    def _subscriptions(self, unknown: Sequence[Subscription]) -> Iterator[Orphan]:
        customers = self.listed.customers_by([each.customer for each in unknown])
        owners = self._owners(unknown, customers)
        working = self._worked_on(owners.values())
        paid = self._paid([each.reference for each in unknown])
        served = self._served(customers.values())
        wanted = Counter(owners[each.reference] for each in unknown if each.reference in owners)
        for each in unknown:
            customer = customers.get(each.customer)
            is_ours = bool(each.slot or each.order or each.reference in owners)
            money = tuple(paid.get(each.reference, ()))
            if not is_ours:
                self.others.subscriptions += 1
            elif owners.get(each.reference) in working:
                continue
            elif each.is_live or money:
                row = owners.get(each.reference)
                only = row if row is not None and wanted[row] == 1 else None
                yield self._orphan(
                    each, only, money, is_served=bool(customer and customer.reference in served)
                )

    def _orphan(
        self, there: Subscription, row: int | None, paid: tuple[Payment, ...], *, is_served: bool
    ) -> Orphan:
        sums = total(each.paid for each in paid)
        price = self.comparison.prices.of(there.price_id)
        money = sums[0] if sums else price.amount * there.quantity if price else None
        columns: dict[str, Any] = {
            "reference": there.reference, "customer": there.customer, "payer": there.customer,
            "there": there.status, "money": money, "repairs": row is not None,
            "cause": Cause.ANSWER_LOST if row is not None else Cause.MADE_ELSEWHERE,
        }  # fmt: skip
        found = [Finding(Kind.ORPHAN_SUBSCRIPTION, **(self.account | columns))]
        if there.is_live and sums and not is_served:
            found.insert(0, Finding(Kind.PAID_WITHOUT_ACCESS, **(self.account | columns)))
        return Orphan(tuple(found), there.reference, row, paid)

    def _owners(self, unknown: Sequence[Subscription], customers: dict[str, Customer]) -> dict[str, int]:
        """The row of ours that each provably belongs to: its own order says so, or it is of its customer's
        only attempt at that price that has come to nothing here."""
        names = [each.order for each in unknown if each.order]
        waiting = models.Subscription.objects.filter(reference=None, **self.account)
        by_order = dict(
            Checkout.objects.filter(order__in=names, subscription__in=waiting).values_list(
                "order", "subscription_id"
            )
        )
        by_customer: dict[tuple[str, str], list[int]] = {}
        keys = [each.key for each in customers.values() if each.key]
        same = Q(customer__external_id__in=keys) | Q(customer__reference__in=list(customers))
        for row in waiting.filter(same).select_related("customer"):
            for name in filter(None, (row.customer.external_id, row.customer.reference)):
                price_id = self.comparison.prices.id_of(row)
                by_customer.setdefault((name, price_id), []).append(row.pk)
        found = {}
        for each in unknown:
            customer = customers.get(each.customer, Customer(each.customer, "", ""))
            names_ = [(name, each.price_id) for name in (customer.key, customer.reference) if name]
            rows = {pk for name in names_ for pk in by_customer.get(name, ())}
            if each.order in by_order:
                found[each.reference] = by_order[each.order]
            elif len(rows) == 1:
                found[each.reference] = rows.pop()
        return found

    @staticmethod
    def _worked_on(rows: Iterable[int]) -> set[int]:
        """Those of our rows that an attempt is still running for: the sweep finds what it has made."""
        running = Checkout.objects.running().filter(subscription__in=set(rows))
        return set(running.values_list("subscription_id", flat=True))

    def _paid(self, references: Sequence[str]) -> dict[str, list[Payment]]:
        """By subscription: what arrived since, is not on our books, and nobody has settled."""
        found: dict[str, list[Payment]] = {}
        for each in self._unbooked(self.listed.payments_of(references)):
            found.setdefault(each.subscription, []).append(each)
        return found

    def _unbooked(self, payments: Sequence[Payment]) -> list[Payment]:
        since = self.comparison.since
        recent = [p for p in payments if p.is_paid and (p.paid_at is None or p.paid_at >= since)]
        names = [payment.reference for payment in recent]
        booked = set(
            models.Payment.objects.filter(reference__in=names, **self.account).values_list(
                "reference", flat=True
            )
        )
        settled = self.kept(recent).filter(resolved_at__isnull=False)
        orders = set(settled.values_list("detail__order", flat=True))
        return [p for p in recent if p.reference not in booked and name_of(p) not in orders]

    def kept(self, payments: Sequence[Payment]) -> QuerySet[Discrepancy]:
        """Those that wait for a person, or were settled by one: a notice may have told of it before."""
        names = [name_of(payment) for payment in payments]
        kind = DiscrepancyKind.FOREIGN_PAYMENT
        return Discrepancy.objects.filter(kind=kind, detail__order__in=names, **self.account)

    def _served(self, customers: Iterable[Customer]) -> set[str]:
        """The customers there whose payer has access by a row of ours."""
        known = list(customers)
        emails = {each.email.lower() for each in known if each.email}
        rows = models.Subscription.objects.with_access().filter(
            Q(customer__reference__in=[each.reference for each in known]) | Q(email__in=emails),
            **self.account,
        )
        served = set(rows.values_list("customer__reference", "email"))
        names = {reference for reference, _ in served}
        addresses = {email.lower() for _, email in served}
        return {c.reference for c in known if c.reference in names or c.email.lower() in addresses}

    # Payments

    def payments(self) -> Iterator[Orphan]:
        """Orders that were paid and that no attempt of ours has made."""
        for there in self.listed.payments():
            alone = [each for each in there if not each.subscription and each.is_paid]
            known = self.comparison.orders(alone)
            unknown = [each for each in alone if each.order not in known]
            ours = [each for each in unknown if each.is_ours or OUR_ORDER.fullmatch(each.order)]
            self.others.payments += len(unknown) - len(ours)
            for each in self._unbooked(ours):
                found = Finding(
                    Kind.ORPHAN_PAYMENT,
                    cause=Cause.BOOKS_LOST,
                    payment=each.reference,
                    customer=each.customer,
                    there=each.status,
                    money=each.paid,
                    **self.account,
                )
                yield Orphan((found,), paid=(each,))

    # Customers

    def customers(self) -> Iterator[Finding]:
        for there in self.listed.customers():
            ours = bear_our_mark(there)
            self.others.customers += len(there) - len(ours)
            for each in not_on_our_books(ours, **self.account):
                yield Finding(
                    Kind.ORPHAN_CUSTOMER, cause=Cause.BOOKS_LOST, customer=each.reference, **self.account
                )
        yield from self._gone()

    def _gone(self) -> Iterator[Finding]:
        """Customers of ours that are gone there, though somebody is subscribed by them."""
        last = 0
        rows = models.Customer.objects.exclude(reference=None).order_by("pk")
        rows = rows.filter(subscriptions__status__in=BEGUN, **self.account).distinct()
        while batch := list(rows.filter(pk__gt=last)[:500]):
            last = batch[-1].pk
            for name in sorted(self.listed.unseen("customer", [str(row.reference) for row in batch])):
                yield Finding(
                    Kind.CUSTOMER_GONE, cause=Cause.PANEL, customer=name, payer=name, **self.account
                )

    # Several at once

    def doubles(self) -> Iterator[Finding]:
        """Live subscriptions for one slot of one customer, of one key of ours, or of one e-mail."""
        told: set[tuple[str, ...]] = set()
        for identity in ("reference", "key", "email"):
            for live in self.listed.doubles(identity):
                names = tuple(each.reference for each in live)
                if names in told or self._is_settled(live):
                    continue
                told.add(names)
                yield Finding(
                    Kind.DUPLICATE,
                    cause=Cause.BOUGHT_TWICE,
                    payer=live[0].customer,
                    customer=live[0].customer,
                    reference=names[0],
                    names=names,
                    there=live[0].status,
                    money=self._too_much(live),
                    **self.account,
                )

    def _is_settled(self, live: Sequence[Subscription]) -> bool:
        rows = [each.here for each in live if each.here is not None]
        found = Discrepancy.objects.filter(subscription__in=rows, kind=DiscrepancyKind.DUPLICATE)
        return found.filter(resolved_at__isnull=False).exists()

    def _too_much(self, live: Sequence[Subscription]) -> Money | None:
        """What all but the dearest charge each period, where they are in one currency."""
        priced = ((self.comparison.prices.of(each.price_id), each.quantity) for each in live)
        amounts = [price.amount * quantity for price, quantity in priced if price]
        sums = total(amounts)
        return sums[0] - max(amounts) if len(sums) == 1 else None
