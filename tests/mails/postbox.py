"""What was sent, as its reader finds it."""

from __future__ import annotations

from django.core import mail
from django.core.mail import EmailMultiAlternatives

from payment_subscriptions.models import Event, Receipt


def box() -> list[EmailMultiAlternatives]:
    return [message for message in mail.outbox if isinstance(message, EmailMultiAlternatives)]


def subjects() -> list[str]:
    return [str(message.subject) for message in box()]


def kinds() -> list[str]:
    """Of what was sent, in its order."""
    return [str(message.extra_headers["Message-ID"]).strip("<").partition(".")[0] for message in box()]


def taken() -> list[str]:
    """Their subjects; the box is empty then."""
    found = subjects()
    mail.outbox.clear()
    return found


def html_of(message: EmailMultiAlternatives) -> str:
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    return str(html)


def told(name: str) -> int:
    return Event.objects.filter(name=name).count()


def undone() -> int:
    return Receipt.objects.filter(done_at=None).count()
