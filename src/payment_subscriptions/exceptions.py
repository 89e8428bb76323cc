"""The errors of this package.

::

    ImproperlyConfigured (Django)
    └── ConfigurationError       settings or keys are wrong: never a fallback, tell the operator
    PaymentsError
    ├── BadRequest               what the payer or caller sent cannot be used; safe to show
    ├── InvalidNotice            a callback that is not one (answered 400)
    ├── NotPossible              the subscription is in no state for that verb
    ├── Busy                     another process is at work on the same thing; try again shortly
    ├── MailNotSent              a mail to a payer could not be handed over
    └── GatewayError             a provider was asked
        ├── Refused              it said no, provably: nothing was done
        │   ├── NotFound         it does not know the thing that was named
        │   └── AlreadyExists    the thing is there already (Flow's duplicate externalId, planId)
        └── OutcomeUnknown       time-out, reset, 5xx, HTML: it may or may not have happened

ConfigurationError stands outside the tree on purpose: ``except PaymentsError`` must not
swallow it, because every payer meets the same wall until an operator acts.
"""

from __future__ import annotations

from typing import Literal

from django.core.exceptions import ImproperlyConfigured

Scope = Literal["strategy", "request"]
# What of an account's settings is wrong, where that is proved: a key is not there; it is none that the
# provider knows in this environment; it does not sign as the provider wants.
Fault = Literal["", "keys_missing", "key_environment", "signature"]


class ConfigurationError(ImproperlyConfigured):
    """The settings of payment-subscriptions are missing or contradict each other."""

    def __init__(self, message: str | None = None, *, hint: str = "", fault: Fault = "") -> None:
        self.hint = hint
        self.fault: Fault = fault
        super().__init__(message or self.__class__.__doc__)


class PaymentsError(Exception):
    """Something of payment-subscriptions failed. Its docstring is the default message."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__class__.__doc__ or "").strip().splitlines()[0])


class BadRequest(PaymentsError):
    """What was sent cannot be used."""

    def __init__(self, message: str | None = None, *, field: str = "", code: str = "") -> None:
        self.field = field
        self.code = code
        super().__init__(message)


class InvalidNotice(PaymentsError):
    """The callback is not one of this provider's."""


class NotPossible(PaymentsError):
    """The subscription is in no state for that."""


class MailNotSent(PaymentsError):
    """The mail could not be handed over."""


class Busy(PaymentsError):
    """Another process is at work on the same thing; try again shortly."""


class GatewayError(PaymentsError):
    """The provider could not be asked, or said no.

    ``code`` is the provider's own code as text ("7001", "108", "" when there was none),
    ``service`` what was called ("subscription/create"), ``hint`` what to do about it.
    The message never holds keys, signatures, tokens or whole e-mails.
    """

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str = "",
        service: str = "",
        hint: str = "",
        http_status: int | None = None,
    ) -> None:
        self.code = code
        self.service = service
        self.hint = hint
        self.http_status = http_status
        super().__init__(message)


class Refused(GatewayError):
    """The provider refused: nothing was done.

    ``scope`` is "strategy" where another strategy may succeed (no automatic-charge
    contract), "request" where every strategy would meet the same wall (a wrong e-mail).
    """

    def __init__(self, message: str | None = None, *, scope: Scope = "request", **details: object) -> None:
        self.scope: Scope = scope
        super().__init__(message, **details)  # type: ignore[arg-type]


class NotFound(Refused):
    """The provider does not know it."""


class AlreadyExists(Refused):
    """The provider has it already."""


class OutcomeUnknown(GatewayError):
    """Nobody knows yet whether it happened: ask before anything else is tried.

    ``sent`` is False only where the call provably never left this machine: it did nothing, and may
    be repeated. ``is_outage``: the provider is in trouble or out of reach, which says nothing of what was
    asked. ``wait``: for how many seconds it is to be left alone, 0.0 where it did not say.
    """

    sent: bool = True
    is_outage: bool = False
    wait: float = 0.0
