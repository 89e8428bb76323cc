"""docs/api.md has what is public of the package, with what it takes, and no more."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

import pytest

from payment_subscriptions import events, personal_data
from payment_subscriptions.billing import Billing
from payment_subscriptions.gateways.base import ChangePreview
from payment_subscriptions.models import Access, Checkout, Payment, Subscription
from payment_subscriptions.models.payment import PaymentQuerySet
from payment_subscriptions.models.subscription import SubscriptionQuerySet
from payment_subscriptions.plans import Interval, Plan, Price
from payment_subscriptions.templatetags.payments import register
from payment_subscriptions.urls import urlpatterns

from .pages import names, table, words

# What the core calls on its rows, and nobody else.
OF_THE_CORE = {"grant", "as_attempt", "payer"}


def public(kind: type) -> dict[str, Any]:
    """The methods and properties that a class of ours has itself."""
    return {
        name: value
        for name, value in vars(kind).items()
        if not name.startswith("_")
        and name not in OF_THE_CORE
        and (
            isinstance(value, property) or (inspect.isfunction(value) and value.__module__ == kind.__module__)
        )
    }


def calls(*heads: str) -> list[str]:
    """What stands in backticks in the first cells, whole."""
    return [word for head in heads for row in table("api.md", head) for word in words(row[0])]


OWNERS: list[tuple[type, tuple[str, ...]]] = [
    (Billing, ("Of `billing(user)`",)),
    (Subscription, ("Verb", "What it is")),
    (SubscriptionQuerySet, ("Query",)),
    (Payment, ("Of a `Payment`",)),
    (Checkout, ("Of a `Checkout`",)),
]


@pytest.mark.parametrize(("kind", "heads"), OWNERS, ids=lambda of: getattr(of, "__name__", ""))
def test_every_verb_and_predicate_and_no_other(kind: type, heads: tuple[str, ...]) -> None:
    told = {call.partition("(")[0] for call in calls(*heads) if "." not in call}
    assert told == set(public(kind))


@pytest.mark.parametrize(("kind", "heads"), OWNERS, ids=lambda of: getattr(of, "__name__", ""))
def test_each_takes_what_the_page_says(kind: type, heads: tuple[str, ...]) -> None:
    methods = {name: value for name, value in public(kind).items() if inspect.isfunction(value)}
    told = {call.partition("(")[0]: call for call in calls(*heads) if "." not in call}
    for name, method in methods.items():
        assert taken_by(told[name]) == taken(method), name


def taken(function: Any) -> list[tuple[str, str]]:
    parameters = list(inspect.signature(function).parameters.values())
    return [
        (str(each).partition(":")[0].partition("=")[0].strip(), _default(each))
        for each in parameters
        if each.name != "self"
    ]


def _default(parameter: inspect.Parameter) -> str:
    return "" if parameter.default is parameter.empty else repr(parameter.default)


def taken_by(call: str) -> list[tuple[str, str]]:
    made: dict[str, Any] = {}
    exec(f"def {call}: ...", made)
    return taken(made[call.partition("(")[0]])


def test_the_predicates_of_payments_have_their_queries() -> None:
    (row,) = (row for row in table("api.md", "Of a `Payment`") if "`is_paid`" in row[0])
    assert {word.partition("(")[0].rpartition(".")[2] for word in words(row[1])} == set(
        public(PaymentQuerySet)
    )


@pytest.mark.parametrize(("kind", "head"), [(Plan, "Of a `Plan`"), (Price, "Of a `Price`")])
def test_every_field_of_the_catalogue_and_its_default(kind: Any, head: str) -> None:
    told = {words(row[0])[0]: row[1].strip("`") for row in table("api.md", head)}
    assert told == {each.name: written(each) for each in dataclasses.fields(kind)}


def written(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return "(needed)"
    return f"Interval.{field.default.name}" if isinstance(field.default, Interval) else repr(field.default)


@pytest.mark.parametrize(
    ("kind", "head"), [(Access, "Of an `Access`"), (ChangePreview, "Of a `ChangePreview`")]
)
def test_every_field_of_an_answer(kind: Any, head: str) -> None:
    fields = {each.name for each in dataclasses.fields(kind)}
    assert set(names("api.md", head)) == fields | set(public(kind))


@pytest.mark.parametrize("module", [events, personal_data])
def test_what_modules_have(module: Any) -> None:
    head = f"Of `{module.__name__}`"
    for call in calls(head):
        value = getattr(module, call.partition("(")[0])
        if "(" in call:
            assert [name for name, _ in taken_by(call)] == [name for name, _ in taken(value)]
    if module is events:
        own = {n for n, v in vars(events).items() if getattr(v, "__module__", "") == events.__name__}
        assert set(names("api.md", head)) == {name for name in own if name[0] != "_"} | {"EVENTS"}


def test_every_tag_and_filter_of_templates() -> None:
    tags = {word.split()[1] for row in table("api.md", "Tag") for word in words(row[0])}
    assert tags == set(register.tags)
    assert set(names("api.md", "Filter")) == set(register.filters)


def test_every_address() -> None:
    told = {words(row[0])[0]: words(row[1])[0] for row in table("api.md", "Name", "Path")}
    assert told == {
        str(pattern.name): "/pagos/" + re.sub(r"<\w+:(\w+)>", r"<\1>", str(pattern.pattern))
        for pattern in urlpatterns
    }
