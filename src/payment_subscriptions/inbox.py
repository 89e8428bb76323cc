"""Notices: stored before they are judged, answered, then processed.

A notice is a hint. It says where to look; what is recorded is what the provider answers when
asked.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from . import conf, recording, throttle, verbs
from .backoff import is_outage, next_try
from .checkout import go_on
from .clock import now
from .exceptions import ConfigurationError, NotFound, NotPossible, PaymentsError
from .gateways import gateways
from .gateways.base import Gateway, Located, Received
from .models import Checkout, Notice, Payment, Refund, Subscription
from .models.columns import new_key
from .models.notice import NoticeState
from .transactions import refuse_inside_one

logger = logging.getLogger("payment_subscriptions.inbox")

# How often one process works through arrivals of one notice before it leaves the rest to the sweep.
MOST_ROUNDS = 5

_STORE = """
INSERT INTO {table}
    (provider, "key", about, body, sender, arrival, arrivals, state, tries, error, held_by,
     received_at, due_at)
VALUES (%s, %s, %s, %s, %s, %s, 1, 'received', 0, '', '', %s, %s)
ON CONFLICT (provider, "key") DO UPDATE SET
    body = excluded.body, sender = excluded.sender, arrival = excluded.arrival,
    arrivals = {table}.arrivals + 1,
    state = 'received', tries = 0, due_at = excluded.due_at
