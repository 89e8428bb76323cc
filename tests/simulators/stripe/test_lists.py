"""Pages of a list, its filters, and what is expanded in an answer."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from payment_subscriptions.simulators.stripe import cards
from payment_subscriptions.simulators.stripe.expanding import INSIDE
from payment_subscriptions.simulators.stripe.services import OPERATIONS
from payment_subscriptions.simulators.stripe.services.registry import KINDS
from tests.stripe_api import Request, judge, needs_description

from .seller import Seller


@pytest.fixture
def five(seller: Seller) -> list[str]:
    """Five customers, the newest first."""
    return [seller.customer(name=str(number)) for number in range(5)][::-1]


def ids(page: Any) -> list[str]:
    return [each.id for each in page.data]


def test_pages(seller: Seller, five: list[str]) -> None:
    at = seller.v1.customers
    first = at.list({"limit": 2})
    assert (ids(first), first.has_more, first.url) == (five[:2], True, "/v1/customers")
    second = at.list({"limit": 2, "starting_after": five[1]})
    assert (ids(second), second.has_more) == (five[2:4], True)
    last = at.list({"limit": 2, "starting_after": five[3]})
    assert (ids(last), last.has_more) == (five[4:], False)
    assert ids(at.list({"starting_after": five[4]})) == []
    back = at.list({"limit": 2, "ending_before": five[3]})
    assert (ids(back), back.has_more) == (five[1:3], True)
    begin = at.list({"limit": 2, "ending_before": five[1]})
    assert (ids(begin), begin.has_more) == (five[:1], False)


def test_the_library_walks_through_all_of_them(seller: Seller, five: list[str]) -> None:
    assert [each.id for each in seller.v1.customers.list({"limit": 2}).auto_paging_iter()] == five


def test_ten_a_page_unless_told(seller: Seller) -> None:
    made = [seller.customer() for _ in range(11)]
    page = seller.v1.customers.list()
    assert (ids(page), page.has_more) == (made[:0:-1], True)


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"starting_after": "cus_none"}, {"page": 2},
     {"starting_after": "first", "ending_before": "first"}],
)  # fmt: skip
def test_pages_that_are_none(seller: Seller, five: list[str], wrong: dict[str, Any]) -> None:
    params = {name: five[0] if value == "first" else value for name, value in wrong.items()}
    with pytest.raises(stripe.InvalidRequestError) as told:
        seller.v1.customers.list(params)
    assert told.value.http_status == 400


def test_by_the_moment_of_their_making(seller: Seller) -> None:
    old = seller.customer()
    seller.simulator.clock.advance(days=1)
    new = seller.customer()
    made = seller.v1.customers.retrieve(new).created
    listed = seller.v1.customers.list
    assert ids(listed({"created": {"gte": made}})) == [new]
    assert ids(listed({"created": {"lt": made}})) == [old]
    assert ids(listed({"created": made})) == [new]


def test_subscriptions_by_their_state(seller: Seller) -> None:
    runs = seller.subscribe()
    trial = seller.subscribe(seller.price(9000), subscription_data={"trial_period_days": 9})
    over = seller.subscribe(seller.price(8000))
    seller.v1.subscriptions.cancel(over)

    def listed(**params: Any) -> set[str]:
        return set(ids(seller.v1.subscriptions.list(params)))

    assert listed() == {runs, trial}
    assert listed(status="all") == {runs, trial, over}
    assert listed(status="canceled") == listed(status="ended") == {over}
    assert listed(status="trialing") == {trial}
    customer = seller.v1.subscriptions.retrieve(trial).customer
    assert listed(customer=customer) == {trial}
    with pytest.raises(stripe.InvalidRequestError):
        listed(status="alive")


def test_other_filters(seller: Seller) -> None:
    key = seller.subscribe(seller.price(lookup_key="pro_v1"))
    subscription = seller.v1.subscriptions.retrieve(key)
    seller.v1.prices.update(seller.price(9000), {"active": False})
    assert len(seller.v1.prices.list({"active": True}).data) == 1
    assert len(seller.v1.prices.list({"lookup_keys": ["pro_v1", "x"]}).data) == 1
    assert ids(seller.v1.invoices.list({"subscription": key, "status": "paid"})) == [
        subscription.latest_invoice
    ]
    assert ids(seller.v1.invoices.list({"status": "open"})) == []
    assert len(seller.v1.charges.list({"customer": subscription.customer}).data) == 1
    assert ids(seller.v1.checkout.sessions.list({"subscription": key, "status": "open"})) == []
    assert seller.v1.customers.list({"email": "nobody@correo.cl"}).data == []
    kinds = {each.type for each in seller.v1.events.list({"type": "invoice.paid"}).data}
    assert kinds == {"invoice.paid"}
    both = ["invoice.paid", "invoice.finalized"]
    assert {each.type for each in seller.v1.events.list({"types": both}).data} == set(both)


# --- expand -----------------------------------------------------------------------------------------


def test_things_in_place_of_their_ids(seller: Seller) -> None:
    key = seller.subscribe()
    paths = ["customer", "latest_invoice.payments.data.payment", "items.data.price.product", "schedule"]
    found = seller.v1.subscriptions.retrieve(key, {"expand": paths})
    assert found.customer.email == "ana@correo.cl"
    assert found.latest_invoice.payments.data[0].payment.payment_intent.startswith("pi_")
    assert found["items"].data[0].price.product.name == "Plan Pro"
    assert found.schedule is None
    listed = seller.v1.subscriptions.list({"expand": ["data.customer"]})
    assert listed.data[0].customer.object == "customer"


def test_of_a_customer_who_is_deleted(seller: Seller) -> None:
    key = seller.subscribe()
    customer = seller.v1.subscriptions.retrieve(key).customer
    seller.v1.customers.delete(customer)
    deep = ["customer.invoice_settings.default_payment_method"]
    assert seller.v1.subscriptions.retrieve(key, {"expand": deep}).customer.deleted


@pytest.mark.parametrize(
    "paths",
    [["nothing"], ["email"], ["customer"], ["data"], ["data.customer.name"], ["data.latest_invoice.paid"],
     ["data.latest_invoice.payments.data.payment"], "data.customer"],
)  # fmt: skip
def test_paths_that_lead_nowhere(seller: Seller, paths: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as told:
        seller.v1.subscriptions.list({"expand": paths})
    assert (told.value.http_status, told.value.param) == (400, "expand")


def test_a_bad_path_is_found_before_anything_is_done(seller: Seller) -> None:
    """Nothing is given back, no bill is paid, no event told."""
    session = seller.session(seller.price(renews=False), mode="payment")
    seller.simulator.complete_session(session.id, cards.OK)
    intent = seller.v1.checkout.sessions.retrieve(session.id).payment_intent
    events = len(seller.simulator.table("events"))
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError):
            seller.v1.refunds.create({"payment_intent": intent, "expand": ["nothing"]})
    assert seller.simulator.table("refunds") == []
    assert len(seller.simulator.table("events")) == events
    assert seller.v1.refunds.create({"payment_intent": intent, "expand": ["charge"]}).charge.refunded


@needs_description
def test_only_what_stripe_describes_is_expanded() -> None:
    shown_whole = {"items.data.price"}
    complaints = [
        text
        for operation in OPERATIONS
        if operation.method == "GET" and operation.path.endswith("/{id}")
        for path in set(INSIDE.get(operation.kind, {})) - shown_whole
        for text in judge().request(Request("GET", operation.path, f"expand[]={path.removesuffix('.data')}"))
    ]
    assert complaints == []
    assert {operation.kind for operation in OPERATIONS} == set(KINDS.values())
    assert set(INSIDE) <= set(KINDS.values()) | {"discount", "item", "payment_method"}
