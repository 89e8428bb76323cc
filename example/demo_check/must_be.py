"""What is there at the end of a chapter, here and at Flow, and whether it is what must be."""

from __future__ import annotations

import difflib
import json
from decimal import Decimal
from typing import Any

ORDERS = {1: "pending", 2: "paid", 3: "rejected", 4: "annulled"}


class Wrong(Exception):
    """Something is not as it must be."""


def rows() -> dict[str, Any]:
    """Every row here, without what differs from run to run."""
    from payment_subscriptions.models import (
        Checkout,
        Customer,
        Discrepancy,
        Event,
        Notice,
        Payment,
        Receipt,
        Refund,
        Subscription,
    )

    invoices = {p.reference: f"#{number}" for number, p in enumerate(Payment.objects.order_by("pk"), 1)}
    return {
        "subscriptions": [
            f"{s.price_key} {s.status} {money(s.money)} {s.frequency}"
            f" {s.provider} {s.mode} {s.strategy} {s.email}"
            for s in Subscription.objects.order_by("pk")
        ],
        "periods": [
            f"{day(s.period_start)} to {day(s.period_end)}, paid until {day(s.paid_through)},"
            f" ended {day(s.ended_at)}, access {s.access.why}"
            for s in Subscription.objects.order_by("pk")
        ],
        "customers": [f"{c.card_brand} {c.card_last4}" for c in Customer.objects.all()],
        "checkouts": [
            f"{c.purpose} {c.strategy} {c.status} {c.reason}".rstrip()
            for c in Checkout.objects.order_by("pk")
        ],
        "payments": [
            f"#{number} {p.status} {paid(p)}, {day(p.period_start)} to {day(p.period_end)},"
            f" paid {day(p.paid_at)}, {p.attempts} attempts {p.failure_code}".rstrip()
            for number, p in enumerate(Payment.objects.order_by("pk"), 1)
        ],
        "refunds": [
            f"{invoices[r.payment.reference]} {money(r.money)} {r.method} {r.status}"
            for r in Refund.objects.select_related("payment").order_by("pk")
        ],
        "notices": [f"{n.state}, {n.arrivals}×, {day(n.received_at)}" for n in Notice.objects.order_by("pk")],
        "events": sorted(
            f"{day(e.created_at)} {e.name} {invoices.get(e.payload.get('payment', ''), '')}".rstrip()
            for e in Event.objects.all()
        ),
        "discrepancies": [str(d) for d in Discrepancy.objects.all()],
        "receipts": [str(r) for r in Receipt.objects.filter(done_at=None)],
    }


def books() -> dict[str, Any]:
    """What Flow has: every charge tried, every subscription, every callback."""
    from payment_subscriptions.demo import simulator

    kept = simulator.flow.get("books")
    return {
        "charges": [
            f"{e['time'][:10]} {e['outcome']} {Decimal(e['amount']).normalize():f} {e['currency']}"
            f" {e['card'] or e['media']}{' reversed' if e['reversed_at'] else ''}".rstrip()
            for e in kept["entries"]
        ],
        "charged twice": kept["twice"],
        "subscriptions": [
            f"{s['plan_id']} status {s['status']}" for s in simulator.flow.get("subscriptions")
        ],
        "orders": [
            f"{o['created'][:10]} {ORDERS[o['status']]}"
            for o in simulator.flow.get("orders")
            if o["kind"] == "order"
        ],
        "letters": [
            f"{m['time'][:10]} {m['kind']}" for m in simulator.flow.get("outbox") if m["kind"] != "alert"
        ],
        "callbacks": [
            f"{d['queued_at'][:10]} {d['kind']} {d['fault'] or d['status']}"
            for d in simulator.flow.get("deliveries")
        ],
        "alerts": [m["text"] for m in simulator.flow.get("outbox") if m["kind"] == "alert"],
        "faults to come": simulator.flow.get("faults")["pending"],
    }


def books_at_stripe() -> dict[str, Any]:
    """What Stripe has: every charge tried, every subscription, and what it could not tell us."""
    from payment_subscriptions.demo import simulator

    kept = simulator.stripe.get("books")
    return {
        "charges": [
            f"{e['time'][:10]} {e['outcome']} {e['amount']} {e['currency']} {e['card']} {e['code']}".rstrip()
            for e in kept["entries"]
        ],
        "charged twice": kept["twice"],
        "subscriptions": [
            f"{s['items']['data'][0]['price']['lookup_key']} {s['status']}"
            for s in simulator.stripe.get("subscriptions")
        ],
        "not told": [
            f"{d['queued_at'][:10]} {d['kind']} {d['fault'] or d['status']}"
            for d in simulator.stripe.get("deliveries")
            if d["status"] != 200
        ],
        "faults to come": simulator.stripe.get("faults")["pending"],
    }


def money(amount: Any) -> str:
    return f"{amount.amount.normalize():f} {amount.currency.code}"


def paid(payment: Any) -> str:
    """UF with the pesos beside it."""
    return money(payment.money) + (f" as {money(payment.paid_money)}" if payment.rate else "")


def day(moment: Any) -> str:
    from django.utils import timezone

    if moment is None:
        return "never"
    return "for good" if moment.year > 9000 else f"{timezone.localtime(moment):%Y-%m-%d}"


def compare(what: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raises Wrong with the lines that differ. What ``wanted`` leaves out must not be there."""
    wanted = {name: wanted.get(name, []) for name in found}
    have, want = (json.dumps(each, indent=1, ensure_ascii=False).splitlines() for each in (found, wanted))
    if have != want:
        lines = difflib.unified_diff(want, have, "as it must be", "as it is", lineterm="", n=1)
        raise Wrong(f"the {what} differ\n" + "\n".join(lines))
