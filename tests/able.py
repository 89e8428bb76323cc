"""The foreign gateway once more, able to do all that the seam knows: it counts, prorates to the second,
pauses, has a portal and an address book of its own, and tells what went back and where the receipt is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from payment_subscriptions.exceptions import Refused
from payment_subscriptions.gateways.base import (
    AGAIN,
    NOTHING,
    Attempt,
    Capabilities,
    ChangePreview,
    EndpointDifference,
    Outcome,
    PaymentSnapshot,
    RefundRequest,
    RefundSnapshot,
    Step,
)
from payment_subscriptions.lifecycle import PaymentStatus, RefundStatus, Status
from payment_subscriptions.models import Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Interval, Plan, Price
from tests.foreign import PLANS, Charge, ForeignGateway, clock, come_back, foreign_settings, payer

# What an address book holds for this merchant, by alias.
books: dict[str, list[str]] = {}
# Refunds as this provider has them, by our order; each of a charge, by its reference.
given_back: dict[str, RefundSnapshot] = {}
# Single payments, by our order.
bought: dict[str, PaymentSnapshot] = {}


def able_settings(**changes: Any) -> dict[str, Any]:
    books.clear()
    given_back.clear()
    bought.clear()
    foreign = {"BACKEND": "tests.able.AbleGateway"} | changes.pop("foreign", {})
    return foreign_settings(foreign=foreign, **{"PLANS": "tests.able.PLANS_WITH_BOOK"} | changes)


ONCE = "book_once_v1"
BOOK = Plan("book", "Book", (Price(ONCE, Money(30, "USD"), Interval.ONCE),), slot="book")
PLANS_WITH_BOOK = [*PLANS, BOOK]


def subscribe(price: str, quantity: int = 1, nonce: str = "nonce") -> Subscription:
    return come_back(payer(nonce).subscribe(price, quantity=quantity)).subscription


class AbleGateway(ForeignGateway):
    capabilities = Capabilities(
        cancel_at_period_end=True,
        cancel_now=True,
        update_card=True,
        resume="native",
        change_now=True,
        refund=True,
        partial_refund=True,
        quantity=True,
        pause=True,
        portal=True,
    )

    # A single payment: an order that the provider keeps, and no subscription.

    def strategies_for(self, price: Price, coupon: str = "") -> tuple[str, ...]:
        return ("once",) if price.is_once else self.strategies

    def renews(self, strategy: str) -> bool:
        return strategy != "once"

    def _buy(self, attempt: Attempt) -> Step:
        bought[attempt.order] = PaymentSnapshot(
            attempt.order,
            PaymentStatus.PAID,
            attempt.price.amount * attempt.quantity,
            order=attempt.order,
            paid_at=clock.moment,
        )
        return Step(NOTHING, Outcome.DONE, subscription_reference=attempt.order)

    def fetch_order(self, attempt: Attempt) -> PaymentSnapshot:
        return self.provider.call("fetch_order", attempt.order, lambda: bought[attempt.order])

    def advance(self, attempt: Attempt) -> Step:
        if attempt.purpose in ("change", "resume"):
            deed = self._change if attempt.purpose == "change" else self._resume
            return self.provider.call(attempt.purpose, attempt.order, lambda: deed(attempt))
        if attempt.strategy == "once":
            return self.provider.call("charge", attempt.order, lambda: self._buy(attempt))
        return super().advance(attempt)

    def _take(self, step: str, attempt: Attempt) -> Step:
        done = super()._take(step, attempt)
        if done.subscription_reference and attempt.quantity != 1:
            self._count(done.subscription_reference, attempt.quantity)
        return done

    def _count(self, reference: str, quantity: int) -> None:
        """The first charge was of one: it is of all."""
        amount = self.provider.subscriptions[reference].payments[0].amount * quantity
        self.provider.change_payment(reference, amount=amount)
        self.provider.change(reference, quantity=quantity)
        self.provider.charges[-1] = Charge(reference, amount)

    def resolve(self, attempt: Attempt) -> Step:
        if attempt.purpose in ("change", "resume"):
            return self.provider.call("resolve", attempt.order, lambda: Step(AGAIN))
        return super().resolve(attempt)

    def _resume(self, attempt: Attempt) -> Step:
        self.provider.change(attempt.subscription_reference, cancel_at_period_end=False)
        return Step(NOTHING, Outcome.DONE)

    # Another price, or more of it: the rest of the period to the second, by a moment in the data.

    def preview_change(
        self,
        reference: str,
        price: Price,
        *,
        period_end: datetime | None,
        at_period_end: bool,
        quantity: int = 1,
        seen: Mapping[str, Any] | None = None,
    ) -> ChangePreview:
        moment = seen["moment"] if seen else clock.moment.isoformat()
        charge = self._rest(reference, price.amount * quantity, datetime.fromisoformat(moment))
        self.provider.calls.append(("preview", reference))
        return ChangePreview(
            price,
            charge=max(charge, charge * 0),
            credit=max(charge * -1, charge * 0),
            next_charge_at=self.provider.subscriptions[reference].next_charge_at,
            data={"moment": moment},
            quantity=quantity,
        )

    def _rest(self, reference: str, amount: Money, moment: datetime) -> Money:
        known = self.provider.subscriptions[reference]
        assert known.period_start
        assert known.period_end
        left = (known.period_end - moment).total_seconds()
        share = left / (known.period_end - known.period_start).total_seconds()
        more = amount.amount - known.payments[0].amount.amount
        return Money(round(more * round(share * 1000000) / 1000000, 2), "USD")

    def _change(self, attempt: Attempt) -> Step:
        reference = attempt.subscription_reference
        moment = datetime.fromisoformat(attempt.data["moment"])
        amount = self._rest(reference, attempt.price.amount * attempt.quantity, moment)
        known = self.provider.subscriptions[reference]
        more = PaymentSnapshot(
            f"{reference}-{len(known.payments) + 1}",
            PaymentStatus.PAID,
            amount,
            period_start=moment,
            period_end=known.period_end,
            paid_at=clock.moment,
        )
        self.provider.change(
            reference,
            price_id=attempt.price.key,
            quantity=attempt.quantity,
            payments=(*known.payments, more) if amount.amount > 0 else known.payments,
        )
        return Step(NOTHING, Outcome.DONE)

    # Pause

    def pause(self, reference: str) -> None:
        self.provider.call("pause", reference, lambda: self._stand(reference, Status.PAUSED))

    def unpause(self, reference: str) -> None:
        self.provider.call("unpause", reference, lambda: self._stand(reference, Status.ACTIVE))

    def _stand(self, reference: str, status: Status) -> None:
        self.provider.change(reference, status=status)

    def portal_url(self, customer_reference: str, return_url: str) -> str:
        return self.provider.call(
            "portal",
            customer_reference,
            lambda: f"https://portal.example/{customer_reference}?to={return_url}",
        )

    # Giving back

    def refund_methods(self, request: RefundRequest) -> tuple[str, ...]:
        return ("refund",)

    def refund(self, request: RefundRequest) -> RefundSnapshot:
        return self.provider.call("refund", request.order, lambda: self._give_back(request))

    def _give_back(self, request: RefundRequest) -> RefundSnapshot:
        give_back(self, request.payment, request.amount)
        told = RefundSnapshot(RefundStatus.REFUNDED, reference=f"re-{request.order}", amount=request.amount)
        given_back[request.order] = told
        return told

    def fetch_refund(self, request: RefundRequest) -> RefundSnapshot:
        return self.provider.call("fetch_refund", request.order, lambda: given_back[request.order])

    # Its address book

    def diff_endpoint(self, notice_url: str) -> list[EndpointDifference]:
        known = books.setdefault(self.alias, [])
        return [] if notice_url in known else [EndpointDifference("missing", here=notice_url)]

    def push_endpoint(self, notice_url: str) -> str:
        if self.options.get("FULL"):
            raise Refused("No room for another address")
        books.setdefault(self.alias, []).append(notice_url)
        return "whsec_new"


def give_back(gateway: ForeignGateway, payment: str, amount: Money) -> None:
    """Money of a charge goes back: by our call, or in the provider's own panel."""
    for reference, known in gateway.provider.subscriptions.items():
        for number, charge in enumerate(known.payments):
            if charge.reference == payment:
                before = charge.refunded or amount * 0
                gateway.provider.change_payment(reference, number, refunded=before + amount)


def told(gateway: ForeignGateway, reference: str, **columns: Any) -> None:
    """What the provider says of a subscription's first charge from now on."""
    known = gateway.provider.subscriptions[reference]
    gateway.provider.subscriptions[reference] = replace(
        known, payments=(replace(known.payments[0], **columns), *known.payments[1:])
    )
