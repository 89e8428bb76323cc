"""The gateway that is there to be copied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from payment_subscriptions.exceptions import OutcomeUnknown
from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.dummy import DummyGateway, DummyProvider
from payment_subscriptions.models import Checkout
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Price
from payment_subscriptions.testing.contract import GatewayContract, NotHere
from tests.foreign import Clock, clock

from .in_process import InProcessBench


@dataclass
class Till(DummyProvider):
    """The dummy's provider with books, which may charge another amount and whose line may fail."""

    taken: list[Money] = field(default_factory=list)
    charges_instead: Money | None = None
    loses: list[str] = field(default_factory=list)

    def open(self, reference: str, customer: str, price: Price, moment: datetime) -> None:
        lost = self.loses.pop() if self.loses else ""
        if lost == "request":
            raise OutcomeUnknown("reset")
        price = replace(price, amount=self.charges_instead or price.amount)
        super().open(reference, customer, price, moment)
        self.taken += [payment.amount for payment in self.subscriptions[reference].payments]
        if lost:
            raise OutcomeUnknown("reset")


class DummyBench(InProcessBench):
    alias = "dummy"
    monthly = "basic_monthly_v1"
    dearer = "pro_monthly_v1"
    once = "book_once_v1"
    trial = "trial_monthly_v1"
    charges_on_return = True
    notice_field = "reference"
    provider: Till

    def __init__(self, provider: Till) -> None:
        super().__init__()
        self.provider = provider

    def take(self, reference: str, amount: Money) -> None:
        self.provider.taken.append(amount)

    def turn_down(self, checkout: Checkout) -> None:
        raise NotHere("every payer who comes back has paid")

    def charges(self) -> list[Money]:
        return self.provider.taken.copy()

    def lose_answer(self, call: str) -> None:
        self.provider.loses.append("answer")

    def lose_request(self, call: str) -> None:
        self.provider.loses.append("request")

    def faults_left(self) -> int:
        return len(self.provider.loses)

    def charge_other_amount(self) -> None:
        super().charge_other_amount()
        self.provider.charges_instead = self.charges_instead

    def charge_other_currency(self) -> None:
        super().charge_other_currency()
        self.provider.charges_instead = self.charges_instead


@pytest.mark.slow
class TestDummy(GatewayContract):
    opening_calls = ("open",)

    @pytest.fixture
    def bench(self, settings: Any) -> Iterator[DummyBench]:
        settings.PAYMENT_SUBSCRIPTIONS = {
            "GATEWAYS": {"dummy": {"BACKEND": "payment_subscriptions.gateways.dummy.DummyGateway"}},
            "PLANS": "tests.catalogue.PLANS",
            "BASE_URL": "https://shop.example",
            "CLOCK": "tests.foreign.now",
        }
        gateways.forget()
        clock.moment = Clock.moment
        provider = DummyGateway.providers["dummy"] = Till()
        yield DummyBench(provider)
        DummyGateway.providers.clear()
        gateways.forget()
