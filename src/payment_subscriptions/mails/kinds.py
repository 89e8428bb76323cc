"""Which mails there are, what makes each go out, and whether it is switched on."""

from __future__ import annotations

from dataclasses import dataclass

from .. import conf


@dataclass(frozen=True)
class Kind:
    """One switch: the events that make it go out, and the templates that it may use."""

    events: tuple[str, ...]
    templates: tuple[str, ...]


# The names that MAILS takes. Those of the ladder's templates stand in DUNNING.
KINDS: dict[str, Kind] = {
    "subscribed": Kind(
        ("subscription.activated", "subscription.trial_started", "subscription.recovered"), ("subscribed",)
    ),
    "receipt": Kind(("payment.paid",), ("receipt",)),
    "charge_failed": Kind(("payment.failed",), ("charge_failed",)),
    "card_expiring": Kind(("card.expiring",), ("card_expiring",)),
    "trial_ending": Kind(("subscription.trial_ending",), ("trial_ending",)),
    "cancel_scheduled": Kind(("subscription.cancel_scheduled",), ("cancel_scheduled",)),
    "cancelled": Kind(("subscription.cancelled", "subscription.failed"), ("cancelled", "ended_unpaid")),
    "dunning": Kind(("subscription.dunning",), ("reminder", "last_reminder")),
}

# The mail that somebody asked for, on the page where they manage their subscription. It has no switch.
LINK = "portal_link"


def is_on(name: str) -> bool:
    """Whether the project has that mail sent. What MAILS cannot mean switches nothing on."""
    chosen = conf.get("MAILS")
    return chosen is True or (isinstance(chosen, (list, tuple, set, frozenset)) and name in chosen)
