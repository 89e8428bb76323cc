"""plans/*: what is sold, how often."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from .. import money, wire
from ..account import Account
from ..errors import business
from ..formats import Json
from ..parameters import Params
from ..periods import INTERVALS
from ..records import Plan
from .registry import listed, named, service

#: parameter, field, default, smallest value
_NUMBERS = (
    ("interval_count", "interval_count", 1, 1),
    ("trial_period_days", "trial_days", 0, 0),
    ("days_until_due", "days_until_due", 3, 0),
    ("periods_number", "periods", 0, 0),
    ("charges_retries_number", "retries", 3, 0),
    ("currency_convert_option", "convert_option", 1, 1),
)


@service("POST", "plans/create", "planId", "name", "amount", "interval")
def create(account: Account, params: Params) -> Json:
    plan_id = params.text("planId")
    if " " in plan_id and not account.options.plan_id_blanks:
        raise business("The planId can not contain spaces")
    if plan_id in account.plans:
        raise business("This planId has already been used")
    currency = money.accepted_currency(account.options, params.maybe("currency"), uf=True)
    plan = Plan(
        id=plan_id,
        name=params.text("name"),
        currency=currency,
        amount=money.check_amount(account.options, params.amount(), currency),
        interval=_interval(params, 0),
        created=account.clock.local(),
        callback=params.maybe("urlCallback"),
        **_numbers(params, {name: default for _, name, default, _ in _NUMBERS}),
    )
    account.plans[plan_id] = plan
    return wire.plan(plan)


def _interval(params: Params, default: int) -> int:
    interval = params.whole("interval", default)
    if interval not in INTERVALS:
        raise business("The interval must be 1, 2, 3 or 4")
    return interval


def _numbers(params: Params, now: dict[str, int]) -> dict[str, Any]:
    numbers = {field: params.whole(name, now[field]) for name, field, _, _ in _NUMBERS}
    for name, field, _, least in _NUMBERS:
        if numbers[field] < least:
            raise business(f"{name} is not valid")
    return numbers


@service("POST", "plans/edit", "planId")
def edit(account: Account, params: Params) -> Json:
    plan = account.plan(params.text("planId"))
    changed = _changed(account, plan, params)
    subscribed = any(s.plan_id == plan.id and s.live for s in account.subscriptions.values())
    if subscribed and replace(changed, trial_days=plan.trial_days) != plan:
        raise business("The plan has subscribers: only trial_period_days can be changed")
    account.plans[plan.id] = changed
    return wire.plan(changed)


def _changed(account: Account, plan: Plan, params: Params) -> Plan:
    currency = money.accepted_currency(account.options, params.maybe("currency") or plan.currency, uf=True)
    amount: Decimal = params.amount() if params.maybe("amount") else plan.amount
    return replace(
        plan,
        name=params.maybe("name") or plan.name,
        currency=currency,
        amount=money.check_amount(account.options, amount, currency),
        interval=_interval(params, plan.interval),
        callback=params.maybe("urlCallback") or plan.callback,
        **_numbers(params, {field: getattr(plan, field) for _, field, _, _ in _NUMBERS}),
    )


@service("POST", "plans/delete", "planId")
def delete(account: Account, params: Params) -> Json:
    plan = account.plan(params.text("planId"))
    plan.status = 0
    return wire.plan(plan)


@service("GET", "plans/get", "planId")
def get(account: Account, params: Params) -> Json:
    return wire.plan(account.plan(params.text("planId")))


@service("GET", "plans/list")
def plans(account: Account, params: Params) -> Json:
    status = params.maybe_whole("status")
    found = [p for p in account.plans.values() if named(params, p.name) and status in (None, p.status)]
    return listed(params, [wire.plan(plan) for plan in found])
