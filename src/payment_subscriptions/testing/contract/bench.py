"""What a gateway's author says of their provider: how payers, banks and time act there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from _pytest.outcomes import Skipped
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import Capabilities, Gateway
from payment_subscriptions.models import Checkout, Refund, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.plans import Price, catalogue


class NotHere(Skipped):
    """This provider has no such thing: raised by a bench, with the reason for which the test is skipped."""


class TooLate(Exception):
    """The provider no longer lets its payer do that."""


@dataclass(frozen=True)
class Callback:
    """One request from the provider's server to ours. ``body`` is raw; ``headers`` by their HTTP names."""

    path: str
    body: bytes = b""
    content_type: str = "application/x-www-form-urlencoded"
    headers: Mapping[str, str] = field(default_factory=dict)

    def deliver(self) -> HttpResponse:
        """Through the URLs and the middleware of the project."""
        answer = Client().generic(
            "POST", self.path, self.body, content_type=self.content_type, headers=dict(self.headers)
        )
        assert isinstance(answer, HttpResponse)
        return answer


class Bench:
    """A merchant with one gateway, at a provider whose payers, banks and clock are the test's to move.

    One for each test, at a provider that knows nothing yet. Its settings are in force, ``CLOCK``
    among them: time at the provider is time here. The provider's callbacks are **kept, not sent**:
    the tests deliver, drop, repeat and forge them.

    Where the provider has no such thing, raise ``NotHere("why")``: the test is skipped.
    """

    #: The gateway's alias in GATEWAYS.
    alias: ClassVar[str]
    #: Keys of prices: a month of a plan, a dearer price of the same slot and currency, one that is
    #: sold once, one with a trial. "" where the gateway sells no such thing in this way.
    monthly: str
    dearer: str = ""
    once: str = ""
    trial: str = ""
    #: A reference of the provider's form that it never gave.
    unknown_reference: ClassVar[str] = "nobody-knows-it"
    #: Whether callbacks are signed: then a forged one is answered 400 and leaves no row.
    signs_notices: ClassVar[bool] = False
    #: Whether nothing is charged before the payer's browser is back.
    charges_on_return: ClassVar[bool] = False

    def __init__(self) -> None:
        self._told = 0

    # What it is

    @property
    def gateway(self) -> Gateway:
        return gateways[self.alias]

    @property
    def strategy(self) -> str:
        """The way to charge that is under test: the first for the monthly price."""
        return self.gateway.strategies_for(self.price)[0]

    @property
    def capabilities(self) -> Capabilities:
        return self.gateway.capabilities_of(self.strategy)

    @property
    def price(self) -> Price:
        return catalogue().price(self.monthly)

    # Payers

    def pay(self, checkout: Checkout) -> None:
        """The payer does all that the provider's page at ``checkout.url`` asks for, with means that are
        good, and does not come back yet. Raises TooLate where the page no longer lets them."""
        raise NotImplementedError

    def turn_down(self, checkout: Checkout) -> None:
        """The same with means that the bank turns down; later ones are accepted again."""
        raise NotImplementedError

    def leave(self, checkout: Checkout) -> None:
        """The payer gives up on the provider's page: by its button, where it has one."""

    def give_other_card(self, checkout: Checkout) -> None:
        """The payer enters a card that is accepted from now on, on the page of an attempt of purpose
        ``card``. Needed where ``capabilities.update_card``."""
        raise NotHere("its payers enter no other card")

    def pay_owed(self, subscription: Subscription) -> None:
        """The payer pays what is owed, by the bill that they got. Raises TooLate where it is void."""
        raise NotHere("its payers cannot pay a bill themselves")

    def accept_refund(self, refund: Refund) -> None:
        """Who gets the money back does what the provider asks of them, and it is paid out."""

    # Banks and time

    def move(self, **span: float) -> None:
        """Time goes by, at the provider and here: ``move(days=3)``. What falls due there is done."""
        raise NotImplementedError

    def renew(self, subscription: Subscription) -> None:
        """Time goes on until an hour after the end of the running period or trial. The next one is
        charged, its bill paid by its payer, or after ``decline_next`` is not, and is then overdue.

        What the provider does is taken from the provider: our row may be behind. Where the periods are
        ours (``gateway.renews`` is False) the sweep runs on the way, for they are ordered by it.
        """
        raise NotImplementedError

    def decline_next(self) -> None:
        """No charge comes through and no bill is paid until another card is given or what is owed is
        paid."""
        raise NotImplementedError

    # The provider's books

    def charges(self) -> list[Money]:
        """Every charge that was taken, oldest first, whatever was given back of it since."""
        raise NotImplementedError

    def given_back(self) -> list[Money]:
        """Every refund that was paid out, oldest first."""
        raise NotHere("gives nothing back")

    def changes(self) -> int:
        """How many calls that could change something it has been asked for."""
        raise NotHere("its calls cannot be counted")

    # Callbacks

    def notices(self) -> Sequence[Callback]:
        """All that it has had to tell, oldest first, each as its server would send it now (signed
        afresh, where it signs)."""
        raise NotImplementedError

    def forge(self, notice: Callback) -> Sequence[Callback]:
        """What somebody else might send: of nobody, altered, unsigned, badly signed, signed long ago."""
        raise NotImplementedError

    def notice_of_other_mode(self) -> Callback:
        """One that is genuine and tells of live money (or of none, where this bench is live)."""
        raise NotHere("its callbacks do not tell the mode")

    # What goes wrong

    def lose_answer(self, call: str) -> None:
        """The next ``call`` is carried out, and its answer never comes."""
        raise NotHere("no answer of it can be lost")

    def lose_request(self, call: str) -> None:
        """The next ``call`` is not carried out, and nobody can tell."""
        raise NotHere("no request to it can be lost")

    def faults_left(self) -> int:
        """How many of those two have not struck yet."""
        return 0

    def charge_other_amount(self) -> None:
        """From now on less is charged than the monthly price says."""
        raise NotHere("charges what it was told")

    def charge_other_currency(self) -> None:
        """From now on another currency is charged than the monthly price is in."""
        raise NotHere("charges what it was told")

    def other_mode(self) -> None:
        """The merchant's settings now name an account of the other mode under the same alias."""
        entry = settings.PAYMENT_SUBSCRIPTIONS["GATEWAYS"][self.alias]
        entry["MODE"] = "sandbox" if entry.get("MODE") == "real" else "real"
        gateways.forget()

    # For the tests

    def deliver_new(self) -> list[HttpResponse]:
        """Deliver the callbacks that have come up since; what we answered."""
        new = self.notices()[self._told :]
        self._told += len(new)
        return [callback.deliver() for callback in new]
