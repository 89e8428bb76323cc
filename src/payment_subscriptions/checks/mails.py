"""Whether the mails that are switched on can be sent as they are meant."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

from .. import conf
from ..exceptions import ConfigurationError
from ..mails import KINDS, is_on
from ..mails.rendering import FOLDER

# What Django sends from where nobody has said who does.
NOBODY = "webmaster@localhost"


@register("payments")
def check_mails(**_: Any) -> list[CheckMessage]:
    """MAILS, DUNNING and who sends."""
    try:
        chosen = conf.get("MAILS")
    except ConfigurationError:
        return []  # the settings' own check says what is wrong
    if not chosen:
        return []
    return [*_names(chosen), *(_ladder() if is_on("dunning") else []), *_sender()]


def _names(chosen: Any) -> list[CheckMessage]:
    if chosen is True:
        return []
    is_list = isinstance(chosen, (list, tuple, set, frozenset))
    if is_list and set(chosen) <= set(KINDS):
        return []
    return [
        Error(
            f"{conf.NAME}['MAILS'] is {chosen!r}.",
            hint=f"True, False, or a list of these: {', '.join(KINDS)}.",
            id="payments.E030",
        )
    ]


def _ladder() -> list[CheckMessage]:
    written = conf.get("DUNNING")
    if not _is_ladder(written):
        return [
            Error(
                f"{conf.NAME}['DUNNING'] is {written!r}.",
                hint="A list of pairs, each of other days: [(3, 'reminder'), (14, 'last_reminder')].",
                id="payments.E031",
            )
        ]
    return [
        Error(
            f"DUNNING names {mail!r}, and there is no usable template {FOLDER}{mail}.{end}.",
            hint=f"Write {mail}.subject.txt, {mail}.txt and {mail}.html there, or name another.",
            id="payments.E031",
        )
        for _days, mail in written
        for end in _missing(mail)[:1]
    ]


def _is_ladder(written: Any) -> bool:
    try:
        days = [float(number) for number, _mail in written]
        names = [mail for _number, mail in written]
    except (TypeError, ValueError):
        return False
    is_named = all(isinstance(name, str) for name in names)
    return is_named and all(number > 0 for number in days) and len(set(days)) == len(days)


def _missing(mail: str) -> list[str]:
    return [end for end in ("subject.txt", "txt", "html") if not _is_usable(f"{FOLDER}{mail}.{end}")]


def _is_usable(template: str) -> bool:
    try:
        get_template(template)
    except (TemplateDoesNotExist, TemplateSyntaxError):
        return False
    return True


def _sender() -> list[CheckMessage]:
    if conf.get("MAILS_FROM") or settings.DEFAULT_FROM_EMAIL != NOBODY:
        return []
    return [
        Warning(
            f"Mails to payers are sent from {NOBODY}: most will be thrown away.",
            hint="Set DEFAULT_FROM_EMAIL, or MAILS_FROM.",
            id="payments.W032",
        )
    ]
