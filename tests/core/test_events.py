"""Who hears of what."""

from __future__ import annotations

import pytest

from payment_subscriptions.events import EVENTS, handler_named, handlers_of, off, on
from payment_subscriptions.lifecycle import PaymentStatus, Status, event_of_move, event_of_payment

pytestmark = pytest.mark.usefixtures("handlers")


def test_a_handler_hears_what_it_asked_for() -> None:
    @on("payment.paid", "payment.refunded", outside=True)
    def tell(event: object) -> None: ...

    for name in ("payment.paid", "payment.refunded"):
        handler = handlers_of(name)[-1]
        assert (handler.function, handler.outside) == (tell, True)
        assert handler_named(name, handler.name) == handler
    assert handler_named("payment.failed", handler.name) is None
    assert handler.name.endswith("test_a_handler_hears_what_it_asked_for.<locals>.tell")


def test_a_name_of_its_own_outlives_a_move_of_the_function() -> None:
    on("payment.paid", name="invoice")(print)
    assert handler_named("payment.paid", "invoice") is not None
    off(print)
    assert handler_named("payment.paid", "invoice") is None


@pytest.mark.parametrize("names", [(), ("payment.payed",), ("payment.paid", "nothing")])
def test_an_event_that_does_not_exist_is_refused_at_once(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="There are: subscription"):
        on(*names)


def test_two_handlers_of_one_name_would_share_a_receipt() -> None:
    on("payment.paid", name="mail")(print)
    with pytest.raises(ValueError, match="mail"):
        on("payment.paid", name="mail")(repr)


def test_every_event_that_a_move_writes_is_one_of_the_list() -> None:
    moves = {event_of_move(old, new) for old in Status for new in Status}
    payments = {event_of_payment(old, new) for old in [None, *PaymentStatus] for new in PaymentStatus}
    assert (moves | payments) - {None} <= set(EVENTS)
