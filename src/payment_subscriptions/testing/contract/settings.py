"""What a gateway says without being asked for money."""

from __future__ import annotations

import socket

import pytest
from django.core.checks import CheckMessage, Error
from django.utils import translation

from payment_subscriptions.checkout import attempt_of, open_checkout
from payment_subscriptions.checkout.opening import Payer
from payment_subscriptions.exceptions import NotFound
from payment_subscriptions.gateways import gateways
from payment_subscriptions.gateways.base import Pulse

from .bench import Bench
from .steps import EMAIL


@pytest.mark.django_db(transaction=True)
class Settings:
    def test_the_settings_are_judged_without_any_network(
        self, bench: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise AssertionError("the network was used")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        gateways.forget()
        found = bench.gateway.check()
        assert all(isinstance(message, CheckMessage) for message in found)
        assert [message for message in found if isinstance(message, Error)] == []

    @pytest.mark.parametrize("code", ["", "a-code-that-nobody-knows"])
    def test_every_decline_has_words_in_both_languages(self, bench: Bench, code: str) -> None:
        with translation.override("es"):
            spanish = str(bench.gateway.explain(code))
        with translation.override("en"):
            english = str(bench.gateway.explain(code))
        assert spanish
        assert english
        assert spanish != english

    def test_the_questions_of_the_doctor_leave_no_trace(self, bench: Bench) -> None:
        gateway = bench.gateway
        customers = list(gateway.list_customers()) if gateway.lists else []
        assert isinstance(gateway.ping(), Pulse)
        assert not gateway.lacks(bench.strategy), "the account of the bench can charge that way"
        assert (list(gateway.list_customers()) if gateway.lists else []) == customers
        assert bench.charges() == []

    def test_what_it_never_heard_of_is_not_found(self, bench: Bench) -> None:
        gateway = bench.gateway
        if gateway.renews(bench.strategy):
            with pytest.raises(NotFound):
                gateway.fetch(bench.unknown_reference)
        else:
            unheard = open_checkout(Payer("form:nobody", EMAIL), bench.price, gateway)
            with pytest.raises(NotFound):
                gateway.fetch_order(attempt_of(unheard))
