"""What is told, when, of what, and in whose shapes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payment_subscriptions.simulators.stripe import StripeSimulator, cards
from payment_subscriptions.simulators.stripe.events import previous
from tests.simulators.merchant import Merchant

from .seller import Seller

DAY = 86_400


def told(simulator: StripeSimulator, kind: str) -> list[dict[str, Any]]:
    return [event for event in simulator.table("events") if event["type"] == kind]


def before(simulator: StripeSimulator, kind: str) -> Any:
    """What the last event of the kind says that was otherwise."""
    return told(simulator, kind)[-1]["data"]["previous_attributes"]


# --- what was before ----------------------------------------------------------------------------------


def test_what_was_before_is_told_of_an_update_only(seller: Seller) -> None:
    key = seller.subscribe()
    end = seller.v1.subscriptions.retrieve(key)["items"].data[0].current_period_end
    seller.v1.subscriptions.update(key, {"cancel_at_period_end": True})
    assert before(seller.simulator, "customer.subscription.updated") == {
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"reason": None},
    }
    seller.v1.subscriptions.update(key, {"cancel_at_period_end": False})
    assert before(seller.simulator, "customer.subscription.updated")["cancel_at"] == end
    others = [e for e in seller.simulator.table("events") if not e["type"].endswith(".updated")]
    assert [event["type"] for event in others if "previous_attributes" in event["data"]] == []


def test_of_metadata_only_the_keys_that_differ(seller: Seller) -> None:
    customer = seller.customer(metadata={"a": "1", "b": "2", "c": "3"})
    seller.v1.customers.update(customer, {"metadata": {"a": "x", "b": "", "d": "4"}})
    assert before(seller.simulator, "customer.updated") == {"metadata": {"a": "1", "b": "2", "d": None}}
    assert seller.v1.customers.retrieve(customer).metadata.to_dict() == {"a": "x", "c": "3", "d": "4"}
    seller.v1.customers.update(customer, {"metadata": ""})
    assert seller.v1.customers.retrieve(customer).metadata.to_dict() == {}


def test_of_an_array_all() -> None:
    old = {"same": 1, "items": {"data": [{"a": 1}, {"b": 2}], "url": "x"}, "gone": {"a": 1}}
    new = {"same": 1, "items": {"data": [{"a": 1}, {"b": 3}], "url": "x"}, "gone": None}
    assert previous(old, new) == {"items": {"data": [{"a": 1}, {"b": 2}]}, "gone": {"a": 1}}


def test_a_renewal_tells_the_period_before(seller: Seller) -> None:
    key = seller.subscribe()
    item = seller.v1.subscriptions.retrieve(key)["items"].data[0]
    seller.simulator.clock.advance(days=32)
    was = before(seller.simulator, "customer.subscription.updated")
    assert was["items"]["data"][0]["current_period_end"] == item.current_period_end
    assert set(was) == {"items", "latest_invoice"}


# --- trials, pauses, disputes ---------------------------------------------------------------------------


def test_three_days_before_a_trial_ends(seller: Seller) -> None:
    seller.subscribe(subscription_data={"trial_period_days": 10})
    seller.simulator.clock.advance(days=6)
    assert told(seller.simulator, "customer.subscription.trial_will_end") == []
    seller.simulator.clock.advance(days=2)
    (event,) = told(seller.simulator, "customer.subscription.trial_will_end")
    assert event["data"]["object"]["trial_end"] - event["created"] == 3 * DAY
    assert event["data"]["object"]["status"] == "trialing"
    seller.simulator.clock.advance(days=9)
    assert len(told(seller.simulator, "customer.subscription.trial_will_end")) == 1


def test_of_a_shorter_trial_at_once(seller: Seller) -> None:
    seller.subscribe(subscription_data={"trial_period_days": 2})
    kinds = [event["type"] for event in seller.simulator.table("events")]
    begun = kinds.index("customer.subscription.created")
    assert kinds[begun + 1] == "customer.subscription.trial_will_end"


def test_of_a_trial_that_was_left_nothing(seller: Seller) -> None:
    key = seller.subscribe(subscription_data={"trial_period_days": 10})
    seller.v1.subscriptions.cancel(key)
    seller.simulator.clock.advance(days=12)
    assert told(seller.simulator, "customer.subscription.trial_will_end") == []


def test_paused_collection_is_an_update(seller: Seller) -> None:
    key = seller.subscribe()
    ends = seller.simulator.account.now() + 5 * DAY
    seller.v1.subscriptions.update(key, {"pause_collection": {"behavior": "void", "resumes_at": ends}})
    assert before(seller.simulator, "customer.subscription.updated") == {"pause_collection": None}
    seller.simulator.clock.advance(days=6)
    assert seller.v1.subscriptions.retrieve(key).pause_collection is None
    event = told(seller.simulator, "customer.subscription.updated")[-1]
    assert event["created"] == ends
    assert event["data"]["previous_attributes"]["pause_collection"]["behavior"] == "void"
    kinds = {event["type"] for event in seller.simulator.table("events")}
    assert not kinds & {"customer.subscription.paused", "customer.subscription.resumed"}


def test_another_pause_outlives_the_end_of_the_first(seller: Seller) -> None:
    key = seller.subscribe()
    soon = seller.simulator.account.now() + DAY
    seller.v1.subscriptions.update(key, {"pause_collection": {"behavior": "void", "resumes_at": soon}})
    seller.v1.subscriptions.update(key, {"pause_collection": {"behavior": "void"}})
    seller.simulator.clock.advance(days=2)
    assert seller.v1.subscriptions.retrieve(key).pause_collection.behavior == "void"


def dispute_of(seller: Seller) -> str:
    session = seller.session(seller.price(renews=False), mode="payment")
    seller.simulator.complete_session(session.id, cards.DISPUTED)
    return str(seller.v1.disputes.list({"limit": 1}).data[0].id)


def disputes_told(simulator: StripeSimulator) -> list[str]:
    kinds = [event["type"] for event in simulator.table("events")]
    return [kind.removeprefix("charge.dispute.") for kind in kinds if kind.startswith("charge.dispute.")]


def test_a_dispute_that_is_won(seller: Seller) -> None:
    key = dispute_of(seller)
    evidence = {"evidence": {"product_description": "A plan"}}
    staged = seller.v1.disputes.update(key, {**evidence, "submit": False})
    assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
    sent = seller.v1.disputes.update(key, {"submit": True})
    assert (sent.status, sent.evidence_details.submission_count) == ("under_review", 1)
    assert before(seller.simulator, "charge.dispute.updated")["status"] == "needs_response"
    seller.simulator.close_dispute(key, won=True)
    assert disputes_told(seller.simulator) == [
        "created", "funds_withdrawn", "updated", "updated", "closed", "funds_reinstated",
    ]  # fmt: skip


def test_a_dispute_that_is_accepted(seller: Seller) -> None:
    key = dispute_of(seller)
    assert seller.v1.disputes.close(key).status == "lost"
    with pytest.raises(Exception, match="already closed"):
        seller.v1.disputes.close(key)
    assert disputes_told(seller.simulator) == ["created", "funds_withdrawn", "closed"]


def test_a_refund_that_is_called_off_comes_back(seller: Seller) -> None:
    session = seller.session(seller.price(renews=False), mode="payment")
    seller.simulator.complete_session(session.id)
    intent = seller.v1.checkout.sessions.retrieve(session.id).payment_intent
    seller.simulator.options.refund_status = "requires_action"
    made = seller.v1.refunds.create({"payment_intent": intent})
    seller.v1.refunds.cancel(made.id)
    assert before(seller.simulator, "refund.updated") == {"status": "requires_action"}
    assert seller.simulator.table("charges")[0]["amount_refunded"] == 0
    assert seller.simulator.books.total("clp") == 10_000


# --- older shapes ---------------------------------------------------------------------------------------


def test_an_older_endpoint_gets_older_shapes(seller: Seller, site: Merchant) -> None:
    for version, path in (("2024-06-20", "/old/"), ("2025-03-31.basil", "/new/")):
        seller.v1.webhook_endpoints.create(
            {"url": site.url(path), "enabled_events": ["*"], "api_version": version}
        )
    key = seller.subscribe()
    seller.simulator.clock.advance(days=32)
    assert seller.simulator.settle()

    def last(path: str, kind: str) -> dict[str, Any]:
        bodies = [json.loads(each.text) for each in site.received if each.path == path]
        return [body for body in bodies if body["type"] == kind][-1]  # type: ignore[no-any-return]

    old, new = (last(path, "customer.subscription.updated") for path in ("/old/", "/new/"))
    assert (old["api_version"], new["api_version"]) == ("2024-06-20", "2025-03-31.basil")
    item = new["data"]["object"]["items"]["data"][0]
    assert old["data"]["object"]["current_period_end"] == item["current_period_end"]
    assert "current_period_end" not in old["data"]["object"]["items"]["data"][0]
    assert set(old["data"]["previous_attributes"]) == {
        "current_period_start", "current_period_end", "latest_invoice",
    }  # fmt: skip
    paid = last("/old/", "invoice.paid")["data"]["object"]
    assert (paid["subscription"], paid["paid"]) == (key, True)
    assert paid["payment_intent"].startswith("pi_")
    assert "subscription" not in last("/new/", "invoice.paid")["data"]["object"]
