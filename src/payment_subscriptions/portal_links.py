"""The address of a payer's own page, for mails: of a user the page itself, which wants a login; of anybody
else a link that proves their e-mail address, because it was mailed there.

A link names a subscription and, by a keyed digest, the address that it was made for: it opens nothing once
the subscription has another, or was made to name nobody. No address stands in it, for links are logged.
"""

from __future__ import annotations

from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.utils.crypto import constant_time_compare, salted_hmac

from . import conf
from .addresses import path_of
from .mailboxes import normalised
from .models import Subscription

SALT = "payment_subscriptions.portal"


def portal_link(subscription: Subscription) -> str:
    """The absolute address of the page of whoever pays this. Raises ConfigurationError.

    To be mailed to ``subscription.email`` and to nobody else: who opens it within ``PORTAL_LINK_MAX_AGE``
    seconds is taken to have that mailbox.
    """
    if subscription.payer_key.startswith("user:") or not subscription.email:
        return conf.absolute_url(path_of("payments:my_subscription"))
    token = TimestampSigner(salt=SALT).sign(proof_of(subscription))
    return conf.absolute_url(path_of("payments:prove", token=token))


def made_for(token: str) -> Subscription:
    """The same for one of any age, to mail a fresh one to the same address. Raises BadSignature."""
    return subscription_of(TimestampSigner(salt=SALT).unsign(token))


def proof_of(subscription: Subscription) -> str:
    """What shows, signed, that somebody reads the mail of its address."""
    return f"{subscription.public_id.hex}.{_digest(subscription)}"


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
    if found.payer_key.startswith("user:"):
        raise BadSignature("Its payer has an account")
    return found


def _digest(subscription: Subscription) -> str:
    return salted_hmac(SALT, normalised(subscription.email), algorithm="sha256").hexdigest()[:32]
