"""What can happen, and who wants to hear of it.

``@on("payment.paid")`` registers a handler. Its name is its receipt's: keep it when you move
the function. A handler that only writes this database runs in one transaction with its
receipt, so exactly once; one that reaches outside (``outside=True``) runs at least once and
gets the event, whose ``id`` it passes on as an idempotency key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# name -> when it is written. The payload of each holds "subscription" (our public id), "plan",
# "price", "provider", "mode" and "payer_key"; those of payments and discrepancies what is listed
# in docs/events.md besides.
EVENTS: dict[str, str] = {
    "subscription.opened": "a payer chose a plan; nothing has been asked of the provider yet",
    "subscription.activated": "the provider reports it active for the first time (or again after its end)",
    "subscription.trial_started": "the provider reports a trial",
    "subscription.trial_ending": "a trial ends soon; written only where somebody hears",
    "subscription.past_due": "a charge is owed",
    "subscription.dunning": "a charge has been owed for days of DUNNING; written only where somebody hears",
    "subscription.recovered": "what was owed has been paid",
    "subscription.paused": "the provider reports it paused",
    "subscription.unpaused": "the pause is over",
    "subscription.paid": "a one-time plan is settled",
    "subscription.renewal_ordered": "the order of a period that is ours to renew was made and e-mailed",
    "subscription.resumed": "one that was to end goes on",
    "subscription.change_scheduled": "it changes to another price when the paid period ends",
    "subscription.change_undone": "a change that was scheduled will not take place",
    "subscription.plan_changed": "it is charged by another price from now on",
    "subscription.failed": "it ended because nobody paid",
    "subscription.cancel_scheduled": "it will end with the paid period",
    "subscription.cancelled": "it ended",
    "subscription.abandoned": "the payer never finished the checkout, or chose another plan",
    "checkout.in_doubt": "a call to the provider got no answer: nobody knows yet whether it happened",
    "checkout.resolved": "the doubt is over",
    "checkout.refused": "the provider refused the attempt",
    "payment.paid": "a charge was paid",
    "payment.failed": "a charge was declined",
    "payment.cancelled": "a charge was voided: nobody will ask for it any more",
    "payment.refunded": "a charge was given back, whole or in part",
    "payment.disputed": "the payer's bank takes a charge back",
    "payment.dispute_won": "a charge that was disputed stays paid: no second payment",
    "refund.requested": "somebody asked to give a payment back",
    "refund.offered": "the payer is asked by e-mail to accept it",
    "refund.accepted": "the payer accepted it; it will be paid out",
    "refund.paid": "the money was given back",
    "refund.rejected": "the payer rejected it",
    "refund.cancelled": "it was called off before the payer accepted it",
    "refund.refused": "the provider refused it: nothing was given back",
    "refund.in_doubt": "the call got no answer: nobody knows yet whether the money went back",
    "card.changed": "the payer registered another card",
    "card.expiring": "the card that is charged expires soon; written only where somebody hears",
    "payer.left_word": "the payer said why they cancel: the subscription keeps it",
    "payer.link_asked": "somebody asked for a link to the payer's page: it is mailed to the payer",
    "payer.exported": "all that is held of the payer was told, at their wish",
    "payer.erased": "all that names the payer was removed, at their wish: remove what you keep too",
    "discrepancy.found": "something is as it should not be, and waits for a person",
}


@dataclass(frozen=True)
class Handler:
    """A function that hears of events."""

    name: str
    function: Callable[[Any], object]
    outside: bool = False
    when: Callable[[], bool] | None = None

    @property
    def hears(self) -> bool:
        """Whether it wants to hear of what happens now."""
        return self.when is None or self.when()


_handlers: dict[str, list[Handler]] = {}


def on(
    *names: str, name: str | None = None, outside: bool = False, when: Callable[[], bool] | None = None
) -> Callable[[Callable[[Any], object]], Callable[[Any], object]]:
    """Register a handler of the events ``names``.

    ``when`` is asked as each is written: where it says False the handler owes nothing for that one. It
    must not raise. Raises ValueError for an event that does not exist or a handler's name that is taken.
    """
    unknown = sorted(set(names) - set(EVENTS))
    if unknown or not names:
        raise ValueError(
            f"No such event: {', '.join(unknown) or '(none given)'}. There are: {', '.join(EVENTS)}"
        )

    def register(function: Callable[[Any], object]) -> Callable[[Any], object]:
        handler = Handler(name or f"{function.__module__}.{function.__qualname__}", function, outside, when)
        for event in names:
            if any(other.name == handler.name for other in _handlers.get(event, [])):
                raise ValueError(f"A handler named {handler.name!r} hears {event!r} already: give name=...")
            _handlers.setdefault(event, []).append(handler)
        return function

    return register


def off(function: Callable[[Any], object]) -> None:
    """Forget a handler."""
    for event, handlers in _handlers.items():
        _handlers[event] = [handler for handler in handlers if handler.function is not function]


def handlers_of(event: str) -> list[Handler]:
    """Who hears that event, if it were written now."""
    return [handler for handler in _handlers.get(event, []) if handler.hears]


def handler_named(event: str, name: str) -> Handler | None:
    """The handler of that name, or None where the code has lost it since."""
    return next((handler for handler in _handlers.get(event, []) if handler.name == name), None)
