"""What payers are mailed, for a developer to look at: every mail as it would go out, and those that did.

Pages of the demo only; nothing here is part of the app.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from payment_subscriptions import conf
from payment_subscriptions.mails.samples import samples

from . import csp
from .settings import EMAIL_FILE_PATH

SHOWN = 30
# Between the messages of a file, as Django's file backend writes them.
BETWEEN = b"\n" + b"-" * 79 + b"\n"
# Mails have their styles in their tags. They are shown in a frame without scripts; this page alone allows it.
POLICY = f"{csp.POLICY}; style-src 'self' 'unsafe-inline'"
GATEWAYS = {"flow": "Flow", "stripe": "Stripe"}


@dataclass(frozen=True)
class Shown:
    """A mail on a page. ``about`` says what it is, or to whom and when it went."""

    about: str
    subject: str
    text: str
    html: str


@require_safe
def every(request: HttpRequest) -> HttpResponse:
    """Every mail in one language, of a price of one gateway."""
    languages = dict(settings.LANGUAGES)
    language = _chosen(request, "idioma", languages)
    gateway = _chosen(request, "pasarela", GATEWAYS)
    found = [
        Shown(name, mail.subject, mail.text, mail.html) for name, mail in samples(language, alias=gateway)
    ]
    return _page(
        request,
        "example/every_mail.html",
        mails=found,
        language=language,
        languages=languages,
        gateway=gateway,
        gateways=GATEWAYS,
    )


def _chosen(request: HttpRequest, name: str, of: dict[str, str]) -> str:
    wanted = request.GET.get(name, "")
    return wanted if wanted in of else next(iter(of))


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """What was really sent, the newest first."""
    return _page(request, "example/sent_mail.html", mails=[_shown(message) for message in newest(SHOWN)])


def _page(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    answer = render(request, template, {"site": conf.get("SITE_NAME"), **context})
    answer["Content-Security-Policy"] = POLICY
    return answer


def _shown(message: EmailMessage) -> Shown:
    about = _("To %(to)s, %(date)s") % {"to": message["To"], "date": _moment(message)}
    return Shown(about, str(message["Subject"]), _part(message, "plain"), _part(message, "html"))


def _moment(message: EmailMessage) -> str:
    told = message["Date"].datetime if message["Date"] else None
    return f"{told.astimezone():%Y-%m-%d %H:%M:%S}" if isinstance(told, datetime) else ""


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()) if body else ""


def newest(at_most: int) -> list[EmailMessage]:
    """Of the files that Django's backend has written."""
    return list(_messages())[::-1][:at_most]


def _messages() -> Iterator[EmailMessage]:
    for file in sorted(folder().glob("*.log"), key=lambda file: (file.stat().st_mtime_ns, file.name)):
        for raw in file.read_bytes().split(BETWEEN):
            if raw.strip():
                yield email.message_from_bytes(raw, policy=email.policy.default)


def folder() -> Path:
    return Path(EMAIL_FILE_PATH)


def count() -> int:
    """How many files there are: one for each mail."""
    return len(list(folder().glob("*.log"))) if folder().is_dir() else 0


def forget() -> None:
    """Throw away what an earlier run has sent."""
    for file in folder().glob("*.log"):
        file.unlink()
