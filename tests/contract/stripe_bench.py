"""How payers, banks and time act at the simulated Stripe."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, overload
from urllib.parse import urlsplit

from payment_subscriptions.clock import now
from payment_subscriptions.gateways.stripe.amounts import from_stripe
from payment_subscriptions.models import Checkout, Subscription
from payment_subscriptions.money import Money
from payment_subscriptions.simulators.delivery import Delivery
from payment_subscriptions.simulators.stripe import StripeSimulator
from payment_subscriptions.simulators.stripe.books import GIVEN_BACK, TAKEN
from payment_subscriptions.simulators.stripe.cards import DECLINED, MASTERCARD
from payment_subscriptions.simulators.stripe.payer import NotPossible
from payment_subscriptions.simulators.stripe.signing import seal
from payment_subscriptions.testing.contract import Bench, Callback, TooLate
from payment_subscriptions.verbs.syncing import fetch

BASE = "https://shop.example"
# Stripe's bill of a renewal is a draft for an hour.
SETTLED = timedelta(hours=1, minutes=30)


class StripeBench(Bench):
    """At the simulator, whose events are all lost on the way: its log has them."""

    alias = "stripe"
    unknown_reference = "sub_0000000000"
    signs_notices = True
    monthly = "pro_monthly_usd_v1"
    dearer = "team_monthly_usd_v1"
    once = "book_once_usd_v1"
    trial = "trial_monthly_usd_v1"

    def __init__(self, stripe: StripeSimulator) -> None:
        super().__init__()
        self.stripe = stripe
        self.declining: int | None = None
        stripe.lose_next_callbacks(times=1_000_000)
        self._faults = len(stripe.faults.pending())

    # Payers

    def pay(self, checkout: Checkout) -> None:
        try:
            said = self.stripe.complete_session(_session(checkout))
        except NotPossible as error:
            raise TooLate from error
        assert said == ""

    def turn_down(self, checkout: Checkout) -> None:
        assert self.stripe.complete_session(_session(checkout), DECLINED) == "generic_decline"

    def give_other_card(self, checkout: Checkout) -> None:
        self._accept()
        self.stripe.change_card(str(checkout.subscription.customer.reference), MASTERCARD)

    def pay_owed(self, subscription: Subscription) -> None:
        self._accept()
        bills = [each for each in self.stripe.table("invoices") if each["status"] == "open"]
        if not bills:
            raise TooLate
        for bill in bills:
            assert self.stripe.pay_invoice(bill["id"]) == ""

    # Banks and time

    def move(self, **span: float) -> None:
        self.stripe.clock.advance(**span)
        self.stripe.settle()

    def renew(self, subscription: Subscription) -> None:
        told = fetch(Subscription.objects.select_related("customer").get(pk=subscription.pk))
        assert told.period_end is not None
        self.move(seconds=(told.period_end + SETTLED - now()).total_seconds())

    def decline_next(self) -> None:
        self.declining = self.stripe.decline_next(times=None).id

    def _accept(self) -> None:
        if self.declining is not None:
            self.stripe.faults.clear(self.declining)
        self.declining = None

    # Books

    def charges(self) -> list[Money]:
        return self._booked(TAKEN)

    def given_back(self) -> list[Money]:
        return self._booked(GIVEN_BACK)

    def _booked(self, outcome: str) -> list[Money]:
        entries = self.stripe.books.entries
        return [from_stripe(each.amount, each.currency) for each in entries if each.outcome == outcome]

    def changes(self) -> int:
        return sum(call.method != "GET" for call in self.stripe.calls)

    # Callbacks

    def notices(self) -> Sequence[Callback]:
        return _Told(self.stripe.deliveries, lambda each: self._signed(urlsplit(each.url).path, each.text))

    def _signed(self, path: str, text: str, *, key: str = "", age: float = 0) -> Callback:
        """As Stripe would send it now."""
        secrets = [key] if key else self.stripe.secrets_of(f"{BASE}{path}")
        delivery = replace(self.stripe.deliveries[0], text=text)
        headers = seal(secrets, age=age)(delivery)
        return Callback(path, text.encode(), headers.pop("Content-Type"), headers)

    def forge(self, notice: Callback) -> Sequence[Callback]:
        text = notice.body.decode()
        return [
            replace(notice, headers={}),
            replace(notice, body=text.replace('"livemode": false', '"livemode":  false').encode()),
            replace(notice, body=b""),
            replace(notice, body=b"\x00\xff"),
            self._signed(notice.path, text, key="whsec_of_nobody"),
            self._signed(notice.path, text, age=3600),
        ]

    def notice_of_other_mode(self) -> Callback:
        delivery = self.stripe.deliveries[-1]
        live = json.loads(delivery.text) | {"id": "evt_live", "livemode": True}
        return self._signed(urlsplit(delivery.url).path, json.dumps(live))

    # What goes wrong

    def lose_answer(self, call: str) -> None:
        self.stripe.faults.add(call, "reset_after_commit")

    def lose_request(self, call: str) -> None:
        self.stripe.faults.add(call, "reset_before_commit")

    def faults_left(self) -> int:
        return len(self.stripe.faults.pending()) - self._faults

    def charge_other_amount(self) -> None:
        """No price of Stripe's changes: its bills do."""
        self._price()["unit_amount"] = 100

    def charge_other_currency(self) -> None:
        self._price()["currency"] = "eur"

    def _price(self) -> dict[str, Any]:
        return next(each for each in self.stripe.table("prices") if each["lookup_key"] == self.monthly)


class _Told(Sequence[Callback]):
    """Signed as they are taken: a month of many subscribers is thousands of them, each asked for once."""

    def __init__(self, deliveries: Sequence[Delivery], sign: Callable[[Delivery], Callback]) -> None:
        self._deliveries = list(deliveries)
        self._sign = sign

    def __len__(self) -> int:
        return len(self._deliveries)

    @overload
    def __getitem__(self, index: int) -> Callback: ...
    @overload
    def __getitem__(self, index: slice) -> list[Callback]: ...
    def __getitem__(self, index: int | slice) -> Callback | list[Callback]:
        if isinstance(index, slice):
            return [self._sign(each) for each in self._deliveries[index]]
        return self._sign(self._deliveries[index])


def _session(checkout: Checkout) -> str:
    """By the page's address, which its payer still has when we have long forgotten the page."""
    return urlsplit(Checkout.objects.get(pk=checkout.pk).url).path.rpartition("/")[2]
