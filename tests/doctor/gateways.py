"""Gateways whose providers say what the simulators cannot be made to say."""

from __future__ import annotations

from collections.abc import Iterator

from payment_subscriptions.gateways.base import ListedCustomer, Pulse
from payment_subscriptions.gateways.dummy import DummyGateway


class TalkativeGateway(DummyGateway):
    """``SKEW``, ``HOST``, ``CUSTOMERS`` (keys): what it answers."""

    def ping(self) -> Pulse:
        return Pulse(str(self.options.get("HOST", "127.0.0.1")), self.options.get("SKEW"))

    def list_customers(self) -> Iterator[ListedCustomer]:
        for number, key in enumerate(self.options.get("CUSTOMERS", ())):
            yield ListedCustomer(f"c-{number}", key)
