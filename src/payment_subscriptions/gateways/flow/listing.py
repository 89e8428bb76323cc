"""All that a Flow account has. Lists are asked for 100 rows a page, as they are read.

Flow lists subscriptions by plan, and payments by the day on which they were received; it has no list of
refunds, nor does an invoice tell of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta

from ...exceptions import NotFound, OutcomeUnknown
from ..base import ListedCustomer, ListedPayment, ListedSubscription
from . import results, statuses
from .client import FlowClient


def customers(client: FlowClient) -> Iterator[ListedCustomer]:
    for each in client.customer.iterate():
        yield ListedCustomer(each.customer_id, each.external_id or "", each.email or "")


def subscriptions(client: FlowClient, plan_ids: Iterable[str], now: datetime) -> Iterator[ListedSubscription]:
    """Of every plan that Flow lists, and of ``plan_ids``: one that was deleted goes on charging."""
    listed = {plan.plan_id for plan in client.plans.iterate()}
    for plan_id in sorted(listed | set(plan_ids)):
        with suppress(NotFound):  # nobody made that plan there
            for each in client.subscription.iterate(plan_id):
                yield ListedSubscription(statuses.snapshot(_with_invoices(client, each), None, now))


def _with_invoices(client: FlowClient, listed: results.Subscription) -> results.Subscription:
    """Flow does not document the rows of its lists: where one comes without invoices, it is asked for."""
    told = "invoices" in listed.raw
    return whole(listed if told else client.subscription.get(listed.subscription_id))


def whole(subscription: results.Subscription) -> results.Subscription:
    """Raises OutcomeUnknown for one that lacks what says how it stands."""
    bills = subscription.invoices
    if subscription.status is None or any(b.status is None or b.amount is None for b in bills):
        raise OutcomeUnknown("Flow's answer lacks a status or an amount", service="subscription/get")
    return subscription


def payments(client: FlowClient, since: date, until: date, of_subscription: str) -> Iterator[ListedPayment]:
    """The orders that were paid on those days, both included. Those of a subscription (their names begin
    with ``of_subscription``) are its invoices' and told with it."""
    for day in range((until - since).days + 1):
        for paid in client.payment.iterate_payments(since + timedelta(days=day)):
            name = paid.commerce_order or ""
            if not name.startswith(of_subscription):
                yield ListedPayment(statuses.order(paid, name, ""), order=name)
