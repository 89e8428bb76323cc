"""One mail out, by whatever EMAIL_BACKEND is in force. Never says whose it was when it fails."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from .. import conf
from ..budget import remaining
from ..exceptions import MailNotSent
from ..models import Event
from .rendering import Rendered

# A mail server that does not answer is waited for so many seconds, where EMAIL_TIMEOUT is not set.
PATIENCE = 10.0


def send(mail: Rendered, to: str, event: Event, kind: str) -> None:
    """Hand it over. The same event and kind bear the same Message-ID however often it is sent.

    Raises MailNotSent: with the kind of trouble, without the address.
    """
    try:
        message = as_message(mail, to, event, kind)
        message.connection = _connection()
        sent = message.send()
    except Exception as error:
        raise MailNotSent(_told(error)) from None  # the cause names the receiver
    if not sent:
        raise MailNotSent


def as_message(mail: Rendered, to: str, event: Event, kind: str) -> EmailMultiAlternatives:
    """Text and HTML. A header with a line break is refused by Django when it is sent."""
    support = str(conf.get("SUPPORT_CONTACT"))
    message = EmailMultiAlternatives(
        mail.subject,
        mail.text,
        conf.get("MAILS_FROM") or settings.DEFAULT_FROM_EMAIL,
        [to],
        headers={
            "Message-ID": message_id(event, kind),
            "X-Payments-Event": str(event.pk),
            "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday notes
        },
        reply_to=[support] if conf.is_mailbox(support) else None,
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def message_id(event: Event, kind: str) -> str:
    """By which a second copy is recognised as one."""
    host = urlsplit(str(conf.get("BASE_URL"))).hostname or "localhost"
    return f"<{kind}.{event.pk}.{int(event.created_at.timestamp())}@{host}>"


def _connection() -> Any:
    """Django's own SMTP waits for ever unless it is told; inside a request there is less time still."""
    connection: Any = get_connection()
    if getattr(connection, "timeout", 0) is None:
        connection.timeout = max(1.0, remaining(PATIENCE))
    return connection


def _told(error: Exception) -> str:
    code = getattr(error, "smtp_code", "")
    return f"The mail could not be handed over: {type(error).__name__}{f' ({code})' if code else ''}."
