"""A gateway that no neutral file knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import Located, Snapshot
from payment_subscriptions.lifecycle import Status
from payment_subscriptions.models import Checkout
from payment_subscriptions.money import Money
from payment_subscriptions.testing.contract import GatewayContract
from tests.foreign import (
    LOST_AFTER,
    LOST_BEFORE,
    MONTHLY,
    STEPS,
    Charge,
    Clock,
    ForeignProvider,
    clock,
    foreign_settings,
    providers,
)

from .in_process import InProcessBench

CHANGES = {*STEPS["page"], "cancel"}


class ForeignBench(InProcessBench):
    alias = "foreign"
    monthly = MONTHLY
    dearer = "team_yearly_v1"
    trial = "trial_monthly_v1"
    charges_on_return = True
    notice_field = "token"
    provider: ForeignProvider

    def __init__(self, provider: ForeignProvider) -> None:
        super().__init__()
        self.provider = provider
        self.has_other_card = False

    def take(self, reference: str, amount: Money) -> None:
        self.provider.charges.append(Charge(reference, amount))

    def tell(self, reference: str) -> None:
        super().tell(self.provider.token(Located(subscription_reference=reference)))

    def turn_down(self, checkout: Checkout) -> None:
        self.provider.declines = True

    def give_other_card(self, checkout: Checkout) -> None:
        """The provider tries it at its next turn."""
        self.provider.declines = self.declining = False
        self.has_other_card = True

    def fall_due(self, there: Snapshot) -> None:
        super().fall_due(there)
        if self.has_other_card and there.status == Status.PAST_DUE:
            self.provider.pay(there.reference, len(there.payments) - 1)
            self.tell(there.reference)

    def charges(self) -> list[Money]:
        return [charge.amount for charge in self.provider.charges]

    def changes(self) -> int:
        return sum(verb in CHANGES for verb, _subject in self.provider.calls)

    def lose_answer(self, call: str) -> None:
        self.provider.fault(call, LOST_AFTER)

    def lose_request(self, call: str) -> None:
        self.provider.fault(call, LOST_BEFORE)

    def faults_left(self) -> int:
        return sum(len(faults) for faults in self.provider.faults.values())

    def charge_other_amount(self) -> None:
        super().charge_other_amount()
        self.provider.charges_instead = self.charges_instead

    def charge_other_currency(self) -> None:
        super().charge_other_currency()
        self.provider.charges_instead = self.charges_instead


class TestForeign(GatewayContract):
    opening_calls = STEPS["page"]

    @pytest.fixture
    def bench(self, settings: Any) -> Iterator[ForeignBench]:
        settings.PAYMENT_SUBSCRIPTIONS = foreign_settings()
        gateways.forget()
        clock.moment = Clock.moment
        provider = providers.setdefault("foreign", ForeignProvider())
        provider.clear()
        yield ForeignBench(provider)
        assert provider.asked_in_a_transaction == []
        gateways.forget()
