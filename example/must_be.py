"""What ``make demo-check`` must find at the end, here and at Flow, and how it is read.

January to June are paid; in May nobody called, in June the first charge was declined and another
card paid it. Cancelled in June, ended in July.
"""

from __future__ import annotations

import difflib
import json
from typing import Any

ROWS: dict[str, list[str]] = {
    "subscriptions": [
        "brote_monthly_v1 cancelled 10000 CLP monthly flow sandbox card,"
        " period 2026-06-13 to 2026-07-13, paid until 2026-07-13, ended 2026-07-12,"
        " rosa.pruebas@correo.cl, access run_out"
    ],
    "customers": ["Mastercard 0769"],
    "checkouts": ["open done", "card done"],
    "payments": [
        "#1 paid 10000 CLP, 2026-01-13 to 2026-02-13, paid 2026-01-13, 1 attempts",
        "#2 paid 10000 CLP, 2026-02-13 to 2026-03-13, paid 2026-02-13, 1 attempts",
        "#3 paid 10000 CLP, 2026-03-13 to 2026-04-13, paid 2026-03-13, 1 attempts",
        "#4 paid 10000 CLP, 2026-04-13 to 2026-05-13, paid 2026-04-13, 1 attempts",
        "#5 paid 10000 CLP, 2026-05-13 to 2026-06-13, paid 2026-05-13, 1 attempts",
        "#6 paid 10000 CLP, 2026-06-13 to 2026-07-13, paid 2026-06-13, 2 attempts",
    ],
    "notices": [
        "done, 1×, 2026-02-13",
        "done, 1×, 2026-03-13",
        "done, 1×, 2026-04-13",
        "done, 1×, 2026-06-13",
    ],
    # Those of a day by name: whether the callback or the payer is back first is nobody's to say.
    "events": [
        "2026-01-13 payment.paid #1",
        "2026-01-13 subscription.activated",
        "2026-01-13 subscription.opened",
        "2026-02-13 payment.paid #2",
        "2026-03-13 payment.paid #3",
        "2026-04-13 payment.paid #4",
        "2026-05-13 payment.paid #5",
        "2026-06-13 card.changed",
        "2026-06-13 payment.failed #6",
        "2026-06-13 payment.paid #6",
        "2026-06-13 subscription.cancel_scheduled",
        "2026-06-13 subscription.past_due",
        "2026-06-13 subscription.recovered",
        "2026-07-13 subscription.cancelled",
    ],
    "discrepancies": [],
    "receipts": [],
}

BOOKS: dict[str, list[str]] = {
    "charges": [
        "2026-01-13 taken 10000 CLP 6623",
        "2026-02-13 taken 10000 CLP 6623",
        "2026-03-13 taken 10000 CLP 6623",
        "2026-04-13 taken 10000 CLP 6623",
        "2026-05-13 taken 10000 CLP 6623",
        "2026-06-13 declined 10000 CLP 6623",
        "2026-06-13 taken 10000 CLP 0769",
    ],
    "charged twice": [],
    "subscriptions": ["brote_monthly_v1 status 4"],
    "callbacks": ["2026-02-13 200", "2026-03-13 200", "2026-04-13 200", "2026-05-13 lost", "2026-06-13 200"],
    "alerts": [],
    "faults to come": [],
}


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
        Subscription,
    )

    invoices = {p.reference: f"#{number}" for number, p in enumerate(Payment.objects.order_by("pk"), 1)}
    return {
        "subscriptions": [
            f"{s.price_key} {s.status} {pesos(s)} {s.frequency} {s.provider} {s.mode} {s.strategy},"
            f" period {day(s.period_start)} to {day(s.period_end)}, paid until {day(s.paid_through)},"
            f" ended {day(s.ended_at)}, {s.email}, access {s.access.why}"
            for s in Subscription.objects.all()
        ],
        "customers": [f"{c.card_brand} {c.card_last4}" for c in Customer.objects.all()],
        "checkouts": [f"{c.purpose} {c.status}" for c in Checkout.objects.order_by("pk")],
        "payments": [
            f"#{number} {p.status} {pesos(p)}, {day(p.period_start)} to {day(p.period_end)},"
            f" paid {day(p.paid_at)}, {p.attempts} attempts {p.failure_code}".rstrip()
            for number, p in enumerate(Payment.objects.order_by("pk"), 1)
        ],
        "notices": [f"{n.state}, {n.arrivals}×, {day(n.received_at)}" for n in Notice.objects.order_by("pk")],
        "events": sorted(
            f"{day(e.created_at)} {e.name} {invoices.get(e.payload.get('payment', ''), '')}".rstrip()
            for e in Event.objects.all()
        ),
        "discrepancies": [str(d) for d in Discrepancy.objects.all()],
        "receipts": [str(r) for r in Receipt.objects.all()],
    }


def books() -> dict[str, Any]:
    """What Flow has: every charge tried, every subscription, every callback."""
    from . import simulator

    kept = simulator.get("books")
    return {
        "charges": [
            f"{e['time'][:10]} {e['outcome']} {float(e['amount']):.0f} {e['currency']} {e['card']}"
            for e in kept["entries"]
        ],
        "charged twice": kept["twice"],
        "subscriptions": [f"{s['plan_id']} status {s['status']}" for s in simulator.get("subscriptions")],
        "callbacks": [
            f"{d['queued_at'][:10]} {d['fault'] or d['status']}" for d in simulator.get("deliveries")
        ],
        "alerts": [m["text"] for m in simulator.get("outbox") if m["kind"] == "alert"],
        "faults to come": simulator.get("faults")["pending"],
    }


def pesos(row: Any) -> str:
    return f"{row.amount:.0f} {row.currency}"


def day(moment: Any) -> str:
    from django.utils import timezone

    return f"{timezone.localtime(moment):%Y-%m-%d}" if moment else "never"


def compare(what: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raises Wrong with the lines that differ."""
    have, want = (json.dumps(each, indent=1, ensure_ascii=False).splitlines() for each in (found, wanted))
    if have != want:
        lines = difflib.unified_diff(want, have, "as it must be", "as it is", lineterm="", n=1)
        raise Wrong(f"the {what} differ\n" + "\n".join(lines))
