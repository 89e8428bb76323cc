"""The dummy gateway at a provider that can be listened to, fails as told, or says yes and does nothing.

Each is named in GATEWAYS by its path; ``ledger.settings(GATEWAYS=...)`` takes what is here. All share
the dummy's memory: a subscription that was made at one is known at the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from payment_subscriptions.gateways.base import (
    Attempt,
    Capabilities,
    ChangePreview,
    Located,
    PriceDifference,
    RefundRequest,
    RefundSnapshot,
    Snapshot,
    Step,
)
from payment_subscriptions.gateways.dummy import DummyGateway
from payment_subscriptions.lifecycle import RefundStatus
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Price

Watch = Callable[[str], object]


class WatchedGateway(DummyGateway):
    """Shows each call to its option ``WATCH`` before anything happens; what that raises befalls the call."""

    def _show(self, verb: str) -> None:
        self.options["WATCH"](verb)

    def advance(self, attempt: Attempt) -> Step:
        self._show("advance")
        return super().advance(attempt)

    def resolve(self, attempt: Attempt) -> Step:
        self._show("resolve")
        return super().resolve(attempt)

    def expire(self, attempt: Attempt) -> None:
        self._show("expire")
        super().expire(attempt)

    def fetch(self, reference: str) -> Snapshot:
        self._show("fetch")
        return super().fetch(reference)

    def locate(self, body: str) -> Located:
        self._show("locate")
        return super().locate(body)

    def cancel(self, reference: str, *, at_period_end: bool) -> None:
        self._show("cancel")
        super().cancel(reference, at_period_end=at_period_end)

    def diff_price(self, price: Price, notice_url: str = "") -> list[PriceDifference]:
        self._show("diff_price")
        return super().diff_price(price, notice_url)


class IdleGateway(DummyGateway):
    """Its provider says yes to a cancellation and does nothing."""

    def cancel(self, reference: str, *, at_period_end: bool) -> None:
        pass


class AbleGateway(WatchedGateway):
    """Its provider can do everything that a page may offer, as far as it is asked before the yes."""

    capabilities = Capabilities(
        cancel_at_period_end=True,
        cancel_now=True,
        resume="successor",
        change_now=True,
        change_at_period_end=True,
        refund=True,
        partial_refund=True,
        pause=True,
    )

    def refund_methods(self, request: RefundRequest) -> tuple[str, ...]:
        return ("back",)

    def refund(self, request: RefundRequest) -> RefundSnapshot:
        self._show("refund")
        return RefundSnapshot(RefundStatus.REFUNDED)

    def fetch_refund(self, request: RefundRequest) -> RefundSnapshot:
        self._show("fetch_refund")
        return RefundSnapshot(RefundStatus.REFUNDED)

    def pause(self, reference: str) -> None:
        self._show("pause")

    def unpause(self, reference: str) -> None:
        self._show("unpause")

    def cancel_refund(self, request: RefundRequest) -> None:
        self._show("cancel_refund")

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
        self._show("preview_change")
        nothing = Money(0, price.currency)
        return ChangePreview(price, nothing, nothing, period_end if at_period_end else None)

    def undo_change(self, reference: str) -> None:
        self._show("undo_change")


IDLE = {"dummy": {"BACKEND": "tests.admin.gateways.IdleGateway"}}


def watched(watch: Watch) -> dict[str, dict[str, Any]]:
    """GATEWAYS with a gateway that ``watch`` hears each call of."""
    return {"dummy": {"BACKEND": "tests.admin.gateways.WatchedGateway", "WATCH": watch}}


def able(watch: Watch = str) -> dict[str, dict[str, Any]]:
    """GATEWAYS with a gateway that can do everything, and that ``watch`` hears each call of."""
    return {"dummy": {"BACKEND": "tests.admin.gateways.AbleGateway", "WATCH": watch}}


def failing(verb: str, error: Exception) -> dict[str, dict[str, Any]]:
    """GATEWAYS with a gateway whose ``verb`` meets this."""

    def fail(asked: str) -> None:
        if asked == verb:
            raise error

    return watched(fail)
