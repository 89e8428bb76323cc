"""The mail with a link to their own page, for who asks for one with an address."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from . import conf
from .clock import now
from .mailboxes import normalised
from .models import Event, Subscription
from .outbox import News, write
from .portal_links import portal_link

# So many an hour to one address, whoever asks.
MOST_AN_HOUR = 3
HOUR = timedelta(hours=1)


def to_be_mailed(email: str) -> Subscription | None:
    """The newest subscription that was bought with that address; of those of a user only where there is no
    other. None where nothing was, or enough was mailed of late."""
    address = normalised(email)
    newest = Subscription.objects.of_mailbox(address).first() or _of_a_user(address)
    return None if newest is None or _has_enough(address) else newest


def _of_a_user(address: str) -> Subscription | None:
    users = Subscription.objects.filter(payer_key__startswith="user:").written_with(address)
    return Subscription.objects.filter(pk__in=users).first()


def _has_enough(address: str) -> bool:
    """By the events, so that it holds for all processes and machines."""
    rows = Subscription.objects.all().written_with(address)
    sent = Event.objects.filter(name="payer.link_sent", created_at__gt=now() - HOUR, subscription__in=rows)
    return sent.count() >= MOST_AN_HOUR


def mail_link(subscription: Subscription) -> None:
    """To the address as it stands there, not as somebody wrote it now: what only looks the same gets nothing.
    Who has an account gets the page's own address, which wants a login.

    Raises ConfigurationError, and what Django's e-mail raises.
    """
    _message(subscription).send()
    with transaction.atomic(durable=True):
        write(subscription, [News("payer.link_sent")])


def _message(subscription: Subscription) -> EmailMultiAlternatives:
    """In the language in which they subscribed."""
    site = urlsplit(conf.absolute_url("/"))
    with translation.override(subscription.language or settings.LANGUAGE_CODE):
        context = {
            "subscription": subscription,
            "action_url": portal_link(subscription),
            "days": max(1, int(conf.get("PORTAL_LINK_MAX_AGE")) // (24 * 3600)),
            "has_account": subscription.payer_key.startswith("user:"),
            "site": site.netloc,
            "site_url": site.geturl(),
            "support": str(conf.get("SUPPORT_CONTACT")),
            "language": translation.get_language(),
        }
        subject, text, html = (_rendered(kind, context) for kind in ("subject.txt", "txt", "html"))
    message = EmailMultiAlternatives(" ".join(subject.split()), text, to=[subscription.email])
    message.attach_alternative(html, "text/html")
    return message


def _rendered(kind: str, context: dict[str, object]) -> str:
    return render_to_string(f"payment_subscriptions/mails/portal_link.{kind}", context).strip() + "\n"
