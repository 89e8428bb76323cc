"""Pause a subscription, and let it go on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import verbs
from ..lifecycle import ALLOWED
from ..models import Subscription
from . import words
from .abilities import capabilities
from .verb import Said, Verb

PERMISSION = "payment_subscriptions.pause_subscription"


def _can_pause(row: Subscription) -> bool:
    leaves = row.cancel_at_period_end or row.cancel_requested
    return capabilities(row).pause and row.status in ALLOWED["pause"] and not leaves


def _can_unpause(row: Subscription) -> bool:
    return capabilities(row).pause and row.status in ALLOWED["unpause"]


def _pause_consequences(row: Subscription) -> list[str]:
    return [
        _("Nothing is charged from now on: the bills of a pause are voided, and never asked for later."),
        _("What is paid already goes on being used, until %(day)s.") % {"day": words.day(row.paid_through)},
        _("It goes on only when somebody lets it."),
    ]


def _unpause_consequences(row: Subscription) -> list[str]:
    return [
        _("It is charged again from its next period on, on %(day)s.") % {"day": words.day(row.period_end)}
    ]


def _pause(request: HttpRequest, row: Subscription, data: dict[str, Any]) -> Said:
    row = verbs.pause(row)
    return Said(messages.SUCCESS, _("It is paused. %(state)s") % {"state": words.state(row)})


def _unpause(request: HttpRequest, row: Subscription, data: dict[str, Any]) -> Said:
    row = verbs.unpause(row)
    return Said(messages.SUCCESS, _("It goes on. %(state)s") % {"state": words.state(row)})


PAUSE = Verb(
    "pause",
    PERMISSION,
    gettext_lazy("Pause"),
    gettext_lazy("Charges nothing until somebody lets it go on."),
    _can_pause,
    _pause_consequences,
    _pause,
    stamp=lambda row: str(row.version),
)
UNPAUSE = Verb(
    "unpause",
    PERMISSION,
    gettext_lazy("End the pause"),
    gettext_lazy("Charges it again from its next period on."),
    _can_unpause,
    _unpause_consequences,
    _unpause,
    stamp=lambda row: str(row.version),
)
