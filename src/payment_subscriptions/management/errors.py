"""Errors of the core as a command tells them: what happened and what to do, without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from ..exceptions import ConfigurationError, OutcomeUnknown, PaymentsError


@contextmanager
def told_plainly() -> Iterator[None]:
    try:
        yield
    except OutcomeUnknown as error:
        raise CommandError(_line(error, "In doubt: nobody knows yet whether it happened")) from error
    except (PaymentsError, ConfigurationError) as error:
        raise CommandError(_line(error)) from error


def _line(error: Exception, before: str = "") -> str:
    hint = getattr(error, "hint", "")
    return ". ".join(part.rstrip(".") for part in (before, str(error), hint) if part) + "."
