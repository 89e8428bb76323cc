"""One call to a gateway: what is committed before it, and what its failure means."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import Q

from .. import conf
from ..addresses import notice_url, return_url
from ..backoff import after
from ..clock import now
from ..exceptions import BadRequest, Busy, ConfigurationError, OutcomeUnknown, Refused
from ..gateways import gateways
from ..gateways.base import NOTHING, WAIT, Attempt, Outcome, Step
from ..lifecycle import RUNNING
from ..models import Checkout
from ..models.columns import new_key
from ..transactions import refuse_inside_one

logger = logging.getLogger("payment_subscriptions.checkout")

# What a row without a call under way looks like.
NO_CALL: dict[str, Any] = {"call_begun_at": None, "in_doubt_since": None, "lease": "", "lease_until": None}


def begin(checkout: Checkout, *, still: str) -> str | None:
    """Take the row and store "call begun", in one committed statement; None where others are at it,
    or where its next step is no longer the one that the caller read.

    ``due_at`` is set too: should this process die, the sweep takes the attempt up.
    """
    refuse_inside_one()
    columns = _lease_columns()
    try:
        begun = Checkout.objects.filter(
            _free(), pk=checkout.pk, status__in=RUNNING, call_begun_at__isnull=True, next_step=still
        ).update(call_begun_at=now(), due_at=columns["lease_until"], **columns)
    except IntegrityError:  # another attempt of this customer has a call under way
        Checkout.objects.filter(pk=checkout.pk).update(due_at=after(1))
        return None
    return columns["lease"] if begun else None


def take_over(checkout: Checkout) -> str | None:
    refuse_inside_one()
    columns = _lease_columns()
    taken = Checkout.objects.filter(_free(), pk=checkout.pk, call_begun_at__isnull=False).update(**columns)
    return columns["lease"] if taken else None


def release(checkout: Checkout, lease: str, **columns: Any) -> None:
    Checkout.objects.filter(pk=checkout.pk, lease=lease).update(**NO_CALL, **columns)


def _in_vain(checkout: Checkout) -> int:
    """``tries``, once more."""
    return min(checkout.tries + 1, 100)


def _lease_columns() -> dict[str, Any]:
    return {"lease": new_key(), "lease_until": now() + timedelta(seconds=conf.get("LEASE_SECONDS"))}


def _free() -> Q:
    return Q(lease_until__isnull=True) | Q(lease_until__lte=now())


def ask(verb: str, checkout: Checkout, lease: str) -> Step | None:
    """One verb of the gateway, outside any transaction; its errors become steps.

    None where the call provably never left: nothing was begun, and the attempt is due again later.
    """
    try:
        step: Step = getattr(gateways.of(checkout), verb)(attempt_of(checkout))
    except ConfigurationError:
        if verb == "advance":  # refused at the door: nothing was done, and every payer meets it
            release(checkout, lease, tries=_in_vain(checkout))
        raise
    except BadRequest:  # a text that no request can carry: nothing was sent
        release(checkout, lease)
        raise
    except Refused as error:
        # A question that was refused answers nothing: the call that it was about stays in doubt.
        outcome = Outcome.REFUSED if verb == "advance" else Outcome.UNKNOWN
        step = Step(NOTHING, outcome, reason=error.code, scope=error.scope)
        logger.warning(
            "Refused", extra=_log(checkout, service=error.service, code=error.code, scope=error.scope)
        )
    except (OutcomeUnknown, Busy) as error:
        if verb == "advance" and not getattr(error, "sent", False):
            release(checkout, lease, tries=_in_vain(checkout), due_at=after(checkout.tries + 1, error))
            return None
        step = Step(
            WAIT, Outcome.UNKNOWN, reason=getattr(error, "code", ""), wait=getattr(error, "wait", 0.0)
        )
        logger.warning("In doubt", extra=_log(checkout, error=type(error).__name__))
    return step


def attempt_of(checkout: Checkout) -> Attempt:
    gateway = gateways[checkout.provider]
    return checkout.as_attempt(return_url(gateway, checkout), notice_url(gateway))


def _log(checkout: Checkout, **extra: object) -> dict[str, object]:
    return {"checkout": checkout.pk, "provider": checkout.provider, "strategy": checkout.strategy, **extra}
