"""Subject, text and HTML of a mail, in the language and the days of its reader."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation

from .. import conf
from ..models import Subscription

FOLDER = "payment_subscriptions/mails/"
SPANISH = "es"
# What mail programs show whole is less; more than this says nothing.
LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Rendered:
    """What goes out. ``subject`` is one line."""

    subject: str
    text: str
    html: str


@contextmanager
def read_by(subscription: Subscription) -> Iterator[None]:
    """The payer's language, Spanish where nobody knows it, and the site's own time zone."""
    zone = timezone.get_default_timezone()
    with translation.override(language_of(subscription)), timezone.override(zone):
        yield


def language_of(subscription: Subscription) -> str:
    """The one in force when they subscribed, as far as the project still speaks it."""
    try:
        return translation.get_supported_language_variant(subscription.language or SPANISH)
    except LookupError:
        return SPANISH


def render(name: str, context: Mapping[str, Any]) -> Rendered:
    """The mail of that name, in the language in force.

    Raises TemplateDoesNotExist: the project's own names stand in DUNNING.
    """
    told = everywhere() | dict(context)
    subject = " ".join(_plain(f"{name}.subject.txt", told).split())
    html = get_template(f"{FOLDER}{name}.html").render(told | {"subject": subject})
    return Rendered(subject[:LONGEST_SUBJECT], _tidy(_plain(f"{name}.txt", told)), html)


def everywhere() -> dict[str, Any]:
    """What every mail may show: where it comes from, and where to get help."""
    return {
        "site": conf.site_name(urlsplit(str(conf.get("BASE_URL"))).hostname or ""),
        "site_url": conf.absolute_url("/"),
        "support": str(conf.get("SUPPORT_CONTACT")),
        "support_url": conf.support_url(),
        "language": translation.get_language() or settings.LANGUAGE_CODE,
    }


def _plain(name: str, context: Mapping[str, Any]) -> str:
    """Text, in which "&" is no "&amp;" whether or not its template says so."""
    template = get_template(FOLDER + name)
    inner = getattr(template, "template", None)
    if inner is None or not hasattr(inner, "engine"):  # another engine than Django's
        return str(template.render(dict(context)))
    return str(inner.render(Context(dict(context), autoescape=False)))


def _tidy(text: str) -> str:
    """No blanks at the ends of lines, no more than one empty line."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
