"""The control API: what Stripe's has beside the clock, faults and deliveries that Flow's has too."""

from __future__ import annotations

from typing import Any

import requests

from payment_subscriptions.simulators.stripe import StripeSimulator, cards
from payment_subscriptions.simulators.stripe.control import TABLES

from .seller import Seller


def control(stripe: StripeSimulator, path: str, method: str = "POST", **body: object) -> Any:
    answer = requests.request(
        method, stripe.url + "/control" + path, json=None if method == "GET" else body, timeout=10
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_demo_from_outside(seller: Seller) -> None:
    stripe = seller.simulator
    session = seller.session(seller.price())
    control(stripe, f"/sessions/{session.id}/pay", number=cards.OK)
    control(stripe, "/decline", code="insufficient_funds", times=1)
    control(stripe, "/clock", days=32)
    bill = control(stripe, "/invoices", "GET")[-1]
    assert bill["status"] == "open"
    control(stripe, f"/invoices/{bill['id']}/pay")
    (first, _, second) = control(stripe, "/charges", "GET")
    control(stripe, f"/charges/{first['id']}/refund", amount=500)
    control(stripe, f"/charges/{second['id']}/dispute")
    (dispute,) = control(stripe, "/disputes", "GET")
    control(stripe, f"/disputes/{dispute['id']}/close", won=True)
    control(stripe, f"/customers/{session.customer}/card", number=cards.MASTERCARD)
    (subscription,) = control(stripe, "/subscriptions", "GET")
    control(stripe, f"/subscriptions/{subscription['id']}/cancel", at_period_end=True)
    control(stripe, f"/customers/{session.customer}/delete")
    books = control(stripe, "/books", "GET")
    assert [entry["outcome"] for entry in books["entries"]] == [
        "taken", "declined", "taken", "given back", "disputed",
    ]  # fmt: skip
    assert books["twice"] == []
    for path in (*TABLES, "calls", "deliveries", "faults", ""):
        assert control(stripe, f"/{path}", "GET") is not None


def test_codes_refunds_and_secrets_from_outside(seller: Seller) -> None:
    stripe = seller.simulator
    coupon = seller.v1.coupons.create({"percent_off": 25})
    seller.v1.promotion_codes.create({"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "AMIGOS"})
    session = seller.session(seller.price(renews=False), mode="payment", allow_promotion_codes=True)
    control(stripe, f"/sessions/{session.id}/code", code="amigos")
    control(stripe, f"/sessions/{session.id}/pay")
    assert [entry.amount for entry in stripe.books.taken()] == [7500]
    stripe.options.refund_status = "pending"
    refund = seller.v1.refunds.create({"charge": stripe.table("charges")[0]["id"]})
    control(stripe, f"/refunds/{refund.id}/settle", succeeded=False)
    assert seller.v1.refunds.retrieve(refund.id).status == "failed"
    made = seller.v1.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["*"]})
    secret = control(stripe, f"/endpoints/{made.id}/roll", hours=1)["said"]
    assert stripe.secrets_of("http://127.0.0.1:9/") == [made.secret, secret]


def test_what_there_is_not(stripe_simulator: StripeSimulator) -> None:
    for path in ("/sessions/x/pay", "/invoices/x/pay", "/charges/x/refund", "/endpoints/x/roll", "/nothing"):
        answer = requests.post(f"{stripe_simulator.url}/control{path}", json={}, timeout=5)
        assert answer.status_code == 404, path


def test_reset(seller: Seller) -> None:
    seller.v1.customers.create({}, {"idempotency_key": "k"})
    control(seller.simulator, "/reset", seed=3, now="2026-01-01 10:00:00")
    assert seller.simulator.table("customers") == []
    assert seller.simulator.account.keys.kept == {}
    assert control(seller.simulator, "/clock", "GET")["now"].startswith("2026-01-01 10:00")


def test_the_front_page_lists_it_all(stripe_simulator: StripeSimulator) -> None:
    html = requests.get(stripe_simulator.url, timeout=5).text.replace("&#x27;", "'")
    assert stripe_simulator.api_key in html
    assert [route.says for route in stripe_simulator.control_api.routes if route.says not in html] == []
    assert [kind for kind in stripe_simulator.faults.kinds if kind not in html] == []
