"""The address of a payer's own page, for mails: of a user the page itself, which wants a login; of anybody
else a link that proves their e-mail address, because it was mailed there.

A link names a subscription and, by a keyed digest, the address that it was made for: it opens nothing once
the subscription has another, or was made to name nobody. No address stands in it, for links are logged.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from . import conf
from .addresses import path_of
from .clock import now
from .mailboxes import normalised
from .models import Event, Subscription
from .outbox import News, write

SALT = "payment_subscriptions.portal"
# So many links an hour to one address, whoever asks.
MOST_AN_HOUR = 3
HOUR = timedelta(hours=1)


def portal_link(subscription: Subscription) -> str:
    """The absolute address of the page of whoever pays this. Raises ConfigurationError.

    To be mailed to ``subscription.email`` and to nobody else: who opens it within ``PORTAL_LINK_MAX_AGE``
    seconds is taken to have that mailbox.
    """
    if subscription.has_account or not subscription.email:
        return conf.absolute_url(path_of("payments:my_subscription"))
    token = TimestampSigner(salt=SALT).sign(proof_of(subscription))
    return conf.absolute_url(path_of("payments:prove", token=token))


def made_for(token: str) -> Subscription:
    """The same for one of any age, to mail a fresh one to the same address. Raises BadSignature."""
    return subscription_of(TimestampSigner(salt=SALT).unsign(token))


def proof_of(subscription: Subscription) -> str:
    """What shows, signed, that somebody reads the mail of its address."""
    return f"{subscription.public_id.hex}.{_digest(subscription)}"


def ask_for_link(email: str) -> bool:
    """Have a link mailed to whoever has that address, if something was bought with it; whether it is.

    To the address as it stands in the subscription, not as it was written now: what only looks the same gets
    nothing. Who has an account is mailed the page's own address. At most MOST_AN_HOUR to one address.
    """
    address = normalised(email)
    subscription = Subscription.objects.of_mailbox(address).first() or _of_a_user(address)
    if subscription is None or _has_enough(address):
        return False
    with transaction.atomic(durable=True):
        write(subscription, [News("payer.link_asked")])
    return True


def _of_a_user(address: str) -> Subscription | None:
    users = Subscription.objects.with_account().written_with(address)
    return Subscription.objects.filter(pk__in=users).first()


def _has_enough(address: str) -> bool:
    """By the events, so that it holds for all processes and machines."""
    rows = Subscription.objects.all().written_with(address)
    asked = Event.objects.filter(name="payer.link_asked", created_at__gt=now() - HOUR, subscription__in=rows)
    return asked.count() >= MOST_AN_HOUR


def proved_by(token: str) -> Subscription:
    """The subscription of a link, whose address is proved by it.

    Raises SignatureExpired for one that is too old, BadSignature for any other that is not good (any more).
    """
    return subscription_of(TimestampSigner(salt=SALT).unsign(token, max_age=conf.get("PORTAL_LINK_MAX_AGE")))


def subscription_of(proof: str) -> Subscription:
    """The one that a proof names, while it has the same address. Raises BadSignature."""
    name, _dot, digest = proof.partition(".")
    try:
        found = Subscription.objects.filter(public_id=UUID(name)).first()
    except ValueError:
        found = None
    if found is None or not found.email or not constant_time_compare(_digest(found), digest):
        raise BadSignature("It proves no address of ours")
    if found.has_account:
        raise BadSignature("Its payer has an account")
    return found


def _digest(subscription: Subscription) -> str:
    return salted_hmac(SALT, normalised(subscription.email), algorithm="sha256").hexdigest()[:32]
