"""The judge of answers: nothing unknown, nothing missing, objects only where they were asked for."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from . import Request, judge, needs_description

pytestmark = needs_description

PRODUCT: dict[str, Any] = {
    "id": "pro", "object": "product", "active": True, "created": 1, "description": None, "images": [],
    "livemode": False, "marketing_features": [], "metadata": {"a": "b"}, "name": "Pro",
    "package_dimensions": None, "shippable": None, "tax_code": None, "updated": 1, "url": None,
}  # fmt: skip
PRICE: dict[str, Any] = {
    "id": "price_1", "object": "price", "active": True, "billing_scheme": "per_unit", "created": 1,
    "currency": "clp", "custom_unit_amount": None, "livemode": False, "lookup_key": "pro_v1", "metadata": {},
    "nickname": None, "product": "pro", "tax_behavior": "unspecified", "tiers_mode": None,
    "transform_quantity": None, "type": "recurring", "unit_amount": 10000, "unit_amount_decimal": "10000",
    "recurring": {"interval": "month", "interval_count": 1, "meter": None, "usage_type": "licensed"},
}  # fmt: skip
ONE = Request("get", "/v1/prices/price_1")
EXPANDED = Request("get", "/v1/prices/price_1", query="expand[0]=product")


def changed(thing: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    copy = deepcopy(thing)
    *above, last = path.split(".")
    at = copy
    for name in above:
        at = at[name]
    at[last] = value
    return copy


def complaints(request: Request, body: Any) -> list[str]:
    return [text.partition(": ")[2] for text in judge().answer(request, body)]


def listed(*rows: Any) -> dict[str, Any]:
    return {"object": "list", "url": "/v1/prices", "has_more": False, "data": list(rows)}


def test_right() -> None:
    assert complaints(ONE, PRICE) == []
    assert complaints(EXPANDED, changed(PRICE, "product", PRODUCT)) == []
    assert complaints(Request("get", "/v1/prices"), listed(PRICE, PRICE)) == []
    expanded = Request("get", "/v1/prices", query="expand[0]=data.product")
    assert complaints(expanded, listed(changed(PRICE, "product", PRODUCT))) == []
    assert complaints(ONE, changed(PRICE, "recurring", None)) == []


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("amount", 5, "amount: unknown"),
        ("recurring.every", 2, "recurring.every: unknown"),
        (
            "recurring.interval",
            "decade",
            "recurring.interval: 'decade' is none of 'day', 'month', 'week', 'year'",
        ),
        ("unit_amount", "10000", "unit_amount: '10000' is no integer"),
        ("unit_amount", True, "unit_amount: True is no integer"),
        ("active", 1, "active: 1 is no boolean"),
        ("currency", None, "currency: null"),
        ("metadata", {"a": 1}, "metadata.a: 1 is no string"),
        ("object", "prize", "object: 'prize' is none of 'price'"),
        ("recurring", {"interval": "month"}, "recurring.interval_count: missing"),
        ("product", PRODUCT, "product: expanded, which nobody asked for"),
    ],
)
def test_wrong(path: str, value: Any, complaint: str) -> None:
    assert complaint in complaints(ONE, changed(PRICE, path, value))


def test_asked_for_and_not_expanded() -> None:
    assert complaints(EXPANDED, PRICE) == ["product: asked for, and not expanded"]


def test_wrong_inside_what_is_expanded() -> None:
    body = changed(PRICE, "product", changed(PRODUCT, "package_dimensions", {"height": 1.5}))
    assert "product.package_dimensions.length: missing" in complaints(EXPANDED, body)


def test_a_list_inside_an_object_only_where_it_is_asked_for() -> None:
    customer = {"id": "cus_1", "object": "customer", "subscriptions": listed()}
    request = Request("get", "/v1/customers/cus_1")
    assert "subscriptions: there only where it is asked for" in complaints(request, customer)
    asked = Request("get", "/v1/customers/cus_1", query="expand[]=subscriptions")
    assert "subscriptions: there only where it is asked for" not in complaints(asked, customer)


def test_what_is_deleted_has_a_shape_of_its_own() -> None:
    request = Request("get", "/v1/customers/cus_1")
    gone = {"id": "cus_1", "object": "customer", "deleted": True}
    assert complaints(request, gone) == []
    assert complaints(request, {**gone, "email": "ana@correo.cl"}) == ["email: unknown"]


def test_refusals() -> None:
    error = {"type": "invalid_request_error", "message": "No", "param": "amount", "code": "parameter_missing"}
    assert judge().refusal(ONE, {"error": error}) == []
    assert judge().refusal(ONE, {"error": {**error, "reason": "x"}}) == [f"{ONE}: error.reason: unknown"]
    assert judge().refusal(ONE, {"error": {"message": "No"}}) == [f"{ONE}: error.type: missing"]


def event(thing: object, **more: object) -> dict[str, Any]:
    return {
        "id": "evt_1", "object": "event", "api_version": "2026-08-26.dahlia", "created": 1, "livemode": False,
        "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": "price.updated",
        "data": {"object": thing, **more},
    }  # fmt: skip


def test_events_are_judged_with_the_thing_in_them() -> None:
    assert judge().event(event(PRICE, previous_attributes={"active": False})) == []
    assert judge().event(event(changed(PRICE, "product", PRODUCT))) == [
        "price.updated: product: expanded, which nobody asked for"
    ]
    assert judge().event(event(changed(PRICE, "x", 1))) == ["price.updated: x: unknown"]
    assert judge().event(event(PRICE, previous_attributes={"y": 1})) == [
        "price.updated: previous_attributes.y: unknown"
    ]
    assert judge().event(event({"object": "prize"})) == ["price.updated: 'prize' is nothing of Stripe's"]