RETURNING id
"""

# The row as it is after the claim: an arrival from then on is newer.
_CLAIM = """
UPDATE {table} SET lease_until = %s, held_by = ''
WHERE id = %s AND state = 'received' AND (lease_until IS NULL OR lease_until <= %s)
RETURNING *
"""


class NotYet(PaymentsError):
    """The subscription that the notice is about is not known here yet: its creation may be under way."""


def store(provider: str, received: Received, about: str = "", sender: str = "") -> int:
    """Commit one arrival, by one statement; the row's key. The same notice again reopens its row.

    ``about``: the public id of the refund that the address named; ``sender``: who brought it, hashed.
    """
    moment = connection.ops.adapt_datetimefield_value(now())
    with connection.cursor() as cursor:
        key = f"{received.key}:{about}" if about else received.key
        cursor.execute(_sql(_STORE), [provider, key, about, received.body, sender, new_key(), moment, moment])
        return int(cursor.fetchone()[0])


def process(pk: int, *, at_once: bool = False) -> Notice:
    """Work one notice until no arrival is left unlooked at; the row as it is then.

    Does nothing where another process is at it, and where it is not due. Never raises what the
    provider did: the row says so, and is due again later. ``at_once``: a person asks for it, whatever its
    sender has brought besides.
    """
    refuse_inside_one()
    notice = None
    for _round in range(MOST_ROUNDS):
        claimed = _claim(pk)
        if claimed is None:
            break
        notice = claimed
        if (not at_once and _wait(notice)) or _work(notice):
            break
    return notice or Notice.objects.select_related("subscription").get(pk=pk)


def replay(notice: Notice) -> Notice:
    """Work a notice once more, whatever became of it: the operator's second try.

    Raises NotPossible where its body has been removed.
    """
    if Notice.objects.get(pk=notice.pk).is_pruned:
        raise NotPossible(
            _(
                "What this notice said has been removed, as its time was over: it cannot be replayed. "
                "Ask the provider about the subscription instead."
            )
        )
    Notice.objects.filter(pk=notice.pk).update(
        state=NoticeState.RECEIVED,
        arrival=new_key(),
        tries=0,
        unanswered_since=None,
        due_at=now(),
        lease_until=None,
    )
    return process(notice.pk, at_once=True)


def _claim(pk: int) -> Notice | None:
    """The row, where it is free and to be worked; one statement."""
    until = now() + timedelta(seconds=conf.get("LEASE_SECONDS"))
    lease, moment = map(connection.ops.adapt_datetimefield_value, (until, now()))
    return next(iter(Notice.objects.raw(_sql(_CLAIM), [lease, pk, moment])), None)


def _sql(template: str) -> str:
    return template.format(table=connection.ops.quote_name(Notice._meta.db_table))


def _wait(notice: Notice) -> bool:
    """Put it off where its sender has brought too much that the provider does not know."""
    try:
        turn = throttle.turn_of(notice)
    except ConfigurationError:
        return False  # nobody can be asked, and the row is to say so
    if turn is None:
        return False
    held = Notice.objects.filter(pk=notice.pk, arrival=notice.arrival).update(
        due_at=turn.at, held_by=turn.held_by, lease_until=None
    )
    if not held:
        Notice.objects.filter(pk=notice.pk).update(lease_until=None)
    logger.info("Notice waits for its turn", extra={"notice": notice.pk, "until": turn.at.isoformat()})
    return True


def _work(notice: Notice) -> bool:
    """One look at the provider for one arrival; True when nothing newer has come meanwhile."""
    try:
        notice.state, notice.subscription = _look(notice)
    except NotFound:
        notice.state = NoticeState.UNKNOWN
    except (PaymentsError, ConfigurationError) as error:
        return _failed(notice, error)
    except Exception as error:
        logger.exception("Notice failed", extra={"notice": notice.pk})
        return _failed(notice, error)
    return _finish(notice)


def _look(notice: Notice) -> tuple[NoticeState, Subscription | None]:
    if notice.about:
        return NoticeState.DONE, verbs.receive_refund(notice.about, notice.body).payment.subscription
    gateway = gateways[notice.provider]
    located = gateway.locate(notice.body)
    refund = _refund_of(gateway, located)
    subscription = refund.payment.subscription if refund else _find(gateway, located)
    if subscription is not None and subscription.reference:
        subscription = verbs.sync_row(subscription)
        if refund:  # its own answer may be lost, or it was on its way
            verbs.receive_refund(str(refund.public_id))
        return NoticeState.DONE, subscription
    if subscription is not None and located.paid is None:
        return NoticeState.DONE, subscription
    named = located.is_ours and located.subscription_reference
    if (subscription is not None or named) and notice.tries < _patience():
        raise NotYet
    if located.paid is not None:
        recording.keep_foreign_payment(
            gateway.alias,
            gateway.mode,
            notice.key,
            located.order,
            located.paid.amount,
            located.paid.currency.code,
        )
    return NoticeState.FOREIGN, None


def _refund_of(gateway: Gateway, located: Located) -> Refund | None:
    """One of ours that the notice names."""
    if not located.refund:
        return None
    named = Refund.objects.select_related("payment__subscription__customer").filter(
        order=located.refund, provider=gateway.alias, mode=gateway.mode
    )
    return named.first()


def _patience() -> int:
    """Tries after which a subscription that we do not know is taken to be none of ours."""
    return int(conf.get("MAX_TRIES")) // 2


def _find(gateway: Gateway, located: Located) -> Subscription | None:
    """By the provider's name for it, which a charge on our books bears for good (a subscription that was
    taken up again has a new one); else by our order, which an attempt bears."""
    name = located.subscription_reference
    named = Subscription.objects.select_related("customer").filter(
        Q(reference=name) | Q(successor_reference=name), provider=gateway.alias, mode=gateway.mode
    )
    if located.subscription_reference and (found := named.first()):
        return found
    booked = Payment.objects.select_related("subscription__customer").filter(
        order=located.order, provider=gateway.alias, mode=gateway.mode
    )
    if located.subscription_reference and located.order and (payment := booked.first()):
        return payment.subscription
    attempt = located.order and Checkout.objects.filter(provider=gateway.alias, order=located.order).first()
    return _of_attempt(attempt, located) if attempt else None


def _of_attempt(attempt: Checkout, located: Located) -> Subscription:
    """Let the attempt go on: its payer may have finished and never come back. One that was given up
    and paid all the same is tied to what the provider made of it."""
    gateway = gateways.of(attempt)  # refuses one of another mode
    subscription = go_on(attempt).subscription
    paid_order = attempt.order if located.paid and not gateway.renews(attempt.strategy) else ""
    reference = located.subscription_reference or paid_order
    if reference and not subscription.reference:
        recording.adopt(subscription, reference)
    return subscription


def _finish(notice: Notice) -> bool:
    """Done, only if the arrival that the work began with is still the last one. Of a payer who was erased
    nothing that names them is kept again."""
    erased = {"body": ""} if notice.subscription and notice.subscription.customer.erased_at else {}
    done = Notice.objects.filter(pk=notice.pk, arrival=notice.arrival).update(
        state=notice.state,
        subscription=notice.subscription,
        done_at=now(),
        unanswered_since=None,
        due_at=None,
        lease_until=None,
        error="",
        **erased,
    )
    if not done:
        Notice.objects.filter(pk=notice.pk).update(lease_until=None)
    return bool(done)


def _failed(notice: Notice, error: Exception) -> bool:
    """Due again later, or given up. That its provider is in trouble costs it no try."""
    since = notice.unanswered_since or now()
    tries, due = next_try(notice.tries, since, error)
    logger.warning(
        "Notice not processed", extra={"notice": notice.pk, "tries": tries, "error": type(error).__name__}
    )
    Notice.objects.filter(pk=notice.pk, arrival=notice.arrival).update(
        state=NoticeState.RECEIVED if due else NoticeState.DEAD,
        tries=tries,
        error=f"{type(error).__name__}: {error}"[:300],
        unanswered_since=since if is_outage(error) else None,
        due_at=due,
        lease_until=None,
    )
    Notice.objects.filter(pk=notice.pk).exclude(arrival=notice.arrival).update(lease_until=None)
    return True
