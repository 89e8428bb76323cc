"""The handlers: at least once each, by receipt; a second copy bears the same Message-ID."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from .. import verbs
from ..clock import now
from ..events import on
from ..models import Event, Subscription
from .kinds import KINDS, LINK, is_on
from .letters import letter_for
from .rendering import read_by, render
from .sending import send

# What is known of a debt may be as old as this before its payer is reminded: else the gateway is asked first.
FRESH = timedelta(hours=1)


def mail(kind: str, event: Event) -> bool:
    """Send the mail of that kind about that event; whether there was anything to send.

    Raises MailNotSent, and whatever the gateway raises that is asked before a reminder.
    """
    subscription = _reader(event)
    if subscription is None or not (kind == LINK or is_on(kind)):
        return False
    if kind == "dunning" and not _is_fresh(subscription):
        subscription = verbs.sync(subscription)
    with read_by(subscription):
        letter = letter_for(kind, event, subscription)
        rendered = letter and render(letter.template, letter.context)
    if rendered:
        send(rendered, subscription.email, event, kind)
    return rendered is not None


def _reader(event: Event) -> Subscription | None:
    """As things are now; nobody where the payer was erased, or nothing is charged at all."""
    if event.subscription_id is None:
        return None
    found = Subscription.objects.select_related("customer").filter(pk=event.subscription_id)
    return found.filter(customer__erased_at=None).exclude(email="").exclude(mode="demo").first()


def _is_fresh(subscription: Subscription) -> bool:
    return subscription.synced_at is not None and now() - subscription.synced_at < FRESH


def register() -> None:
    """Have every kind hear its events, whenever it is switched on as they are written; a link goes to
    whoever asked for it without a switch."""
    for kind, what in KINDS.items():
        on(*what.events, name=f"mails.{kind}", outside=True, when=partial(is_on, kind))(partial(mail, kind))
    on("payer.link_asked", name=f"mails.{LINK}", outside=True)(partial(mail, LINK))


register()
